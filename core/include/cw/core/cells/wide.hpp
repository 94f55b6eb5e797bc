// Control cells of several words, up to 48 bytes: the value is in a latch, so it is whole, whoever
// stops or kills its writer in the middle.
#pragma once
#include <cstdint>
#include <cstring>
#include <cw/core/cells/cell.hpp>
#include <cw/core/latch.hpp>
#include <cw/core/variables/read.hpp>
#include <new>

namespace cw::cells {

template <class T>
concept Wide = variables::Shareable<T> && (sizeof(T) > 8) && sizeof(T) <= kMaxWideBytes &&
               !detail::holds_bool<T>();

/// The owner's end. Trusted: the table. Untrusted: the line.
template <Wide T>
class WideCell {
public:
    WideCell() noexcept = default;
    WideCell(const Entry& entry, Echo& echo) noexcept : entry_{&entry}, echo_{&echo} {}

    /// The value now; false: its holder writes faster than this thread reads, or does not keep to
    /// the latch's rules, and `value` stays as it was. Which values are good is for the owner to
    /// say. Context: any; never waits, never faults.
    /// Ordering: [A71] as for Cell, and those of latch_read().
    [[nodiscard]] bool load(T& value) const noexcept {
        WideValue wide;
        const auto& line =
            *reinterpret_cast<const WideLine*>(entry_->address.load(Order::acquire)); // [A71]
        if (latch_read(line.latch, wide) != Latched::value)
            return false;
        __builtin_memcpy(&value, wide.words, sizeof(T));
        return true;
    }
    /// The same, and tells the holder that the owner goes by it from now on; or by what it had, if
    /// `accept(value)` says no: that counts as a reject. Context: one at a time.
    /// Ordering: [A74] and those of Cell::applied().
    template <class F>
    [[nodiscard]] bool apply(T& value, F&& accept) const noexcept {
        const std::uint64_t epoch = entry_->hold.load(Order::acquire) >> 2; // [A74]
        const auto& line =
            *reinterpret_cast<const WideLine*>(entry_->address.load(Order::acquire)); // [A71]
        const std::uint64_t which = line.latch.current.load(Order::acquire);          // [A41]
        T next;
        if (!load(next))
            return false;
        if (!accept(next)) {
            echo_->rejects.fetch_add(1, Order::relaxed);
            return false;
        }
        value = next;
        // `which` is this value, or an earlier one: the holder is not told too early.
        Cell<std::uint64_t>{*entry_, *echo_}.applied({which, epoch});
        return true;
    }
    [[nodiscard]] std::uint64_t rejects() const noexcept {
        return echo_->rejects.load(Order::relaxed);
    }
    [[nodiscard]] const Entry& entry() const noexcept { return *entry_; }

private:
    const Entry* entry_ = nullptr;
    Echo* echo_ = nullptr;
};

/// The holder's end, as Handle. Context: one at a time.
template <Wide T>
class WideHandle : public Holding<NativeSync> {
public:
    WideHandle() noexcept = default;
    WideHandle(Line& line, const Entry& entry, const Echo& echo, std::uint64_t epoch) noexcept :
        Holding<NativeSync>{line, entry, echo, epoch} {}

    void store(const T& value) noexcept {
        WideValue wide{};
        __builtin_memcpy(wide.words, &value, sizeof(T));
        LatchWriter<WideValue>{latch()}.publish(wide); // it goes on where the last one was
    }
    /// True once the owner goes by what was stored last.
    [[nodiscard]] bool effective() const noexcept {
        const auto which = this->echoed();
        return which && *which == latch().current.load(Order::relaxed); // its own word
    }

private:
    [[nodiscard]] LatchOf<WideValue>& latch() const noexcept {
        return reinterpret_cast<WideLine*>(this->line_)->latch;
    }
};

} // namespace cw::cells
