// Both ends of a control cell: the owner reads, the holder writes. No call, no lock, no wait.
// `Sync` is NativeSync, or a model checker's.
#pragma once
#include <cstdint>
#include <cw/core/arch/lines.hpp>
#include <cw/core/cells/layout.hpp>
#include <cw/core/cells/value.hpp>
#include <cw/core/result.hpp>

namespace cw::cells {

/// A value that was loaded, and the epoch in which: the value is not older, nor will a later one
/// be.
template <class T>
struct Sample {
    T value;
    std::uint64_t epoch;
};

/// The owner's end. Trusted: the table. Untrusted: the line.
template <Cellular T, class Sync = NativeSync>
class Cell {
public:
    Cell() noexcept = default;
    Cell(const EntryOf<Sync>& entry, EchoOf<Sync>& echo) noexcept : entry_{&entry}, echo_{&echo} {}

    /// The value now, within its limits. Context: any, an interrupt handler too; never waits, never
    /// faults. Ordering: [A71] acquire, pairs with [R71] in the nucleus: who finds a line finds the
    /// value that it was given there. The value itself is loaded relaxed: a single word is whole,
    /// and nothing else is concluded from it.
    [[nodiscard, gnu::always_inline]] T load() const noexcept {
        return accept(line().value.load(Order::relaxed));
    }
    /// The same, for a value that says that something else is there: what the holder wrote before
    /// store_release() is seen. Ordering: [A72] acquire, pairs with [R72].
    [[nodiscard, gnu::always_inline]] T load_acquire() const noexcept {
        return accept(line().value.load(Order::acquire)); // [A72]
    }
    /// Has the value brought nearer: what was stored lately lies in the holder's cache, and a
    /// load() some 100 ns from now need not wait for it. Context: any. Ordering: none; nothing is
    /// read.
    [[gnu::always_inline]] void prefetch() const noexcept {
        arch::prefetch(reinterpret_cast<const void*>(entry_->address.load(Order::relaxed)));
    }
    /// load(), with what applied() needs to know. Ordering: [A74] acquire, pairs with [R74].
    [[nodiscard]] Sample<T> sample() const noexcept {
        const std::uint64_t epoch = entry_->hold.load(Order::acquire) >> 2; // [A74]
        return {load(), epoch};
    }
    /// Tells the holder what the owner goes by now. Context: one at a time.
    /// Ordering: [F71] release fence, pairs with [F72], and [R73] release, pairs with [A73]: a
    /// value is never seen with an epoch that is not its own. [R76] release, pairs with [F72]: who
    /// sees a value sees what the owner did before.
    void applied(const Sample<T>& sample) const noexcept {
        const std::uint64_t bits = encode(sample.value);
        if (echo_->epoch.load(Order::relaxed) == sample.epoch) [[likely]] { // its own word
            echo_->value.store(bits, Order::release);                       // [R76]
            return;
        }
        echo_->epoch.store(0, Order::relaxed);
        Sync::fence(Order::release); // [F71]
        echo_->value.store(bits, Order::relaxed);
        echo_->epoch.store(sample.epoch, Order::release); // [R73]
    }
    /// How many loads have found a value outside of the limits.
    [[nodiscard]] std::uint64_t rejects() const noexcept {
        return echo_->rejects.load(Order::relaxed);
    }
    [[nodiscard]] const EntryOf<Sync>& entry() const noexcept { return *entry_; }

private:
    [[nodiscard, gnu::always_inline]] const LineOf<Sync>& line() const noexcept {
        return *reinterpret_cast<const LineOf<Sync>*>(
            entry_->address.load(Order::acquire)); // [A71]
    }
    [[nodiscard, gnu::always_inline]] T accept(std::uint64_t bits) const noexcept {
        const T value = decode<T>(bits);
        if constexpr (kOrdered<T>) {
            const T min = decode<T>(entry_->min);
            const T max = decode<T>(entry_->max);
            if (value < min || max < value) [[unlikely]] {
                echo_->rejects.fetch_add(1, Order::relaxed); // a number, nothing else
                return clamped(value, min, max);
            }
        }
        return value;
    }

    const EntryOf<Sync>* entry_ = nullptr;
    EchoOf<Sync>* echo_ = nullptr;
};

/// What has become of a cell that a client has opened.
enum class Hold : std::uint8_t {
    held, ///< What is stored arrives.
    lost, ///< Its lease has run out, or somebody has taken it: what is stored goes nowhere.
    gone, ///< Its owner has: the same, until the cell is opened anew.
};

/// What holders of cells of every form have.
template <class Sync>
class Holding {
public:
    [[nodiscard]] Hold state() const noexcept {
        if (entry_ == nullptr) // it was never opened
            return Hold::gone;
        const std::uint64_t now = entry_->hold.load(Order::relaxed); // it says nothing but itself
        if (state_of(now) == State::gone)
            return Hold::gone;
        return now >> 2 == epoch_ && state_of(now) != State::rests ? Hold::held : Hold::lost;
    }
    /// Renews the lease. (So does a store that changes the value.)
    void renew() noexcept { line_->renewed.store(++renewals_, Order::relaxed); }
    /// How many loads of the owner have found a value outside of the limits.
    [[nodiscard]] std::uint64_t rejects() const noexcept {
        return echo_->rejects.load(Order::relaxed);
    }
    [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }
    [[nodiscard]] const EntryOf<Sync>& entry() const noexcept { return *entry_; }
    [[nodiscard]] const EchoOf<Sync>& echo() const noexcept { return *echo_; }

protected:
    Holding() noexcept = default;
    Holding(LineOf<Sync>& line,
            const EntryOf<Sync>& entry,
            const EchoOf<Sync>& echo,
            std::uint64_t epoch) noexcept :
        line_{&line}, entry_{&entry}, echo_{&echo}, epoch_{epoch} {}

    /// What the owner went by last. Errors: not_ready (nothing yet, since the cell was opened).
    /// Ordering: [A73] acquire, pairs with [R73]. [F72] acquire fence behind the value, pairs with
    /// [F71] and with [R76].
    [[nodiscard]] Result<std::uint64_t> echoed() const noexcept {
        const std::uint64_t before = echo_->epoch.load(Order::acquire); // [A73]
        const std::uint64_t bits = echo_->value.load(Order::relaxed);
        Sync::fence(Order::acquire); // [F72]
        if (before != epoch_ || echo_->epoch.load(Order::relaxed) != epoch_)
            return refuse(Status::not_ready);
        return bits;
    }

    LineOf<Sync>* line_ = nullptr;
    const EntryOf<Sync>* entry_ = nullptr;
    const EchoOf<Sync>* echo_ = nullptr;
    std::uint64_t epoch_ = 0;
    std::uint64_t renewals_ = 0;
};

/// The holder's end. Valid until it is closed, whatever becomes of the cell. Context: any.
template <Cellular T, class Sync = NativeSync>
class Handle : public Holding<Sync> {
public:
    Handle() noexcept = default;
    Handle(LineOf<Sync>& line,
           const EntryOf<Sync>& entry,
           const EchoOf<Sync>& echo,
           std::uint64_t epoch) noexcept :
        Holding<Sync>{line, entry, echo, epoch} {}

    /// One store. Ordering: none; a word is whole by itself.
    [[gnu::always_inline]] void store(T value) noexcept {
        this->line_->value.store(encode(value), Order::relaxed);
    }
    /// The same, after something that the owner is to find when it sees the value. Ordering: [R72]
    /// release, pairs with [A72] in load_acquire().
    [[gnu::always_inline]] void store_release(T value) noexcept {
        this->line_->value.store(encode(value), Order::release); // [R72]
    }
    /// What the owner went by last: an earlier store, clamped. Errors: not_ready (nothing yet,
    /// since this client has opened the cell).
    [[nodiscard]] Result<T> applied() const noexcept {
        const auto bits = this->echoed();
        if (!bits)
            return refuse(bits.error());
        return decode<T>(*bits);
    }
    [[nodiscard]] T min() const noexcept { return decode<T>(this->entry_->min); }
    [[nodiscard]] T max() const noexcept { return decode<T>(this->entry_->max); }
};

} // namespace cw::cells
