#include "output.hpp"
#include "services.hpp"
#include "workspace.hpp"

namespace shell {

void Output::put(std::string_view text) noexcept {
    char* const memory = workspace.output.text();
    for (const char c : text) {
        if (workspace.output.size() - size_ < 2)
            return;
        if (c == '\n')
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
    size_ = 0; // also if the console fails: nobody else could show it
    if (size == 0)
        co_return cw::Nothing{};
    console::Inline few{};
    if (size <= few.bytes.size()) {
        __builtin_memcpy(few.bytes.data(), workspace.output.data(), size);
        few.size = size;
        CW_CO_CHECK(co_await console::put(few));
    } else {
        CW_CO_CHECK(co_await console::write({workspace.output.ref(0, size)}));
    }
    co_return cw::Nothing{};
}

} // namespace shell
