// Service `heaps`: who shares which heap, and what is done when a user of one ends.
#include "caller.hpp"
#include "modules.hpp"
#include <cstring>
#include <cw/core/declare.hpp>
#include <cw/core/service/heaps.hpp>
#include <cw/core/shared_heap.hpp>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/log.hpp>

namespace cw::kernel {

namespace {

constexpr std::uint32_t kMaxHeaps = 64, kMaxAdmitted = 16;

/// A heap that is there. Guarded by kernel_lock.
struct HeapRecord {
    heaps::Name name;
    Segment* segment; ///< Null: this record is free. The nucleus itself sees it too.
    std::uint32_t flags;
    std::uint32_t admitted_count;
    heaps::Name admitted[kMaxAdmitted];
    ModuleInstance* users[SharedHeap::kUsers]; ///< By number; the first is nobody's.

    [[nodiscard]] std::uint32_t user_count() const noexcept {
        std::uint32_t count = 0;
        for (const ModuleInstance* user : users)
            count += user != nullptr ? 1 : 0;
        return count;
    }
    /// Number of a user; 0: it is none.
    [[nodiscard]] std::uint32_t number_of(const ModuleInstance& module) const noexcept {
        for (std::uint32_t number = 1; number < SharedHeap::kUsers; ++number) {
            if (users[number] == &module)
                return number;
        }
        return 0;
    }
    [[nodiscard]] bool has_user_in(const Domain& domain) const noexcept {
        for (const ModuleInstance* user : users) {
            if (user != nullptr && user->domain == &domain)
                return true;
        }
        return false;
    }
};

Pool<HeapRecord> pool{"heaps.records"};
AllocationSite heap_segments{"heaps.segments"};
HeapRecord* records[kMaxHeaps];

std::string_view text_of(const heaps::Name& name) noexcept {
    const std::string_view all{name.data(), name.size()};
    return all.substr(0, all.find('\0'));
}

bool is_name(std::string_view name) noexcept {
    for (const char c : name) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '.' && c != '/')
            return false;
    }
    return !name.empty();
}

/// A name that a caller gave, for the log.
std::string_view shown(const heaps::Name& name) noexcept {
    return is_name(text_of(name)) ? text_of(name) : "(no name)";
}

/// The place of a heap of this name, or of none; null: there is no such.
HeapRecord** find(std::string_view name) noexcept {
    for (HeapRecord*& record : records) {
        if (record == nullptr ? name.empty() : text_of(record->name) == name)
            return &record;
    }
    return nullptr;
}
/// The same for names of callers, which may be none at all.
HeapRecord** find_named(const heaps::Name& name) noexcept {
    return is_name(text_of(name)) ? find(text_of(name)) : nullptr;
}

bool may_join(const HeapRecord& record, const ModuleInstance& module) noexcept {
    if ((record.flags & heaps::kAnybody) != 0)
        return true;
    for (std::uint32_t i = 0; i < record.admitted_count; ++i) {
        if (text_of(record.admitted[i]) == module.image->name())
            return true;
    }
    return false;
}
Status
not_admitted(const char* method, const HeapRecord& record, const ModuleInstance& module) noexcept {
    log::line("{}: not permitted: {} is not admitted to the heap {}",
              method,
              module.image->name(),
              text_of(record.name));
    return Status::not_permitted;
}

Status show(HeapRecord& record, Domain& domain) noexcept {
    if (segment_seen(*record.segment, domain))
        return Status::ok;
    const Status status = segment_map(*record.segment, domain, kRightRead | kRightWrite);
    if (status != Status::ok)
        segment_unmap(*record.segment, domain);
    return status;
}

Result<heaps::Opened> add_user(HeapRecord& record, ModuleInstance& module) noexcept {
    for (std::uint32_t number = 1; number < SharedHeap::kUsers; ++number) {
        if (record.users[number] != nullptr)
            continue;
        CW_CHECK_OK(show(record, *module.domain));
        record.users[number] = &module;
        return heaps::Opened{record.segment->base, record.segment->bytes, number};
    }
    return refuse(Status::no_resource);
}

void discard(HeapRecord*& record) noexcept {
    segment_withdraw(*record->segment);
    pool.release(record);
    record = nullptr;
}

/// Untrusted: the heap, in which whoever was a user may have left anything; recover() looks at each
/// chunk once, and at nothing else.
void remove_user(HeapRecord*& record, std::uint32_t number) noexcept {
    Domain& domain = *record->users[number]->domain;
    enter_own_view(); // there the heap is seen, whichever thread ends somebody
    SharedHeap::recover(
        reinterpret_cast<void*>(record->segment->base), record->segment->bytes, number);
    record->users[number] = nullptr;
    if (record->user_count() == 0 && (record->flags & heaps::kKeep) == 0)
        discard(record);
    else if (!domain.is_kernel() && !domain.ended && !record->has_user_in(domain))
        segment_unmap(*record->segment, domain); // an ended domain's view goes with it
}

Result<heaps::Opened> create(heaps::Creation wanted) noexcept {
    const Locked hold{kernel_lock};
    ModuleInstance* const module = calling_module();
    if (module == nullptr)
        return refuse(Status::peer_died);
    if (!is_name(text_of(wanted.name)) || wanted.bytes < heap::kLeastBytes ||
        wanted.bytes > heaps::kMostBytes || wanted.flags > (heaps::kKeep | heaps::kAnybody) ||
        wanted.reserved != 0)
        return refuse(Status::invalid_argument);
    if (find(text_of(wanted.name)) != nullptr)
        return refuse(Status::already_exists);
    HeapRecord** const place = find({});
    if (place == nullptr)
        return refuse(Status::no_resource);
    if (!leaves_enough(wanted.bytes))
        return refuse(Status::no_memory);
    HeapRecord* const record = pool.allocate();
    if (record == nullptr)
        return refuse(Status::no_memory);
    const auto segment =
        segment_create(kernel_domain(), wanted.bytes, Backing::pages, heap_segments);
    if (!segment) {
        pool.release(record);
        return refuse(segment.error());
    }
    record->name = wanted.name;
    record->flags = wanted.flags;
    record->segment = *segment;
    *place = record;
    const auto build = [&]() -> Result<heaps::Opened> {
        CW_CHECK_OK(show(*record, kernel_domain()));
        CW_CHECK_OK(SharedHeap::initialise(reinterpret_cast<void*>(record->segment->base),
                                           record->segment->bytes));
        return add_user(*record, *module);
    };
    const auto built = build();
    if (!built)
        discard(*place);
    return built;
}
CW_PROVIDE(heaps::create, create, abi::kMethodQueuedOnly);

Result<Nothing> admit(heaps::Admission admission) noexcept {
    const Locked hold{kernel_lock};
    const ModuleInstance* const module = calling_module();
    if (module == nullptr)
        return refuse(Status::peer_died);
    HeapRecord** const place = find_named(admission.heap);
    if (place == nullptr)
        return refuse(Status::not_found);
    HeapRecord& record = **place;
    if (record.number_of(*module) == 0)
        return refuse(not_admitted("heaps.admit", record, *module));
    if (record.admitted_count == kMaxAdmitted)
        return refuse(Status::no_resource);
    record.admitted[record.admitted_count++] = admission.module;
    return Nothing{};
}
CW_PROVIDE(heaps::admit, admit, abi::kMethodQueuedOnly);

Result<heaps::Opened> join(heaps::Which which) noexcept {
    const Locked hold{kernel_lock};
    ModuleInstance* const module = calling_module();
    if (module == nullptr)
        return refuse(Status::peer_died);
    HeapRecord** const place = find_named(which.name);
    if (place == nullptr)
        return refuse(Status::not_found);
    if ((*place)->number_of(*module) != 0)
        return refuse(Status::already_exists);
    if (!may_join(**place, *module))
        return refuse(not_admitted("heaps.join", **place, *module));
    return add_user(**place, *module);
}
CW_PROVIDE(heaps::join, join, abi::kMethodQueuedOnly);

/// Why a module cannot have the types of another; ok: it can. `why` goes into the log.
Status may_borrow(const HeapRecord& record,
                  const ModuleInstance& module,
                  const ModuleInstance& lender,
                  const char*& why) noexcept {
    if (record.number_of(module) == 0) {
        why = "it is no user of the heap";
        return Status::not_permitted;
    }
    if (record.number_of(lender) == 0) {
        why = "that is no user of the heap";
        return Status::not_permitted;
    }
    if (module.domain->is_kernel() && !lender.domain->is_kernel()) {
        why = "the kernel would run code of a user module";
        return Status::not_permitted;
    }
    if (lender.image->constant_bytes() == 0) {
        why = "its file does not keep tables of virtual functions apart from what is written to";
        return Status::unsupported;
    }
    return Status::ok;
}

Result<Nothing> borrow_types(heaps::Borrowing wanted) noexcept {
    const Locked hold{kernel_lock};
    ModuleInstance* const module = calling_module();
    if (module == nullptr)
        return refuse(Status::peer_died);
    HeapRecord** const place = find_named(wanted.heap);
    ModuleInstance* const lender = module_by_name(text_of(wanted.module));
    if (place == nullptr || lender == nullptr || lender->removing) {
        log::line("heaps.borrow_types: not_found: {} cannot have types of {} in the heap {}: there "
                  "is no such {}",
                  module->image->name(),
                  shown(wanted.module),
                  shown(wanted.heap),
                  place == nullptr ? "heap" : "module");
        return refuse(Status::not_found);
    }
    const char* why = nullptr;
    if (const Status status = may_borrow(**place, *module, *lender, why); status != Status::ok) {
        log::line("heaps.borrow_types: {}: {} cannot have types of {} in the heap {}: {}",
                  name_of(status),
                  module->image->name(),
                  lender->image->name(),
                  text_of((*place)->name),
                  why);
        return refuse(status);
    }
    if (lender != module)
        CW_CHECK_OK(types_borrow(*module, *lender));
    return Nothing{};
}
CW_PROVIDE(heaps::borrow_types, borrow_types, abi::kMethodQueuedOnly);

Result<Nothing> leave(heaps::Which which) noexcept {
    const Locked hold{kernel_lock};
    const ModuleInstance* const module = calling_module();
    if (module == nullptr)
        return refuse(Status::peer_died);
    HeapRecord** const place = find_named(which.name);
    const std::uint32_t number = place == nullptr ? 0 : (*place)->number_of(*module);
    if (number == 0)
        return refuse(Status::not_found);
    remove_user(*place, number);
    return Nothing{};
}
CW_PROVIDE(heaps::leave, leave, abi::kMethodQueuedOnly);

Result<Nothing> remove(heaps::Which which) noexcept {
    const Locked hold{kernel_lock};
    const ModuleInstance* const module = calling_module();
    if (module == nullptr)
        return refuse(Status::peer_died);
    HeapRecord** const place = find_named(which.name);
    if (place == nullptr)
        return refuse(Status::not_found);
    if (!may_join(**place, *module))
        return refuse(not_admitted("heaps.remove", **place, *module));
    if ((*place)->user_count() != 0)
        return refuse(Status::busy);
    discard(*place);
    return Nothing{};
}
CW_PROVIDE(heaps::remove, remove, abi::kMethodQueuedOnly);

} // namespace

void heaps_detach(const ModuleInstance& instance) noexcept {
    for (HeapRecord*& record : records) {
        const std::uint32_t number = record == nullptr ? 0 : record->number_of(instance);
        if (number != 0)
            remove_user(record, number);
    }
}

} // namespace cw::kernel
