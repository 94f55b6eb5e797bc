// What it costs to pass cache lines between processors, of the machines that hosted builds are for.
#pragma once

namespace cw::arch {

/// Whether a message that is alone on its way is copied beside the index that says so: a dozen
/// instructions more on each side, and one cache line less for the receiver to wait for.
inline constexpr bool kCopyBesideTail = true;

/// Has the line at that address brought nearer, to be read soon: a hint, which faults nowhere.
inline void prefetch(const void* address) noexcept {
    __builtin_prefetch(address);
}

} // namespace cw::arch
