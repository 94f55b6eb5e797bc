// A reference to a stretch of a buffer area, as it travels in argument records.
#pragma once
#include <cstdint>

namespace cw {

/// 16 bytes, two argument words. The address means the same in every domain that may see the area.
/// On a ring or synchronous path the receiver's side checks that the stretch lies in an area of the
/// caller before a handler sees it.
struct BufferRef {
    std::uint64_t address = 0;
    std::uint64_t size_bytes = 0;
};
static_assert(sizeof(BufferRef) == 16);

/// The same, where the callee writes into it: such a method gets the caller's areas mapped
/// writable.
struct OutBuffer {
    std::uint64_t address = 0;
    std::uint64_t size_bytes = 0;
};
static_assert(sizeof(OutBuffer) == 16);

} // namespace cw
