// Several latches read as they were at one moment.
//
// Each is read, then each is looked at once more: those that still say the same did so in between,
// all at once. `Sync` is NativeSync, or a model checker's.
#pragma once
#include <cw/core/latch.hpp>
#include <tuple>

namespace cw {

/// Reads values that were all published last at some moment during this call. Context: any; never
/// waits, never writes.
/// Untrusted: as for latch_read().
/// Ordering: as for latch_read(). That what was published before a value is not older here than it
/// was there follows from [A41], which comes before the second look at every other latch.
template <class Sync, class... T>
[[nodiscard]] Latched
latch_snapshot(std::tuple<T...>& values,
               const LatchWords<Sync, kLatchWordsOf<T>>&... latches) noexcept {
    constexpr int kTries = 16; // one of many is overtaken more often than one
    for (int tries = 0; tries < kTries; ++tries) {
        const std::tuple<LatchCopy<T, Sync>...> copies{LatchCopy<T, Sync>{latches}...};
        Sync::fence(Order::acquire); // [F42]
        const Latched found = std::apply(
            [&](const auto&... copy) {
                if ((copy.empty() || ...))
                    return Latched::empty;
                if (!((copy.whole() && copy.latest()) && ...))
                    return Latched::busy;
                std::apply([&](auto&... value) { (copy.get(value), ...); }, values);
                return Latched::value;
            },
            copies);
        if (found != Latched::busy) [[likely]]
            return found;
    }
    return Latched::busy;
}

} // namespace cw
