#include "directory.hpp"
#include <cstring>
#include <cw/abi/records.hpp>
#include <cw/core/executor.hpp>
#include <cw/core/variables/read.hpp>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/panic.hpp>
#include <cw/nucleus/pool.hpp>

namespace cw::kernel::directory {

using variables::Header;
using variables::Kind;
using variables::State;

namespace {

constexpr std::uint64_t kDirectoryBytes = std::uint64_t{8}
                                          << 20; ///< Of addresses; pages come as they are needed.
constexpr std::uint64_t kGrowth = 16 * kPage;
constexpr std::uint32_t kBuckets = 4096;
constexpr std::uint32_t kMaxVariables = 16384;
constexpr std::uint32_t kBucketsAt = kPage;
constexpr std::uint32_t kTableAt = kBucketsAt + kBuckets * sizeof(std::uint32_t);
constexpr std::uint32_t kFirstFree = kTableAt + kMaxVariables * sizeof(std::uint32_t);
constexpr std::uint32_t kKnownSchemas = 64;

struct Space {
    Segment* segment;
    std::uint64_t used;
    std::uint64_t populated;
    std::uint32_t count;
    std::uint64_t epoch; ///< The last one given out.
    Private** table;     ///< By index.
    /// Texts that are there already, some of them: many variables are of one record.
    struct Schema {
        std::uint64_t layout;
        std::uint32_t text;
    } schemas[kKnownSchemas];
};
Space space;
Pool<Private> privates{"directory.entries"};
AllocationSite directory_pages{"directory.pages"};
AllocationSite entry_table{"directory.table"};
AllocationSite pieces{"directory.texts"}; ///< Names, schemas and entries: they stay for good.

template <class T>
T& at(std::uint32_t offset) noexcept {
    return *segment_view_as<T>(*space.segment, offset);
}
Atomic<std::uint32_t>& bucket_of(std::uint64_t hash) noexcept {
    return at<Atomic<std::uint32_t>>(kBucketsAt +
                                     static_cast<std::uint32_t>(hash & (kBuckets - 1)) * 4);
}

/// Lets every domain that sees the directory see the pages behind what is there.
Status show_growth() noexcept {
    for (std::uint32_t id = 0; id < kMaxDomains; ++id) {
        Domain* domain = domain_by_id(id);
        if (domain == nullptr || !segment_seen(*space.segment, *domain))
            continue;
        if (const Status status =
                segment_map(*space.segment, *domain, space.populated, kGrowth, kRightRead);
            status != Status::ok)
            return status;
    }
    return Status::ok;
}

/// Pages up to `bytes`, in every domain that sees the directory.
Status populate(std::uint64_t bytes) noexcept {
    while (space.populated < bytes) {
        if (space.populated + kGrowth > kDirectoryBytes)
            return Status::no_resource;
        if (const Status status = segment_populate(*space.segment, space.populated, kGrowth);
            status != Status::ok)
            return status;
        if (const Status status = show_growth(); status != Status::ok) {
            segment_depopulate(*space.segment, space.populated, kGrowth); // once more next time
            return status;
        }
        space.populated += kGrowth;
    }
    return Status::ok;
}

/// Room that does not go over the end of a page. Requires: at most a page.
Result<std::uint32_t> allocate(std::uint64_t bytes, std::uint64_t alignment) noexcept {
    std::uint64_t offset = round_up(space.used, alignment);
    if (offset / kPage != (offset + bytes - 1) / kPage)
        offset = round_up(offset, kPage);
    if (!pieces.may_allocate())
        return refuse(Status::no_memory);
    CW_CHECK_OK(populate(offset + bytes));
    space.used = offset + bytes;
    pieces.allocated();
    return static_cast<std::uint32_t>(offset);
}

std::uint32_t find(std::string_view name, std::uint64_t hash) noexcept {
    std::uint32_t offset = bucket_of(hash).load(Order::relaxed);
    while (offset != 0) {
        const Entry& entry = entry_at(offset);
        if (entry.name_hash == hash && name_of(entry) == name)
            break;
        offset = entry.next.load(Order::relaxed);
    }
    return offset;
}

std::uint64_t layout_of(const Description& what) noexcept {
    return what.layout ^ (variables::kind_of(what.form) == Kind::lanes ? variables::kLanesMark : 0);
}

/// What a former publisher of this name has left is no value of this one's: a latch becomes empty,
/// other words 0. The stamps go on, so no reader takes an old value for a new one.
void make_empty(Atomic<std::uint64_t>* words, const Description& what) noexcept {
    const Kind kind = variables::kind_of(what.form);
    words[0].store(kind == Kind::latch ? kLatchEmpty : 0, Order::relaxed);
    for (std::size_t i = 1;
         kind == Kind::lanes && i < variables::room_for(what.form, what.bytes) / 8;
         ++i)
        words[i].store(0, Order::relaxed);
}

Result<std::uint32_t> store_schema(const Entry& entry, const Description& what) noexcept {
    if (entry.layout.load(Order::relaxed) == layout_of(what) &&
        entry.schema.load(Order::relaxed) != 0)
        return entry.schema.load(Order::relaxed); // as it was published before
    Space::Schema& known = space.schemas[what.layout % kKnownSchemas];
    if (known.text == 0 || known.layout != what.layout)
        known = {what.layout, CW_TRY(store_text(what.schema))};
    return known.text;
}

State state_of(const Private& own) noexcept {
    if (!own.published)
        return State::gone;
    if (own.off)
        return State::off;
    return own.stale ? State::stale : State::live;
}

} // namespace

void refresh(std::uint32_t index) noexcept {
    Entry& entry = entry_of(index);
    const State state = state_of(*space.table[index]);
    if (variables::state_of(entry.version.load()) == state)
        return;
    entry.version.set(state);
    turn_links(index);
}

void initialise() noexcept {
    const auto made = segment_reserve(kernel_domain(), kDirectoryBytes, directory_pages);
    CW_ASSERT(made.has_value());
    space.segment = *made;
    space.used = kFirstFree;
    CW_ASSERT(populate(kFirstFree) == Status::ok);
    unsigned order = 0;
    while ((kPage << order) < kMaxVariables * sizeof(Private*))
        ++order;
    const auto table = pages_allocate(entry_table, order);
    CW_ASSERT(table.has_value());
    entry_table.allocated();
    space.table = static_cast<Private**>(*table);
    Header& header = at<Header>(0);
    const ClockScale now = clock_scale();
    header.boot = now.wall_ns + now.counter;
    header.entry_bytes = sizeof(Entry);
    header.bucket_count = kBuckets;
    header.buckets = kBucketsAt;
    header.table = kTableAt;
    header.table_entries = kMaxVariables;
    header.nothing.store(kLatchEmpty, Order::relaxed);
    header.magic = Header::kMagic;
}

VirtualAddress base() noexcept {
    return space.segment->base;
}
Status show(Domain& domain) noexcept {
    return segment_map(*space.segment, domain, 0, space.populated, kRightRead);
}
std::uint32_t count() noexcept {
    return space.count;
}
Private& private_of(std::uint32_t index) noexcept {
    return *space.table[index];
}
Entry& entry_at(std::uint32_t offset) noexcept {
    return at<Entry>(offset);
}
Entry& entry_of(std::uint32_t index) noexcept {
    return entry_at(at<Atomic<std::uint32_t>>(kTableAt + index * 4).load(Order::relaxed));
}
std::string_view text_at(std::uint32_t offset, std::uint32_t bytes) noexcept {
    return {&at<const char>(offset), bytes};
}
std::string_view name_of(const Entry& entry) noexcept {
    return text_at(entry.name, entry.name_bytes);
}
std::string_view schema_of(const Entry& entry) noexcept {
    return text_at(entry.schema.load(Order::relaxed), entry.schema_bytes.load(Order::relaxed));
}
std::string_view publisher_of(const Entry& entry) noexcept {
    return text_at(entry.publisher.load(Order::relaxed),
                   entry.publisher_bytes.load(Order::relaxed));
}

std::uint32_t find(std::string_view name) noexcept {
    return find(name, abi::signature_hash(name.data(), name.size()));
}

namespace {

/// Where the name and the entry lie.
struct Place {
    std::uint32_t text, entry;
};
/// On an error nothing stays.
Result<Place> make_room(std::string_view name) noexcept {
    const std::uint64_t used = space.used;
    const std::uint32_t text = CW_TRY(store_text(name));
    const auto entry = allocate(sizeof(Entry), alignof(Entry));
    if (!entry) {
        space.used = used;
        pieces.freed();
        return refuse(entry.error());
    }
    return Place{text, *entry};
}

} // namespace

/// Ordering: [R62] and [R63] release, pair with [A62] and [A63] in variables::Directory.
Result<std::uint32_t> find_or_create(std::string_view name) noexcept {
    const std::uint64_t hash = abi::signature_hash(name.data(), name.size());
    if (const std::uint32_t found = find(name, hash); found != 0)
        return found;
    if (space.count == kMaxVariables)
        return refuse(Status::no_resource);
    Private* own = privates.allocate();
    if (own == nullptr)
        return refuse(Status::no_memory);
    const auto place = make_room(name);
    if (!place) {
        privates.release(own);
        return refuse(place.error());
    }
    Entry& entry = entry_at(place->entry);
    entry.name_hash = hash;
    entry.name = place->text;
    entry.name_bytes = static_cast<std::uint32_t>(name.size());
    entry.index = space.count;
    entry.place = place->entry;
    entry.next.store(bucket_of(hash).load(Order::relaxed), Order::relaxed);
    space.table[space.count] = own;
    at<Atomic<std::uint32_t>>(kTableAt + space.count * 4).store(place->entry, Order::relaxed);
    bucket_of(hash).store(place->entry, Order::release);      // [R62]
    at<Header>(0).count.store(++space.count, Order::release); // [R63]
    return place->entry;
}

Result<std::uint32_t> store_text(std::string_view text) noexcept {
    const std::uint32_t offset = CW_TRY(allocate(text.size() + 1, 1));
    std::memcpy(&at<char>(offset), text.data(), text.size());
    return offset;
}

Status go_live(std::uint32_t offset,
               const Description& what,
               VariableGroup& group,
               std::uint64_t place) noexcept {
    Entry& entry = entry_at(offset);
    const auto schema = store_schema(entry, what);
    if (!schema)
        return schema.error();
    Private& own = *space.table[entry.index];
    own.group = &group;
    own.published = true;
    own.stale = false;
    own.lease_ms = what.lease_ms;
    own.seen_at = platform::now();
    entry.version.change(++space.epoch, state_of(own), [&] {
        make_empty(segment_view_as<Atomic<std::uint64_t>>(*group.segment, place), what);
        entry.address.store(group.segment->base + place, Order::relaxed);
        entry.layout.store(layout_of(what), Order::relaxed);
        entry.schema.store(*schema, Order::relaxed);
        entry.schema_bytes.store(static_cast<std::uint32_t>(what.schema.size()), Order::relaxed);
        entry.bytes.store(what.bytes, Order::relaxed);
        entry.form.store(what.form, Order::relaxed);
        entry.group.store(group.number, Order::relaxed);
        entry.offset.store(static_cast<std::uint32_t>(place), Order::relaxed);
        entry.lease_ms.store(what.lease_ms, Order::relaxed);
        entry.publisher.store(group.name, Order::relaxed);
        entry.publisher_bytes.store(group.name_bytes, Order::relaxed);
    });
    turn_links(entry.index);
    if (what.lease_ms != 0)
        watch_leases();
    return Status::ok;
}

void forget_value(std::uint32_t index) noexcept {
    Entry& entry = entry_of(index);
    entry.version.change(
        ++space.epoch, State::gone, [&] { entry.address.store(0, Order::relaxed); });
    Private& own = *space.table[index];
    own.group = nullptr;
    own.published = false;
    turn_links(index);
}

} // namespace cw::kernel::directory
