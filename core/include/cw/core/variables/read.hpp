// Reading a shared variable: no call, no write, no wait.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/abi/records.hpp>
#include <cw/abi/status.hpp>
#include <cw/core/latch.hpp>
#include <cw/core/variables/directory.hpp>
#include <cw/core/variables/schema.hpp>
#include <span>
#include <type_traits>

namespace cw::variables {

/// What a shared variable may be of: fixed-width integers, enums, bool, std::array and records of
/// those, without padding.
template <class T>
concept Shareable = std::is_trivially_copyable_v<T> &&
                    std::has_unique_object_representations_v<T> && sizeof(T) <= kMaxBytes;

template <Shareable T>
inline constexpr Kind kKindOf = sizeof(T) <= 8 ? Kind::word : Kind::latch;
template <Shareable T>
inline constexpr std::uint64_t kLayoutOf =
    abi::signature_hash(SchemaOf<T>::kView.data(), SchemaOf<T>::kView.size());

/// From one lane to the next.
constexpr std::size_t lane_stride(std::size_t bytes) noexcept {
    return (bytes + 63) / 64 * 64;
}
/// Bytes of memory that a value takes in its group.
constexpr std::size_t room_for(std::uint32_t form, std::size_t bytes) noexcept {
    switch (kind_of(form)) {
    case Kind::word:
        return 64;
    case Kind::lanes:
        return lanes_of(form) * lane_stride(bytes);
    default:
        return 64 + kLatchSlots * latch_stride((bytes + 7) / 8);
    }
}
static_assert(room_for(form_of(Kind::latch), 48) == sizeof(LatchWords<NativeSync, 6>) &&
              room_for(form_of(Kind::latch), 100) == sizeof(LatchWords<NativeSync, 13>));

/// As latch_read(), for values of a length that only the entry says. `words`: kMaxBytes / 8 at
/// most.
[[nodiscard]] inline Latched
latch_read_words(const void* latch, std::uint64_t* into, std::size_t words) noexcept {
    const auto* base = static_cast<const std::byte*>(latch);
    const std::size_t stride = latch_stride(words);
    const auto& current_word = *reinterpret_cast<const Atomic<std::uint64_t>*>(base);
    for (int tries = 0; tries < 4; ++tries) {
        const std::uint64_t current = current_word.load(Order::acquire); // [A41]
        if (current < kLatchSlots * stride)
            return Latched::empty;
        const auto* slot = reinterpret_cast<const Atomic<std::uint64_t>*>(
            base + 64 + (current & (kLatchSlots - 1) * stride));
        for (std::size_t i = 0; i < words; ++i)
            into[i] = slot[1 + i].load(Order::relaxed);
        fence(Order::acquire); // [F42]
        if (slot->load(Order::relaxed) == current)
            return Latched::value;
    }
    return Latched::busy;
}

/// The sum of lanes of `bytes` each, word by word: of no moment, but no word is less than it was in
/// an earlier sum of the same reader. Requires: bytes is a multiple of 8, and at most kMaxBytes.
inline void
sum_lanes(const void* lanes, std::uint32_t count, std::size_t bytes, std::uint64_t* into) noexcept {
    __builtin_memset(into, 0, bytes);
    const auto* lane = static_cast<const std::byte*>(lanes);
    for (std::uint32_t i = 0; i < count; ++i, lane += lane_stride(bytes)) {
        const auto* words = reinterpret_cast<const Atomic<std::uint64_t>*>(lane);
        for (std::size_t word = 0; word < bytes / 8; ++word)
            into[word] += words[word].load(Order::relaxed);
    }
}

/// What a value looks like from outside, to tell whether it is still the same. Ordering: [A41].
[[nodiscard]] inline std::uint64_t
mark_of(const void* value, std::uint32_t form, std::size_t bytes) noexcept {
    if (kind_of(form) != Kind::lanes)
        return static_cast<const Atomic<std::uint64_t>*>(value)->load(Order::acquire); // [A41]
    std::uint64_t words[kMaxBytes / 8];
    sum_lanes(value, lanes_of(form), bytes, words);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < bytes / 8; ++i)
        sum += words[i];
    return sum;
}

/// What a state that is not live is called as an error.
[[nodiscard]] constexpr Status status_of(State state) noexcept {
    constexpr Status kStatuses[] = {
        Status::not_found, Status::ok, Status::timed_out, Status::refused};
    return kStatuses[static_cast<std::uint64_t>(state) & 3];
}

/// A value with the schema it was read by, for readers that know neither. `state` is that of the
/// same moment.
struct Raw {
    State state;
    std::uint64_t epoch;
    std::string_view schema;
    std::size_t bytes;
    std::uint64_t words[kMaxBytes / 8];
};

/// The group of an entry, for who maps it at another address than every domain does: a process of
/// 32 bits, or a tool. Empty: it is where the entry says.
using Group = std::span<const std::byte>;

/// Where the value lies; null: there is none yet, or `group` is too short for it.
[[nodiscard, gnu::always_inline]] inline const std::byte* place_of(const Entry& entry,
                                                                   const Group& group) noexcept {
    if (group.data() == nullptr)
        return reinterpret_cast<const std::byte*>(
            static_cast<std::uintptr_t>(entry.address.load(Order::relaxed)));
    const std::size_t offset = entry.offset.load(Order::relaxed);
    const std::size_t room =
        room_for(entry.form.load(Order::relaxed), entry.bytes.load(Order::relaxed));
    const bool inside = entry.address.load(Order::relaxed) != 0 && offset <= group.size() &&
                        room <= group.size() - offset;
    return inside ? group.data() + offset : nullptr;
}

/// Reads whatever there is, in whatever state. Requires: the group of the entry is mapped, if it
/// has one. Errors: not_found (there is no value yet), not_ready (nothing was published yet), busy
/// (overtaken again and again).
[[nodiscard]] inline Status
read_raw(const Entry& entry, Raw& raw, const Group& group = {}) noexcept {
    const Directory directory = Directory::of(entry);
    for (int tries = 0; tries < 4; ++tries) {
        const std::uint64_t version = entry.version.load(); // [A61]
        const std::byte* const place = place_of(entry, group);
        if (place == nullptr)
            return Status::not_found;
        raw.state = state_of(version);
        raw.epoch = epoch_of(version);
        raw.schema = directory.schema_of(entry);
        raw.bytes = entry.bytes.load(Order::relaxed);
        Latched latched = Latched::value;
        const std::uint32_t form = entry.form.load(Order::relaxed);
        if (kind_of(form) == Kind::word)
            raw.words[0] =
                reinterpret_cast<const Atomic<std::uint64_t>*>(place)->load(Order::relaxed);
        else if (kind_of(form) == Kind::lanes)
            sum_lanes(place, lanes_of(form), raw.bytes, raw.words);
        else
            latched = latch_read_words(place, raw.words, (raw.bytes + 7) / 8);
        fence(Order::acquire); // [F62]
        if (entry.version.is_still(version) && latched != Latched::busy)
            return latched == Latched::empty ? Status::not_ready : Status::ok;
    }
    return Status::busy;
}

/// read(), when it is not as it mostly is.
template <Shareable T>
[[nodiscard, gnu::noinline, gnu::cold]] Status
read_slowly(const Entry& entry, T& value, const Group& group = {}) noexcept {
    Raw raw;
    if (const State state = state_of(entry.version.load()); state != State::live)
        return status_of(state);
    if (const Status status = read_raw(entry, raw, group); status != Status::ok)
        return status;
    if (raw.state != State::live)
        return status_of(raw.state);
    if (raw.schema == SchemaOf<T>::kView) { // lanes, or one that was not there a moment ago
        __builtin_memcpy(&value, raw.words, sizeof(T));
        return Status::ok;
    }
    return convert(SchemaOf<T>::kView,
                   reinterpret_cast<std::byte*>(&value),
                   raw.schema,
                   reinterpret_cast<const std::byte*>(raw.words));
}

/// Reads the value that was published last. Context: any; never waits, never writes, never faults.
/// Requires: the group of the entry is mapped, if it has one.
/// Errors: not_found (nobody publishes it), not_ready (nothing was published yet), timed_out (its
/// publisher has not renewed it within its lease), refused (switched off), mismatch and
/// out_of_range (published as another record, in which a field is missing or too large), busy
/// (overtaken in each try).
/// Ordering: those of Version and LatchCopy. [F42] and [F62] are one fence: both are between the
/// words and the second looks.
template <Shareable T>
[[nodiscard, gnu::always_inline]] inline Status read(const Entry& entry, T& value) noexcept {
    const std::uint64_t version = entry.version.load(); // [A61]
    if (state_of(version) != State::live || entry.layout.load(Order::relaxed) != kLayoutOf<T>)
        [[unlikely]]
        return read_slowly(entry, value);
    const std::uint64_t address = entry.address.load(Order::relaxed);
    if constexpr (kKindOf<T> == Kind::word) {
        const std::uint64_t word =
            reinterpret_cast<const Atomic<std::uint64_t>*>(address)->load(Order::relaxed);
        fence(Order::acquire); // [F62]
        if (!entry.version.is_still(version)) [[unlikely]]
            return read_slowly(entry, value);
        __builtin_memcpy(&value, &word, sizeof(T));
    } else {
        const LatchCopy<T, NativeSync> copy{*reinterpret_cast<const LatchOf<T>*>(address)};
        fence(Order::acquire); // [F42], [F62]
        if (!copy.whole() || copy.empty() || !entry.version.is_still(version)) [[unlikely]]
            return read_slowly(entry, value);
        copy.get(value);
    }
    return Status::ok;
}

/// What the loader keeps for a module that reads a variable by its name.
struct Link {
    /// Where the value is read: of a variable of one word 0, of others the directory's latch in
    /// which nothing is published, unless it is live and published as the record that the module
    /// was compiled for. What is there is of this name and this record for as long as the domain
    /// lives, so nobody need look at the entry again behind the read.
    Place<NativeSync> place;
    const Entry* entry;
};

/// The same for who has a link. What has happened to the variable since the link was looked at does
/// not show: the value may be one that its publisher published when it was already switched off.
/// Ordering: [A64] and those of LatchCopy.
template <Shareable T>
[[nodiscard, gnu::always_inline]] inline Status read(const Link& link, T& value) noexcept {
    const std::uint64_t address = link.place.load(); // [A64]
    if constexpr (kKindOf<T> == Kind::word) {
        if (address == 0) [[unlikely]]
            return read_slowly(*link.entry, value);
        const std::uint64_t word =
            reinterpret_cast<const Atomic<std::uint64_t>*>(address)->load(Order::relaxed);
        __builtin_memcpy(&value, &word, sizeof(T));
    } else {
        const LatchCopy<T, NativeSync> copy{*reinterpret_cast<const LatchOf<T>*>(address)};
        fence(Order::acquire); // [F42]
        if (!copy.whole()) [[unlikely]]
            return read_slowly(*link.entry, value);
        copy.get(value);
    }
    return Status::ok;
}

/// The same for who maps the group elsewhere. Requires: `group` is all of the one with the number
/// Entry::group. Errors: also not_found if it is too short.
template <Shareable T>
[[nodiscard]] Status read_in(const Group& group, const Entry& entry, T& value) noexcept {
    return read_slowly(entry, value, group);
}

} // namespace cw::variables
