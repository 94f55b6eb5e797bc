// What lies in front of a ring in memory that two programmes share: who maps it learns whether it
// is there already, and whether the other side was compiled for the same thing.
#pragma once
#include <cstdint>
#include <cw/core/atomic.hpp>

namespace cw {

/// What is laid out behind a header. Numbers are never used anew.
enum class Shape : std::uint32_t {
    spsc = 1,
    lanes = 2,
    trace = 3,
    heap = 5,
    latch = 6, ///< 4: with generations where stamps are now.
};

/// Everything that both sides must agree upon.
struct Layout {
    Shape shape;
    std::uint32_t slot_bytes;
    std::uint32_t capacity;
    std::uint32_t count; ///< Lanes, or slots; 1 if there is nothing to count.

    friend constexpr bool operator==(const Layout&, const Layout&) noexcept = default;
};

/// Written by the creator alone; everybody else may map it read-only. Zeroed memory is a header
/// that is not ready.
class SharedHeader {
public:
    /// Changes when the memory behind a header of the same layout means something else.
    static constexpr std::uint64_t kMagic = 0x3130'7961'7765'7363; // "cseway01"

    /// Says that the memory behind is as `layout` says, and initialised.
    /// Ordering: [R20] release, pairs with [A20] in matches(): who sees the magic sees the rest.
    void complete(const Layout& layout) noexcept {
        shape_.store(static_cast<std::uint32_t>(layout.shape), Order::relaxed);
        slot_bytes_.store(layout.slot_bytes, Order::relaxed);
        capacity_.store(layout.capacity, Order::relaxed);
        count_.store(layout.count, Order::relaxed);
        magic_.store(kMagic, Order::release); // [R20]
    }
    /// True once complete() was called with this layout. False: not yet, or by somebody who was
    /// compiled for another one; ready() tells which.
    /// Untrusted: nothing is used but what the caller expects anyway. Ordering: [A20] acquire.
    [[nodiscard]] bool matches(const Layout& expected) const noexcept {
        if (magic_.load(Order::acquire) != kMagic) // [A20]
            return false;
        return Layout{static_cast<Shape>(shape_.load(Order::relaxed)),
                      slot_bytes_.load(Order::relaxed),
                      capacity_.load(Order::relaxed),
                      count_.load(Order::relaxed)} == expected;
    }
    /// True once complete() was called, with whatever layout.
    [[nodiscard]] bool ready() const noexcept { return magic_.load(Order::relaxed) == kMagic; }

private:
    Atomic<std::uint64_t> magic_;
    Atomic<std::uint32_t> shape_;
    Atomic<std::uint32_t> slot_bytes_;
    Atomic<std::uint32_t> capacity_;
    Atomic<std::uint32_t> count_;
};

} // namespace cw
