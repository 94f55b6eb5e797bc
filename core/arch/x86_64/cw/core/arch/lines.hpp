// What it costs to pass cache lines between processors.
#pragma once

namespace cw::arch {

/// Whether a message that is alone on its way is copied beside the index that says so: a dozen
/// instructions more on each side, and one cache line less for the receiver to wait for.
inline constexpr bool kCopyBesideTail = true;

} // namespace cw::arch
