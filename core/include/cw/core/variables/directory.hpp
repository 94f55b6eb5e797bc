// The directory of shared variables: which there are, where their values lie, and of what form they
// are. One segment that only the nucleus writes and every domain reads, so that a name is looked up
// without a call.
//
// Everything in it is found by its offset from the beginning, for readers that map it elsewhere.
// Strings have no NUL. Nothing in it moves or is used anew before the next boot; what grows is
// appended.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/abi/records.hpp>
#include <cw/core/atomic.hpp>
#include <cw/core/variables/version.hpp>
#include <string_view>

namespace cw::variables {

enum class Kind : std::uint32_t {
    latch = 1, ///< LatchWords: values of several words.
    word = 2,  ///< One Atomic<std::uint64_t>: values of at most eight bytes.
    lanes = 3, ///< Records of counters, each on cache lines of its own: the value is their sum.
};

/// A Kind, and of lanes their number, in one word.
[[nodiscard]] constexpr std::uint32_t form_of(Kind kind, std::uint32_t lanes = 0) noexcept {
    return static_cast<std::uint32_t>(kind) | lanes << 8;
}
[[nodiscard]] constexpr Kind kind_of(std::uint32_t form) noexcept {
    return static_cast<Kind>(form & 0xff);
}
[[nodiscard]] constexpr std::uint32_t lanes_of(std::uint32_t form) noexcept {
    return form >> 8;
}
inline constexpr std::uint32_t kMaxLanes = 64;
/// What the layout of lanes differs by from that of a record that is published: nobody reads the
/// one as the other.
inline constexpr std::uint64_t kLanesMark = std::uint64_t{1} << 63;

inline constexpr std::size_t kMaxName = 63;
inline constexpr std::size_t kMaxSchema = 1023;
/// Names that begin with it are of confined variables: their values are seen by the kernel, by the
/// domain that publishes them, and by domains with the grant "observe". Others see that they are
/// there.
inline constexpr std::string_view kConfinedScope = "confined/";
[[nodiscard]] constexpr bool is_confined(std::string_view name) noexcept {
    return name.starts_with(kConfinedScope);
}
inline constexpr std::size_t kMaxBytes = 1024; ///< Of one value.

/// One name. Never removed: who has found it may keep its address.
struct alignas(64) Entry {
    /// Of what is below it, up to the line's end; its epoch grows with every new publisher.
    Version<NativeSync> version;
    Atomic<std::uint64_t>
        address; ///< Of the value, in every domain that may see it; 0: there is none yet.
    Atomic<std::uint64_t> layout; ///< Hash of the schema; of lanes: ^ kLanesMark.
    Atomic<std::uint32_t> schema; ///< Offset of its text.
    Atomic<std::uint32_t> schema_bytes;
    Atomic<std::uint32_t> bytes; ///< Of the value.
    Atomic<std::uint32_t> form;  ///< See form_of().
    Atomic<std::uint32_t>
        group; ///< Number of the segment that the value lies in: values of one publisher.
    Atomic<std::uint32_t> offset; ///< Of the value in it.
    Atomic<std::uint32_t>
        lease_ms; ///< A publisher renews the value at least that often; 0: it need not.
    Atomic<std::uint32_t>
        publisher; ///< Offset of the name of the module; its bytes are in publisher_bytes.

    // Written once, before the entry is linked.
    alignas(64) std::uint64_t name_hash; ///< abi::signature_hash() of the name.
    std::uint32_t name;                  ///< Offset.
    std::uint32_t name_bytes;
    std::uint32_t index;
    // Later again, at any time.
    Atomic<std::uint32_t>
        next; ///< Offset of the next entry of the bucket, 0: none. [R62] release, [A62] acquire.
    Atomic<std::uint32_t> publisher_bytes;
    std::uint32_t place; ///< Offset of the entry itself.
    /// How many wait for it to change: who publishes it may tell them. A hint, relaxed.
    Atomic<std::uint32_t> watchers;
    std::uint32_t reserved[5];
};
static_assert(sizeof(Entry) == 128);

/// The first page.
struct alignas(64) Header {
    static constexpr std::uint64_t kMagic = 0x3230'6964'7653'7763; // "cwSvdi02"

    std::uint64_t magic;
    std::uint64_t boot; ///< Another number after every boot.
    std::uint32_t entry_bytes;
    std::uint32_t bucket_count; ///< A power of two.
    std::uint32_t
        buckets; ///< Offset of Atomic<std::uint32_t>[bucket_count]: offsets of entries, 0: none.
    std::uint32_t table; ///< Offset of Atomic<std::uint32_t>[table_entries]: entries by index.
    std::uint32_t table_entries;
    Atomic<std::uint32_t> count; ///< Entries. [R63] release, [A63] acquire.
    /// A latch that is empty for good, of whatever length: see Link in read.hpp.
    alignas(64) Atomic<std::uint64_t> nothing;
    std::byte slots[64 + kMaxBytes];
};

/// A directory as a reader sees it. Trusted: who maps it read-only has it from the nucleus.
class Directory {
public:
    explicit Directory(const void* base) noexcept : base_{static_cast<const std::byte*>(base)} {}

    /// That an entry is in.
    [[nodiscard]] static Directory of(const Entry& entry) noexcept {
        return Directory{reinterpret_cast<const std::byte*>(&entry) - entry.place};
    }

    [[nodiscard]] const Header& header() const noexcept { return *at<Header>(0); }
    /// Null if the name is not there. Context: any; no call, no wait.
    /// Ordering: [A62] acquire, pairs with [R62] in the nucleus: who sees an entry sees its name.
    [[nodiscard]] const Entry* find(std::string_view name) const noexcept {
        const std::uint64_t hash = abi::signature_hash(name.data(), name.size());
        const Header& head = header();
        const auto* bucket =
            at<Atomic<std::uint32_t>>(head.buckets) + (hash & (head.bucket_count - 1));
        for (std::uint32_t offset = bucket->load(Order::acquire); offset != 0;) { // [A62]
            const Entry* entry = at<Entry>(offset);
            if (entry->name_hash == hash && name_of(*entry) == name)
                return entry;
            offset = entry->next.load(Order::acquire); // [A62]
        }
        return nullptr;
    }
    /// How many entries there are; entry(i) for smaller i. Ordering: [A63] acquire, pairs with
    /// [R63] in the nucleus.
    [[nodiscard]] std::uint32_t count() const noexcept {
        return header().count.load(Order::acquire);
    }
    [[nodiscard]] const Entry& entry(std::uint32_t index) const noexcept {
        return *at<Entry>(
            (at<Atomic<std::uint32_t>>(header().table) + index)->load(Order::relaxed));
    }
    [[nodiscard]] std::string_view name_of(const Entry& entry) const noexcept {
        return text(entry.name, entry.name_bytes);
    }
    [[nodiscard]] std::string_view schema_of(const Entry& entry) const noexcept {
        return text(entry.schema.load(Order::relaxed), entry.schema_bytes.load(Order::relaxed));
    }
    [[nodiscard]] std::string_view publisher_of(const Entry& entry) const noexcept {
        return text(entry.publisher.load(Order::relaxed),
                    entry.publisher_bytes.load(Order::relaxed));
    }

private:
    template <class T>
    [[nodiscard]] const T* at(std::uint32_t offset) const noexcept {
        return reinterpret_cast<const T*>(base_ + offset);
    }
    [[nodiscard]] std::string_view text(std::uint32_t offset, std::uint32_t bytes) const noexcept {
        return {at<char>(offset), bytes};
    }

    const std::byte* base_;
};

[[nodiscard]] constexpr const char* name_of(State state) noexcept {
    constexpr const char* kNames[] = {"gone", "live", "stale", "off"};
    return kNames[static_cast<std::uint64_t>(state) & 3];
}

} // namespace cw::variables
