// How long claims of registers are held, and that somebody is told of those that are held too long:
// interrupts may be off meanwhile, and others spin.
#pragma once
#include <cstdint>
#include <cw/core/atomic.hpp>
#include <string_view>

namespace cw {

/// What a claim should be far below: some loads and stores of a device.
inline constexpr std::uint64_t kLongClaimNs = 10'000;

/// Nobody looks, and it costs nothing.
struct ClaimsUnwatched {
    struct Span {
        void begin(const ClaimsUnwatched&) const noexcept {}
        void end(const ClaimsUnwatched&) const noexcept {}
    };
};

/// Measures the claims of one RegisterLock. `Place` is where the lock lives, and has, static:
/// `now()`, a counter that never goes back; `nanoseconds(counts)`; and `report(name, held_ns)`,
/// called for the first claim of this lock that was longer than kLongClaimNs, by whoever made it,
/// when it has been given up and what it kept away may come again.
template <class Place>
class ClaimWatch {
public:
    /// `name`: of the registers, for the report; kept.
    constexpr explicit ClaimWatch(std::string_view name) noexcept : name_{name} {}

    /// Claims that were longer than kLongClaimNs. Context: any.
    /// Ordering: relaxed, as the next one: they are numbers for people.
    [[nodiscard]] std::uint32_t long_claims() const noexcept {
        return long_claims_.load(Order::relaxed);
    }
    [[nodiscard]] std::uint64_t longest_ns() const noexcept {
        return longest_ns_.load(Order::relaxed);
    }

    /// One claim; part of RegisterLock::Hold.
    class Span {
    public:
        Span() noexcept = default;
        Span(const Span&) = delete;
        Span& operator=(const Span&) = delete;
        ~Span() {
            if (told_ != nullptr) [[unlikely]]
                Place::report(told_->name_, held_ns_);
        }
        void begin(const ClaimWatch&) noexcept { begin_ = Place::now(); }
        /// Requires: the lock is held still.
        void end(ClaimWatch& watch) noexcept {
            held_ns_ = Place::nanoseconds(Place::now() - begin_);
            if (held_ns_ > kLongClaimNs && watch.count(held_ns_)) [[unlikely]]
                told_ = &watch;
        }

    private:
        std::uint64_t begin_ = 0;
        std::uint64_t held_ns_ = 0;
        const ClaimWatch* told_ = nullptr; ///< Null: there is nothing to report.
    };

private:
    /// True for the first one. Only who has the lock writes: plain loads and stores are enough.
    bool count(std::uint64_t held_ns) noexcept {
        const std::uint32_t before = long_claims_.load(Order::relaxed);
        long_claims_.store(before + (before != ~0u), Order::relaxed);
        if (held_ns > longest_ns_.load(Order::relaxed))
            longest_ns_.store(held_ns, Order::relaxed);
        return before == 0;
    }

    std::string_view name_;
    Atomic<std::uint32_t> long_claims_;
    Atomic<std::uint64_t> longest_ns_;
};

} // namespace cw
