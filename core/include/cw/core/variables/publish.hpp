// The publisher's private side of a shared variable: its own copy of the value, and where it is in
// the latch.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/core/latch.hpp>
#include <cw/core/variables/read.hpp>
#include <new>
#include <type_traits>

namespace cw::variables {

/// What publishes a value. All zero: nothing was published yet.
template <Shareable T>
class ValueWriter {
public:
    constexpr ValueWriter() noexcept = default;

    /// `address`: of the value, as the loader gave it; always the same.
    void publish(std::uint64_t address, const T& value) noexcept {
        if constexpr (kKindOf<T> == Kind::word) {
            std::uint64_t word = 0;
            __builtin_memcpy(&word, &value, sizeof(T));
            // Ordering: none; a word is whole by itself.
            reinterpret_cast<Atomic<std::uint64_t>*>(address)->store(word, Order::relaxed);
        } else {
            if (!continued_) [[unlikely]] { // where the publisher of the epoch before has ended
                new (writer_.place) LatchWriter<T>{*reinterpret_cast<LatchOf<T>*>(address)};
                continued_ = true;
            }
            std::launder(reinterpret_cast<LatchWriter<T>*>(writer_.place))->publish(value);
        }
    }

private:
    struct NoWriter {};
    struct Writer {
        alignas(LatchWriter<T>) std::byte place[sizeof(LatchWriter<T>)]{};
    };
    bool continued_ = false;
    [[no_unique_address]] std::conditional_t<kKindOf<T> == Kind::latch, Writer, NoWriter> writer_{};
};

/// One for each variable that a module publishes, in its own data: with a copy of the value. All
/// zero: nothing was published yet.
template <Shareable T>
class Publisher {
public:
    constexpr Publisher() noexcept = default;

    /// As ValueWriter::publish().
    void publish(std::uint64_t address, const T& value) noexcept {
        own_ = value;
        writer_.publish(address, value);
    }
    [[nodiscard]] const T& value() const noexcept { return own_; }

private:
    T own_{};
    ValueWriter<T> writer_;
};

} // namespace cw::variables
