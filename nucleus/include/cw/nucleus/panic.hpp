// The end of the kernel: an invariant of its own is broken. Never reachable from what another
// domain can write.
#pragma once
#include <cstdint>

namespace cw::kernel {

/// Prints what, where and a back trace, and powers off with status 101.
[[noreturn]] void panic(const char* what, const char* file, int line) noexcept;

} // namespace cw::kernel

/// Always on.
#define CW_ASSERT(condition)                                                                       \
    do {                                                                                           \
        if (!(condition)) [[unlikely]]                                                             \
            ::cw::kernel::panic(#condition, __FILE_NAME__, __LINE__);                              \
    } while (false)
