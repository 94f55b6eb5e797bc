#include "prompt.hpp"
#include "commands.hpp"
#include "completion.hpp"
#include "keyboard.hpp"
#include "line_editor.hpp"
#include "loading.hpp"
#include "output.hpp"
#include "services.hpp"
#include "workspace.hpp"

namespace shell {

namespace {

constexpr std::string_view kPrompt = "causeway> ";
constexpr std::string_view kMachineLine = "@module "; // for debuggers

constinit History lines;
constinit LineEditor editor{lines};
constinit KeyDecoder decoder;

void take_drawing() noexcept {
    out.put(editor.drawing());
    editor.clear_drawing();
}

/// False: the line was given up.
cw::Task<bool> read_line() noexcept {
    editor.start(kPrompt);
    for (;;) {
        take_drawing();
        if (!keyboard.holds_input())
            CW_CO_CHECK(co_await out.flush());
        CW_CO_TRY(byte, co_await keyboard.next());
        const LineEditor::Event event = editor.feed(decoder.feed(byte));
        take_drawing();
        switch (event) {
        case LineEditor::Event::none:
            break;
        case LineEditor::Event::complete:
            CW_CO_CHECK(co_await complete(&editor));
            break;
        case LineEditor::Event::accepted:
            out.put("\n");
            co_return true;
        case LineEditor::Event::interrupted:
            out.put("\n");
            co_return false;
        case LineEditor::Event::ended:
            out.put("\n`poweroff` ends the system\n");
            co_return false;
        }
    }
}

/// What the kernel has said since a position of its log: faults of modules above all.
cw::Task<std::uint64_t> show_log_from(std::uint64_t position) noexcept {
    CW_CO_TRY(read, co_await cw::klog::read({position, workspace.reply.out()}));
    std::string_view text{workspace.reply.text(), read.bytes};
    while (!text.empty()) {
        const std::size_t end = text.find('\n') == text.npos ? text.size() : text.find('\n') + 1;
        if (!text.starts_with(kMachineLine))
            out.put(text.substr(0, end));
        text.remove_prefix(end);
    }
    co_return read.position;
}

cw::Task<> read_and_run() noexcept {
    CW_CO_TRY(accepted, co_await read_line());
    if (!accepted)
        co_return cw::Nothing{};
    static constinit std::array<char, History::kLineBytes> memory{};
    const std::string_view typed = editor.line();
    std::copy(typed.begin(), typed.end(), memory.begin());
    lines.add(typed);
    co_return co_await run_commands({memory.data(), typed.size()});
}

} // namespace

const History& typed_lines() noexcept {
    return lines;
}

cw::Task<> interact() noexcept {
    const auto up = co_await cw::clock::now();
    if (up)
        out.format("Causeway, up after {} ms. ", up->nanoseconds / 1'000'000);
    out.put("`help` lists the commands, `poweroff` leaves.\n");
    out.put(LineEditor::kAskWidth);
    out.put("\r");
    std::uint64_t seen = ~std::uint64_t{0}; // only what comes from now on
    for (;;) {
        const auto read = co_await show_log_from(seen);
        seen = read ? *read : seen;
        const auto done = co_await read_and_run();
        if (!done)
            static_cast<void>(co_await bring_console_back());
    }
}

} // namespace shell
