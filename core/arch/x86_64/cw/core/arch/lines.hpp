// What it costs to pass cache lines between processors.
#pragma once

namespace cw::arch {

/// Whether a message that is alone on its way is copied beside the index that says so: a dozen
/// instructions more on each side, and one cache line less for the receiver to wait for.
inline constexpr bool kCopyBesideTail = true;

/// Has the line at that address brought nearer, to be read soon: a hint, which faults nowhere. (The
/// compiler's own makes nothing of it in code without SSE, which modules are.)
[[gnu::always_inline]] inline void prefetch(const void* address) noexcept {
    asm volatile("prefetcht0 %0" : : "m"(*static_cast<const char*>(address)));
}

} // namespace cw::arch
