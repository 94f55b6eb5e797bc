// The console: bytes to and from the serial port.
#pragma once
#include <cw/core/future.hpp>

namespace console {

struct Inline {
    std::array<char, 40> bytes;
    std::uint64_t size; ///< 0..40
};
struct Text {
    cw::BufferRef text;
};
struct Written {
    std::uint64_t bytes;
};
struct Keys {
    std::array<char, 40> bytes;
    std::uint64_t size; ///< 1..40
};

/// Writes up to 40 bytes.
CW_METHOD(console, put, Inline, Written, 1, 0);
/// Writes a buffer.
CW_METHOD(console, write, Text, Written, 1, 0);
/// Waits for input and takes what there is. One reader at a time: another gets busy.
CW_METHOD(console, read, cw::Nothing, Keys, 1, 0);

} // namespace console
