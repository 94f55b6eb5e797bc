// x86-64: an ordinary load is as short as the machine can.
#pragma once
#include <cstdint>

namespace cw::arch {

/// A relaxed atomic load of a 32-bit word.
inline std::uint64_t load_u32(const void* word) noexcept {
    using Word [[gnu::may_alias]] = std::uint32_t;
    return __atomic_load_n(static_cast<const Word*>(word), __ATOMIC_RELAXED);
}

} // namespace cw::arch
