// What it costs to pass cache lines between harts: not known, since QEMU has no caches. There the
// instructions count.
#pragma once

namespace cw::arch {

/// Whether a message that is alone on its way is copied beside the index that says so: a dozen
/// instructions more on each side, and one cache line less for the receiver to wait for.
inline constexpr bool kCopyBesideTail = false;

/// Has the line at that address brought nearer: not without the extension Zicbop.
inline void prefetch(const void*) noexcept {}

} // namespace cw::arch
