// Contents of files for a terminal.
#pragma once
#include <cstddef>
#include <span>

namespace shell {

/// Puts a dot in place of each byte that a terminal would take as a command: nothing that is shown
/// changes how later things are shown. Ends of lines and tabs stay, and so does UTF-8.
inline void make_harmless(std::span<char> text) noexcept {
    constexpr char kDelete = 0x7f;
    unsigned char before = 0;
    for (char& c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool kept = c == '\n' || c == '\r' || c == '\t';
        const bool c0 = (byte < 0x20 && !kept) || c == kDelete;
        const bool c1 = before == 0xc2 && byte >= 0x80 && byte < 0xa0; // U+0080 to U+009F
        if (c0 || c1)
            c = '.';
        before = byte;
    }
}

} // namespace shell
