// What readers of 48 bytes elsewhere have instead of a shared variable: the bench measures both.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cw/core/atomic.hpp>

namespace bench {

/// A sequence lock as kernels have it, all its words relaxed atomics (Boehm, "Can seqlocks get
/// along with programming language memory models?", MSPC 2012). One writer; readers wait for it.
class SequenceLock {
public:
    using Value = std::array<std::uint64_t, 6>;

    /// Ordering: release fence between the odd number and the words, pairs with the acquire fence
    /// in read(); release of the even one, pairs with the acquire there.
    void write(const Value& value) noexcept {
        const std::uint64_t before = sequence_.load(cw::Order::relaxed);
        sequence_.store(before + 1, cw::Order::relaxed);
        cw::fence(cw::Order::release);
        for (std::size_t i = 0; i < value.size(); ++i)
            words_[i].store(value[i], cw::Order::relaxed);
        sequence_.store(before + 2, cw::Order::release);
    }
    /// Ordering: see write().
    [[gnu::always_inline]] void read(Value& value) const noexcept {
        for (;;) {
            const std::uint64_t before = sequence_.load(cw::Order::acquire);
            for (std::size_t i = 0; i < value.size(); ++i)
                value[i] = words_[i].load(cw::Order::relaxed);
            cw::fence(cw::Order::acquire);
            if (sequence_.load(cw::Order::relaxed) == before && before % 2 == 0)
                return;
        }
    }

private:
    cw::Atomic<std::uint64_t> sequence_;
    cw::Atomic<std::uint64_t> words_[6];
};

} // namespace bench
