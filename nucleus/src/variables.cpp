// The directory of shared variables and the groups of their values, from the side that writes them.
#include <cw/nucleus/variables.hpp>

#include "modules.hpp"
#include <cstring>
#include <cw/core/variables/directory.hpp>
#include <cw/core/variables/schema.hpp>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/panic.hpp>
#include <cw/nucleus/pool.hpp>

namespace cw::kernel {

using variables::Entry;
using variables::Header;
using variables::Kind;
using variables::State;

struct VariableGroup;

namespace {

constexpr std::uint64_t kDirectoryBytes = std::uint64_t{8}
                                          << 20; ///< Of addresses; pages come as they are needed.
constexpr std::uint64_t kGrowth = 16 * kPage;
constexpr std::uint32_t kBuckets = 4096;
constexpr std::uint32_t kMaxVariables = 16384;
constexpr std::uint32_t kBucketsAt = kPage;
constexpr std::uint32_t kTableAt = kBucketsAt + kBuckets * sizeof(std::uint32_t);
constexpr std::uint32_t kFirstFree = kTableAt + kMaxVariables * sizeof(std::uint32_t);
constexpr std::uint64_t kOwnBytes = 2 * kPage; ///< Of the group of the nucleus.

/// Which domains see what, one bit per number.
struct Domains {
    std::uint64_t bits[kMaxDomains / 64];

    void add(const Domain& domain) noexcept {
        bits[domain.id / 64] |= std::uint64_t{1} << domain.id % 64;
    }
    void remove(const Domain& domain) noexcept {
        bits[domain.id / 64] &= ~(std::uint64_t{1} << domain.id % 64);
    }
    [[nodiscard]] bool has(std::uint32_t id) const noexcept {
        return (bits[id / 64] >> id % 64 & 1) != 0;
    }
};

/// What only the nucleus knows of an entry.
struct Private {
    VariableGroup* group; ///< That holds its value; null: there was none yet.
    bool published;       ///< By a module that is there.
    Domains readers;
};

struct Space {
    Segment* segment;
    std::uint64_t used;
    std::uint64_t populated;
    std::uint32_t count;
    Private** table; ///< By index.
    VariableGroup* groups;
    std::uint32_t group_count;
    Segment* own;
    std::uint64_t own_used;
    std::uint64_t epoch; ///< The last one given out.
};
Space space;
Pool<Private> privates;

} // namespace

/// The values of one publisher.
struct VariableGroup {
    Segment* segment;
    std::uint64_t fingerprint; ///< Of names and layouts, in order.
    ModuleInstance* publisher; ///< Null: it is gone.
    std::uint32_t number;
    std::uint32_t name; ///< Of the module: offset in the directory,
    std::uint32_t name_bytes;
    VariableGroup* next;
};

namespace {

Pool<VariableGroup> groups;

template <class T>
T& at(std::uint32_t offset) noexcept {
    return *segment_view_as<T>(*space.segment, offset);
}
Entry& entry_at(std::uint32_t offset) noexcept {
    return at<Entry>(offset);
}
std::uint32_t offset_of(std::uint32_t index) noexcept {
    return at<Atomic<std::uint32_t>>(kTableAt + index * 4).load(Order::relaxed);
}
Entry& entry_of(std::uint32_t index) noexcept {
    return entry_at(offset_of(index));
}
/// Strings do not go over the end of a page.
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

/// Pages up to `bytes`, in every domain that sees the directory.
Status populate(std::uint64_t bytes) noexcept {
    while (space.populated < bytes) {
        if (space.populated + kGrowth > kDirectoryBytes)
            return Status::no_resource;
        if (const Status status = segment_populate(*space.segment, space.populated, kGrowth);
            status != Status::ok)
            return status;
        for (std::uint32_t id = 0; id < kMaxDomains; ++id) {
            Domain* domain = domain_by_id(id);
            if (domain == nullptr || !segment_seen(*space.segment, *domain))
                continue;
            if (const Status status =
                    segment_map(*space.segment, *domain, space.populated, kGrowth, kRightRead);
                status != Status::ok)
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
    CW_CHECK_OK(populate(offset + bytes));
    space.used = offset + bytes;
    return static_cast<std::uint32_t>(offset);
}

Result<std::uint32_t> store_text(std::string_view text) noexcept {
    const std::uint32_t offset = CW_TRY(allocate(text.size() + 1, 1));
    std::memcpy(&at<char>(offset), text.data(), text.size());
    return offset;
}

/// Offset of the entry of this name; 0: there is none.
std::uint32_t find(std::string_view name, std::uint64_t hash) noexcept {
    std::uint32_t offset =
        at<Atomic<std::uint32_t>>(kBucketsAt + (hash & (kBuckets - 1)) * 4).load(Order::relaxed);
    while (offset != 0) {
        const Entry& entry = entry_at(offset);
        if (entry.name_hash == hash && name_of(entry) == name)
            break;
        offset = entry.next.load(Order::relaxed);
    }
    return offset;
}

/// The same; made if there is none, as a name that nobody publishes.
/// Ordering: [R62] and [R63] release, pair with [A62] and [A63] in Directory.
Result<std::uint32_t> find_or_create(std::string_view name) noexcept {
    const std::uint64_t hash = abi::signature_hash(name.data(), name.size());
    if (const std::uint32_t found = find(name, hash); found != 0)
        return found;
    if (space.count == kMaxVariables)
        return refuse(Status::no_resource);
    const std::uint32_t text = CW_TRY(store_text(name));
    const std::uint32_t offset = CW_TRY(allocate(sizeof(Entry), alignof(Entry)));
    Private* own = privates.allocate();
    if (own == nullptr)
        return refuse(Status::no_memory);
    Entry& entry = entry_at(offset);
    entry.name_hash = hash;
    entry.name = text;
    entry.name_bytes = static_cast<std::uint32_t>(name.size());
    entry.index = space.count;
    entry.place = offset;
    auto& bucket = at<Atomic<std::uint32_t>>(kBucketsAt + (hash & (kBuckets - 1)) * 4);
    entry.next.store(bucket.load(Order::relaxed), Order::relaxed);
    space.table[space.count] = own;
    at<Atomic<std::uint32_t>>(kTableAt + space.count * 4).store(offset, Order::relaxed);
    bucket.store(offset, Order::release);                     // [R62]
    at<Header>(0).count.store(++space.count, Order::release); // [R63]
    return offset;
}

/// What one publish record, or the nucleus, says.
struct Description {
    std::string_view schema;
    std::uint64_t layout;
    std::uint32_t bytes;
    std::uint32_t kind;
    std::uint32_t lease_ms;
};

/// Points an entry to a value: from now on it is live.
Status go_live(std::uint32_t offset,
               const Description& what,
               VariableGroup& group,
               std::uint64_t place) noexcept {
    Entry& entry = entry_at(offset);
    std::uint32_t schema = entry.schema.load(Order::relaxed);
    if (entry.layout.load(Order::relaxed) != what.layout || schema == 0) {
        const auto stored = store_text(what.schema);
        if (!stored)
            return stored.error();
        schema = *stored;
    }
    entry.version.change(++space.epoch, State::live, [&] {
        entry.address.store(group.segment->base + place, Order::relaxed);
        entry.layout.store(what.layout, Order::relaxed);
        entry.schema.store(schema, Order::relaxed);
        entry.schema_bytes.store(static_cast<std::uint32_t>(what.schema.size()), Order::relaxed);
        entry.bytes.store(what.bytes, Order::relaxed);
        entry.kind.store(what.kind, Order::relaxed);
        entry.group.store(group.number, Order::relaxed);
        entry.offset.store(static_cast<std::uint32_t>(place), Order::relaxed);
        entry.lease_ms.store(what.lease_ms, Order::relaxed);
        entry.publisher.store(group.name, Order::relaxed);
        entry.publisher_bytes.store(group.name_bytes, Order::relaxed);
    });
    Private& own = *space.table[entry.index];
    own.group = &group;
    own.published = true;
    return Status::ok;
}

/// What a domain may do with a group's values.
Status show_group(const VariableGroup& group, Domain& domain) noexcept {
    const bool writes = group.publisher != nullptr && group.publisher->domain == &domain;
    return segment_map(
        *group.segment, domain, writes ? kRightRead | kRightWrite : std::uint64_t{kRightRead});
}

std::uint64_t fingerprint_of(const loader::Image& image) noexcept {
    std::uint64_t hash = image.publishes().size();
    for (const abi::PublishRecord& record : image.publishes()) {
        const std::string_view name = image.text(record.name);
        hash = (hash ^ abi::signature_hash(name.data(), name.size())) * 0x0000'0100'0000'01b3;
        hash = (hash ^ record.layout) * 0x0000'0100'0000'01b3;
    }
    return hash;
}

Result<VariableGroup*>
make_group(std::string_view module, std::uint64_t fingerprint, std::uint64_t bytes) noexcept {
    VariableGroup* group = groups.allocate();
    if (group == nullptr)
        return refuse(Status::no_memory);
    const auto name = store_text(module);
    const auto segment =
        name ? segment_create(kernel_domain(), bytes, Backing::contiguous, "variables")
             : Result<Segment*>{refuse(name.error())};
    if (!segment) {
        groups.release(group);
        return refuse(segment.error());
    }
    group->segment = *segment;
    group->fingerprint = fingerprint;
    group->number = ++space.group_count;
    group->name = *name;
    group->name_bytes = static_cast<std::uint32_t>(module.size());
    group->next = space.groups;
    space.groups = group;
    return group;
}

/// The group that this module had before, if it publishes the same; else a new one.
Result<VariableGroup*> group_for(const loader::Image& image) noexcept {
    const std::uint64_t fingerprint = fingerprint_of(image);
    for (VariableGroup* group = space.groups; group != nullptr; group = group->next) {
        if (group->publisher == nullptr && group->fingerprint == fingerprint &&
            group->number != 0 && text_at(group->name, group->name_bytes) == image.name())
            return group;
    }
    std::uint64_t bytes = 0;
    for (const abi::PublishRecord& record : image.publishes())
        bytes += variables::room_for(static_cast<Kind>(record.kind), record.bytes);
    return make_group(image.name(), fingerprint, bytes);
}

Status publish_all(ModuleInstance& instance) noexcept {
    const loader::Image& image = *instance.image;
    if (image.publishes().empty())
        return Status::ok;
    const auto found = group_for(image);
    if (!found)
        return found.error();
    VariableGroup& group = **found;
    group.publisher = &instance;
    instance.variables = &group;
    if (const Status status = show_group(group, *instance.domain); status != Status::ok)
        return status;
    std::uint64_t place = 0;
    for (const abi::PublishRecord& record : image.publishes()) {
        const auto offset = find_or_create(image.text(record.name));
        if (!offset)
            return offset.error();
        // Who reads it by that name already is to see its new place before it is told of it.
        const Private& own = *space.table[entry_at(*offset).index];
        for (std::uint32_t id = 0; id < kMaxDomains; ++id) {
            Domain* reader = own.readers.has(id) ? domain_by_id(id) : nullptr;
            if (reader == nullptr || segment_seen(*group.segment, *reader))
                continue;
            if (const Status status = show_group(group, *reader); status != Status::ok)
                return status;
        }
        const std::uint64_t address = group.segment->base + place;
        std::memcpy(image_view(instance, record.slot), &address, sizeof(address));
        const Description what{
            image.text(record.schema), record.layout, record.bytes, record.kind, record.lease_ms};
        if (const Status status = go_live(*offset, what, group, place); status != Status::ok)
            return status;
        place += variables::room_for(static_cast<Kind>(record.kind), record.bytes);
    }
    return Status::ok;
}

Status read_all(ModuleInstance& instance) noexcept {
    const loader::Image& image = *instance.image;
    for (const abi::ReadRecord& record : image.reads()) {
        const auto offset = find_or_create(image.text(record.name));
        if (!offset)
            return offset.error();
        if (const Status status = variable_show(entry_at(*offset).index, *instance.domain);
            status != Status::ok)
            return status;
        const std::uint64_t address = space.segment->base + *offset;
        std::memcpy(image_view(instance, record.slot), &address, sizeof(address));
    }
    return Status::ok;
}

} // namespace

void variables_initialise() noexcept {
    const auto made = segment_reserve(kernel_domain(), kDirectoryBytes, "directory");
    CW_ASSERT(made.has_value());
    space.segment = *made;
    space.used = kFirstFree;
    CW_ASSERT(populate(kFirstFree) == Status::ok);
    unsigned order = 0;
    while ((kPage << order) < kMaxVariables * sizeof(Private*))
        ++order;
    const auto table = pages_allocate(order);
    CW_ASSERT(table.has_value());
    space.table = static_cast<Private**>(*table);
    Header& header = at<Header>(0);
    header.boot = platform::now();
    header.entry_bytes = sizeof(Entry);
    header.bucket_count = kBuckets;
    header.buckets = kBucketsAt;
    header.table = kTableAt;
    header.table_entries = kMaxVariables;
    header.magic = Header::kMagic;
    const auto own = make_group("kernel", 0, kOwnBytes);
    CW_ASSERT(own.has_value());
    (*own)->number = 0;
    space.own = (*own)->segment;
    CW_ASSERT(variables_show(kernel_domain()) == Status::ok);
}

VirtualAddress variables_directory() noexcept {
    return space.segment->base;
}

Status variables_show(Domain& domain) noexcept {
    if (const Status status = segment_map(*space.segment, domain, 0, space.populated, kRightRead);
        status != Status::ok)
        return status;
    return segment_map(*space.own, domain, kRightRead);
}

Status variable_show(std::uint32_t index, Domain& domain) noexcept {
    if (index >= space.count)
        return Status::out_of_range;
    Private& own = *space.table[index];
    own.readers.add(domain);
    if (own.group == nullptr || segment_seen(*own.group->segment, domain))
        return Status::ok;
    return show_group(*own.group, domain);
}

bool variables_suit(const loader::Image& image, TextWriter& text) noexcept {
    for (const abi::PublishRecord& record : image.publishes()) {
        const std::string_view name = image.text(record.name);
        const std::uint32_t offset = find(name, abi::signature_hash(name.data(), name.size()));
        if (offset == 0 || !space.table[entry_at(offset).index]->published)
            continue;
        text.format("{}: publishes {}, which {} publishes already\n",
                    image.name(),
                    name,
                    publisher_of(entry_at(offset)));
        return false;
    }
    for (const abi::ReadRecord& record : image.reads()) {
        const std::string_view name = image.text(record.name);
        const std::uint32_t offset = find(name, abi::signature_hash(name.data(), name.size()));
        if (offset == 0 || !space.table[entry_at(offset).index]->published)
            continue;
        const Entry& entry = entry_at(offset);
        variables::Misfit misfit{};
        if (variables::fits(image.text(record.schema), schema_of(entry), misfit))
            continue;
        text.format(
            "{}: reads {}, field {} as {}; ", image.name(), name, misfit.field, misfit.wanted);
        if (misfit.provided.empty())
            text.format("{} publishes it without that field\n", publisher_of(entry));
        else
            text.format("{} publishes it as {}\n", publisher_of(entry), misfit.provided);
        return false;
    }
    return true;
}

Status variables_attach(ModuleInstance& instance) noexcept {
    if (const Status status = publish_all(instance); status != Status::ok)
        return status;
    return read_all(instance);
}

void variables_end(ModuleInstance& instance) noexcept {
    for (std::uint32_t index = 0; instance.variables != nullptr && index < space.count; ++index) {
        Private& own = *space.table[index];
        if (own.group != instance.variables || !own.published)
            continue;
        own.published = false;
        entry_of(index).version.set(State::gone);
    }
}

void variables_detach(ModuleInstance& instance) noexcept {
    if (instance.variables == nullptr)
        return;
    variables_end(instance);
    VariableGroup& group = *instance.variables;
    instance.variables = nullptr;
    group.publisher = nullptr;
    if (!segment_seen(*group.segment, *instance.domain))
        return;
    // Others of its domain may read it, right now: it is not taken away from them for a moment.
    bool read = false;
    for (std::uint32_t index = 0; index < space.count && !read; ++index) {
        const Private& own = *space.table[index];
        read = own.group == &group && own.readers.has(instance.domain->id);
    }
    if (!read || instance.domain->ended || show_group(group, *instance.domain) != Status::ok)
        segment_unmap(*group.segment, *instance.domain);
}

void variables_forget(const Domain& domain) noexcept {
    for (std::uint32_t index = 0; index < space.count; ++index)
        space.table[index]->readers.remove(domain);
}

Result<void*> variables_own(const OwnVariable& variable) noexcept {
    VariableGroup* group = space.groups;
    while (group->number != 0)
        group = group->next;
    const std::uint64_t place = space.own_used;
    const std::uint64_t bytes = variables::room_for(variable.kind, variable.bytes);
    if (place + bytes > kOwnBytes)
        return refuse(Status::no_resource);
    const std::uint32_t offset = CW_TRY(find_or_create(variable.name));
    space.own_used += bytes;
    CW_CHECK_OK(go_live(offset,
                        {variable.schema,
                         variable.layout,
                         variable.bytes,
                         static_cast<std::uint32_t>(variable.kind),
                         0},
                        *group,
                        place));
    return segment_view(*space.own, place);
}

} // namespace cw::kernel
