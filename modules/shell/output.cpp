#include "output.hpp"
#include "sink.hpp"
#include "workspace.hpp"

namespace shell {

void Output::put(std::string_view text) noexcept {
    char* const memory = workspace.output.text();
    for (const char c : text) {
        if (workspace.output.size() - size_ < 2)
            return;
        if (c == '\n' && kForTerminal)
            memory[size_++] = '\r';
        memory[size_++] = c;
    }
}

void Output::put_number(std::uint64_t number, std::size_t width) noexcept {
    const cw::Text<24> digits{"{}", number};
    for (std::size_t size = digits.view().size(); size < width; ++size)
        put(" ");
    put(digits.view());
}

void Output::put_hex(std::span<const std::uint8_t> bytes) noexcept {
    for (const std::uint8_t byte : bytes) {
        const char digits[] = {"0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]};
        put({digits, 2});
    }
}

cw::Task<> Output::write(std::string_view text) noexcept {
    while (!text.empty()) {
        const std::size_t room = (workspace.output.size() - size_) / 2; // each byte may need two
        const std::string_view part = text.substr(0, room);
        put(part);
        text.remove_prefix(part.size());
        if (!text.empty())
            CW_CO_CHECK(co_await flush());
    }
    co_return cw::Nothing{};
}

cw::Task<> Output::flush() noexcept {
    const std::size_t size = size_;
    size_ = 0; // also if that fails: nobody else could show it
    if (size != 0)
        CW_CO_CHECK(co_await send_output(size));
    co_return cw::Nothing{};
}

} // namespace shell
