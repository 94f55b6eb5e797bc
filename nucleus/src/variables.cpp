// Groups: the values of publishers, and who may see them.
#include <cw/nucleus/variables.hpp>

#include "directory.hpp"
#include "modules.hpp"
#include "samples.hpp"
#include <algorithm>
#include <cstring>
#include <cw/core/variables/schema.hpp>
#include <cw/nucleus/panic.hpp>
#include <cw/nucleus/pool.hpp>

namespace cw::kernel {

using directory::Description;
using directory::Private;
using variables::Entry;
using variables::is_confined;

namespace {

constexpr std::uint64_t kOwnBytes = 12 * kPage;      ///< Of the group of the nucleus.
constexpr std::uint64_t kDeclaredBytes = 16 * kPage; ///< Of one with what was declared at run time.

Pool<VariableGroup> pool{"variables.groups"};
AllocationSite value_segments{"variables.values"};
VariableGroup* all_groups;
std::uint32_t group_count;
VariableGroup* own_group;

/// What a domain may do with a group's values.
Status show_group(const VariableGroup& group, Domain& domain) noexcept {
    const bool writes = group.publisher != nullptr && group.publisher->domain == &domain;
    return segment_map(
        *group.segment, domain, writes ? kRightRead | kRightWrite : std::uint64_t{kRightRead});
}

/// Who reads a variable by its name already is to see its value before it is told of it.
Status show_readers(const VariableGroup& group, const Private& own) noexcept {
    for (std::uint32_t id = 0; id < kMaxDomains; ++id) {
        Domain* reader = own.read_by(id) ? domain_by_id(id) : nullptr;
        if (reader == nullptr || segment_seen(*group.segment, *reader))
            continue;
        if (const Status status = show_group(group, *reader); status != Status::ok)
            return status;
    }
    return Status::ok;
}

std::uint64_t fingerprint_of(const loader::Image& image, bool confined) noexcept {
    std::uint64_t hash = image.publishes().size();
    for (const abi::PublishRecord& record : image.publishes()) {
        const std::string_view name = image.text(record.name);
        if (is_confined(name) != confined)
            continue;
        hash = (hash ^ abi::signature_hash(name.data(), name.size())) * 0x0000'0100'0000'01b3;
        hash = (hash ^ record.layout ^ record.form) * 0x0000'0100'0000'01b3;
    }
    return hash | 1; // 0 stands for none
}

/// Modules that have published, by name: what is stored in the directory stays.
struct KnownModule {
    std::uint32_t name; ///< Offset in the directory.
    std::uint32_t name_bytes;
    KnownModule* next;
};
Pool<KnownModule> known_modules{"variables.publishers"};
KnownModule* all_known;

Result<const KnownModule*> known_module(std::string_view name) noexcept {
    for (const KnownModule* known = all_known; known != nullptr; known = known->next) {
        if (directory::text_at(known->name, known->name_bytes) == name)
            return known;
    }
    KnownModule* known = known_modules.allocate();
    if (known == nullptr)
        return refuse(Status::no_memory);
    const auto text = directory::store_text(name);
    if (!text) {
        known_modules.release(known);
        return refuse(text.error());
    }
    *known = {*text, static_cast<std::uint32_t>(name.size()), all_known};
    all_known = known;
    return known;
}

Result<VariableGroup*> make_group(std::string_view module,
                                  std::uint64_t fingerprint,
                                  bool confined,
                                  std::uint64_t bytes) noexcept {
    VariableGroup* group = pool.allocate();
    if (group == nullptr)
        return refuse(Status::no_memory);
    const auto known = known_module(module);
    const auto segment =
        known ? segment_create(kernel_domain(), bytes, Backing::contiguous, value_segments)
              : Result<Segment*>{refuse(known.error())};
    if (!segment) {
        pool.release(group);
        return refuse(segment.error());
    }
    group->segment = *segment;
    group->fingerprint = fingerprint;
    group->confined = confined;
    group->number = group_count++;
    group->name = (*known)->name;
    group->name_bytes = (*known)->name_bytes;
    group->next = all_groups;
    all_groups = group;
    return group;
}

bool is_of(const VariableGroup& group, std::string_view module) noexcept {
    return &group != own_group && directory::text_at(group.name, group.name_bytes) == module;
}

/// A group of this kind that a module of this name has left, and somebody reads; null: there is
/// none.
VariableGroup* left_by(std::string_view module, std::uint64_t fingerprint, bool confined) noexcept {
    for (VariableGroup* group = all_groups; group != nullptr; group = group->next) {
        if (group->publisher == nullptr && group->fingerprint == fingerprint &&
            group->confined == confined && is_of(*group, module))
            return group;
    }
    return nullptr;
}

Result<VariableGroup*> group_for(const loader::Image& image, bool confined) noexcept {
    const std::uint64_t fingerprint = fingerprint_of(image, confined);
    std::uint64_t bytes = 0;
    for (const abi::PublishRecord& record : image.publishes()) {
        if (is_confined(image.text(record.name)) == confined)
            bytes += variables::room_for(record.form, record.bytes);
    }
    VariableGroup* left = left_by(image.name(), fingerprint, confined);
    if (left != nullptr && bytes <= left->segment->bytes) // fingerprints can be made to agree
        return left;
    return make_group(image.name(), fingerprint, confined, bytes);
}

Status adopt(VariableGroup& group, ModuleInstance& instance) noexcept {
    group.publisher = &instance;
    return show_group(group, *instance.domain);
}

/// What confined variables and others have in common: those of each are a group.
Status publish_all(ModuleInstance& instance, bool confined) noexcept {
    const loader::Image& image = *instance.image;
    if (std::none_of(image.publishes().begin(), image.publishes().end(), [&](const auto& record) {
            return is_confined(image.text(record.name)) == confined;
        }))
        return Status::ok;
    const auto found = group_for(image, confined);
    if (!found)
        return found.error();
    VariableGroup& group = **found;
    if (const Status status = adopt(group, instance); status != Status::ok)
        return status;
    std::uint64_t place = 0;
    for (const abi::PublishRecord& record : image.publishes()) {
        if (is_confined(image.text(record.name)) != confined)
            continue;
        const auto offset = directory::find_or_create(image.text(record.name));
        if (!offset)
            return offset.error();
        const Private& own = directory::private_of(directory::entry_at(*offset).index);
        if (const Status status = show_readers(group, own); status != Status::ok)
            return status;
        const std::uint64_t address = group.segment->base + place;
        std::memcpy(image_view(instance, record.slot), &address, sizeof(address));
        const Description what{
            image.text(record.schema), record.layout, record.bytes, record.form, record.lease_ms};
        if (const Status status = directory::go_live(*offset, what, group, place);
            status != Status::ok)
            return status;
        place += variables::room_for(record.form, record.bytes);
    }
    group.used = place;
    return Status::ok;
}

Status read_all(ModuleInstance& instance) noexcept {
    const loader::Image& image = *instance.image;
    for (const abi::ReadRecord& record : image.reads()) {
        const auto offset = directory::find_or_create(image.text(record.name));
        if (!offset)
            return offset.error();
        const std::uint32_t index = directory::entry_at(*offset).index;
        if (const Status status = variable_show(index, *instance.domain); status != Status::ok)
            return status;
        if (const Status status = directory::link(index, instance, record); status != Status::ok)
            return status;
    }
    return Status::ok;
}

bool publishes(const loader::Image& image, std::string_view name) noexcept {
    return std::any_of(image.publishes().begin(), image.publishes().end(), [&](const auto& record) {
        return image.text(record.name) == name;
    });
}

/// The entry of this name, if somebody publishes it.
const Entry* published(std::string_view name) noexcept {
    const std::uint32_t offset = directory::find(name);
    if (offset == 0)
        return nullptr;
    const Entry& entry = directory::entry_at(offset);
    return directory::private_of(entry.index).published ? &entry : nullptr;
}

/// Others of the domain may read the group, right now.
bool read_in(const VariableGroup& group, const Domain& domain) noexcept {
    for (std::uint32_t index = 0; index < directory::count(); ++index) {
        const Private& own = directory::private_of(index);
        if (own.group == &group && own.read_by(domain.id))
            return true;
    }
    return false;
}

/// Nobody sees it any more: it goes, and its values.
void free_group(VariableGroup& group) noexcept {
    for (std::uint32_t index = 0; index < directory::count(); ++index) {
        if (directory::private_of(index).group == &group)
            directory::forget_value(index);
    }
    segment_release(*group.segment);
    VariableGroup** link = &all_groups;
    while (*link != &group)
        link = &(*link)->next;
    *link = group.next;
    pool.release(&group);
}

void detach(VariableGroup& group, Domain& domain) noexcept {
    group.publisher = nullptr;
    if (segment_seen(*group.segment, domain)) {
        // It is not taken away from readers for a moment.
        const bool kept =
            !domain.ended && read_in(group, domain) && show_group(group, domain) == Status::ok;
        if (!kept)
            segment_unmap(*group.segment, domain);
    }
    if (group.segment->mappings == 0)
        free_group(group);
}

/// A group with room for what a module declares.
Result<VariableGroup*>
room_to_declare(ModuleInstance& instance, bool confined, std::uint64_t bytes) noexcept {
    while (VariableGroup* left = left_by(instance.image->name(), 0, confined))
        CW_CHECK_OK(adopt(*left, instance));
    for (VariableGroup* group = all_groups; group != nullptr; group = group->next) {
        if (group->publisher == &instance && group->fingerprint == 0 &&
            group->confined == confined && group->used + bytes <= group->segment->bytes)
            return group;
    }
    if (!leaves_enough(kDeclaredBytes))
        return refuse(Status::no_memory);
    VariableGroup* fresh = CW_TRY(make_group(instance.image->name(), 0, confined, kDeclaredBytes));
    CW_CHECK_OK(adopt(*fresh, instance));
    return fresh;
}

} // namespace

void variables_initialise() noexcept {
    directory::initialise();
    const auto own = make_group("kernel", 0, false, kOwnBytes);
    CW_ASSERT(own.has_value());
    own_group = *own;
    CW_ASSERT(variables_show(kernel_domain()) == Status::ok);
}

VirtualAddress variables_directory() noexcept {
    return directory::base();
}

Status variables_show(Domain& domain) noexcept {
    if (const Status status = directory::show(domain); status != Status::ok)
        return status;
    return segment_map(*own_group->segment, domain, kRightRead);
}

bool variable_may_be_seen(std::string_view name, const Observer& observer) noexcept {
    if (!is_confined(name) || (observer.grants & kGrantObserve) != 0)
        return true;
    if (observer.domain == nullptr)
        return false;
    const std::uint32_t offset = directory::find(name);
    const VariableGroup* group =
        offset == 0 ? nullptr : directory::private_of(directory::entry_at(offset).index).group;
    return observer.domain->is_kernel() || (group != nullptr && group->publisher != nullptr &&
                                            group->publisher->domain == observer.domain);
}

Status variable_show(std::uint32_t index, Domain& domain) noexcept {
    if (index >= directory::count())
        return Status::out_of_range;
    if (!variable_may_be_seen(directory::name_of(directory::entry_of(index)), domain))
        return Status::not_permitted;
    Private& own = directory::private_of(index);
    own.add_reader(domain);
    if (own.group == own_group)
        sample_read(index);
    if (own.group == nullptr || segment_seen(*own.group->segment, domain))
        return Status::ok;
    return show_group(*own.group, domain);
}

bool variables_suit(const loader::Image& image,
                    const Observer& observer,
                    TextWriter& text) noexcept {
    for (const abi::PublishRecord& record : image.publishes()) {
        const std::string_view name = image.text(record.name);
        if (const Entry* entry = published(name)) {
            text.format("{}: publishes {}, which {} publishes already\n",
                        image.name(),
                        name,
                        directory::publisher_of(*entry));
            return false;
        }
    }
    for (const abi::ReadRecord& record : image.reads()) {
        const std::string_view name = image.text(record.name);
        if (!publishes(image, name) && !variable_may_be_seen(name, observer)) {
            text.format("{}: reads {}: its domain has no grant \"observe\"\n", image.name(), name);
            return false;
        }
        const Entry* entry = published(name);
        variables::Misfit misfit{};
        if (entry == nullptr ||
            variables::fits(image.text(record.schema), directory::schema_of(*entry), misfit))
            continue;
        const std::string_view publisher = directory::publisher_of(*entry);
        text.format(
            "{}: reads {}, field {} as {}; ", image.name(), name, misfit.field, misfit.wanted);
        if (misfit.provided.empty())
            text.format("{} publishes it without that field\n", publisher);
        else
            text.format("{} publishes it as {}\n", publisher, misfit.provided);
        return false;
    }
    return true;
}

Status variables_attach(ModuleInstance& instance) noexcept {
    for (const bool confined : {false, true}) {
        if (const Status status = publish_all(instance, confined); status != Status::ok)
            return status;
    }
    return read_all(instance);
}

Result<variables::Declared> variable_declare(ModuleInstance& instance,
                                             std::string_view name,
                                             const Description& what) noexcept {
    const std::uint32_t offset = CW_TRY(directory::find_or_create(name));
    Entry& entry = directory::entry_at(offset);
    Private& own = directory::private_of(entry.index);
    if (own.published)
        return refuse(Status::already_exists);
    const std::uint64_t bytes = variables::room_for(what.form, what.bytes);
    VariableGroup* group = CW_TRY(room_to_declare(instance, is_confined(name), bytes));
    std::uint64_t place = group->used;
    if (own.group != nullptr && own.group->publisher == &instance && own.group->fingerprint == 0 &&
        entry.layout.load(Order::relaxed) == what.layout) { // as a former module of this name did
        group = own.group;
        place = entry.offset.load(Order::relaxed);
    } else {
        group->used += bytes;
    }
    CW_CHECK_OK(show_readers(*group, own));
    CW_CHECK_OK(directory::go_live(offset, what, *group, place));
    return variables::Declared{group->segment->base + place, entry.index};
}

Status variable_switch(std::uint32_t index, bool on) noexcept {
    if (index >= directory::count())
        return Status::out_of_range;
    directory::private_of(index).off = !on;
    directory::refresh(index);
    return Status::ok;
}

void variables_end(ModuleInstance& instance) noexcept {
    for (std::uint32_t index = 0; index < directory::count(); ++index) {
        Private& own = directory::private_of(index);
        if (!own.published || own.group->publisher != &instance)
            continue;
        own.published = false;
        directory::refresh(index);
    }
}

void variables_detach(ModuleInstance& instance) noexcept {
    variables_end(instance);
    directory::unlink(instance);
    for (VariableGroup* group = all_groups; group != nullptr;) {
        VariableGroup* next = group->next;
        if (group->publisher == &instance)
            detach(*group, *instance.domain);
        group = next;
    }
}

void variables_forget(const Domain& domain) noexcept {
    for (std::uint32_t index = 0; index < directory::count(); ++index)
        directory::private_of(index).remove_reader(domain);
    for (VariableGroup* group = all_groups; group != nullptr;) {
        VariableGroup* next = group->next;
        if (group->publisher == nullptr && group != own_group && group->segment->mappings == 0)
            free_group(*group); // it was the last one to see it
        group = next;
    }
}

Result<void*> variables_own(const OwnVariable& variable) noexcept {
    const std::uint64_t place = own_group->used;
    const std::uint64_t bytes = variables::room_for(variable.form, variable.bytes);
    if (place + bytes > kOwnBytes)
        return refuse(Status::no_resource);
    const std::uint32_t offset = CW_TRY(directory::find_or_create(variable.name));
    own_group->used += bytes;
    const Description what{variable.schema, variable.layout, variable.bytes, variable.form, 0};
    CW_CHECK_OK(directory::go_live(offset, what, *own_group, place));
    return segment_view(*own_group->segment, place);
}

} // namespace cw::kernel
