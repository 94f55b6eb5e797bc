#include "modules.hpp"
#include <cstring>
#include <cw/abi/channel.hpp>
#include <cw/core/runtime_ops.hpp>
#include <cw/nucleus/cells.hpp>
#include <cw/nucleus/domain.hpp>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/host_offset.hpp>
#include <cw/nucleus/modules.hpp>
#include <cw/nucleus/panic.hpp>
#include <cw/nucleus/pool.hpp>
#include <cw/nucleus/trace.hpp>
#include <cw/nucleus/variables.hpp>
#include <cw/nucleus/vdso.hpp>
#include <iterator>

namespace cw::kernel {

Lock kernel_lock;

namespace {

constexpr std::uint64_t kDefaultUserStack = 64 * 1024;
constexpr std::uint64_t kStackReserve = 8 * 1024; ///< What a call needs that is queued instead.

// Layout of the kernel-written segment.
constexpr std::uint64_t kStartOffset = 0;
constexpr std::uint64_t kOpsOffset = 512;
constexpr std::uint64_t kInterruptsOffset = 1024;
constexpr std::uint64_t kControlOffset = kPage; // index page, then the entries
constexpr std::uint64_t kKernelWrittenBytes = kControlOffset + kPage + kPage;
// Layout of the executor's own segment.
constexpr std::uint64_t kControlPageOffset = 0;
constexpr std::uint64_t kEdgesOffset = kExecutorOffset + round_up(sizeof(Executor), kPage);
constexpr std::uint64_t kDeadlinesOffset = kEdgesOffset + kMaxEdges * sizeof(Edge);
constexpr std::uint64_t kMaxDeadlines =
    kMaxExecutorModules * kModulePendings +
    abi::kMaxEnds * kPoolPendings; ///< Every Pending there can be.
constexpr std::uint64_t kRunBytes = kDeadlinesOffset + kMaxDeadlines * sizeof(Pending*);

static_assert(kInterruptsOffset + kMaxExecutorInterrupts * sizeof(std::uint64_t) <= kHostOffset &&
              sizeof(RuntimeOps) <= kInterruptsOffset - kOpsOffset &&
              sizeof(IndexPage) <= kHostOffset);

Domain domains[kMaxDomains];
Pool<ExecutorRecord> executors{"executors.records"};
AllocationSite control_segments{"executors.control"};
AllocationSite run_segments{"executors.memory"};
AllocationSite user_stacks{"domains.stacks"};
ExecutorRecord* executor_list;
EndedExecutors ended;

/// Takes an executor out of the list and frees its memory. Requires: its thread is gone, or never
/// was.
void record_destroy(ExecutorRecord& record) noexcept {
    for (ExecutorRecord** link = &executor_list; *link != nullptr; link = &(*link)->next) {
        if (*link == &record) {
            *link = record.next;
            break;
        }
    }
    trace_executor_gone(record);
    if (record.view != nullptr) { // its last word
        ended.counts.add(seen(record.view->statistics));
        ++ended.count;
    }
    Segment* const segments[] = {record.kernel_written, record.run};
    segments_withdraw(segments);
    segments_withdraw(record.pools);
    executor_tables_release(record);
    executors.release(&record);
}

/// Memory and tables that every executor has. What is there when it fails is in `record`, to be
/// freed.
Result<Nothing> record_fill(ExecutorRecord* record, Domain& domain) noexcept {
    record->domain = &domain;
    CW_CHECK_OK(executor_tables(*record));
    record->kernel_written =
        CW_TRY(segment_create(domain, kKernelWrittenBytes, Backing::contiguous, control_segments));
    CW_CHECK_OK(
        segment_map(*record->kernel_written,
                    domain,
                    domain.is_kernel() ? kRightRead | kRightWrite : std::uint64_t{kRightRead}));
    record->run = CW_TRY(segment_create(domain, kRunBytes, Backing::contiguous, run_segments));
    CW_CHECK_OK(segment_map(*record->run, domain, kRightRead | kRightWrite));

    const VirtualAddress kernel_base = record->kernel_written->base;
    const VirtualAddress run_base = record->run->base;
    record->executor = reinterpret_cast<Executor*>(run_base + kExecutorOffset);
    record->view = segment_view_as<Executor>(*record->run, kExecutorOffset);
    record->edges_view = segment_view_as<Edge>(*record->run, kEdgesOffset);
    record->edges_base = run_base + kEdgesOffset;
    auto* control_page = segment_view_as<IndexPage>(*record->kernel_written, kControlOffset);
    auto* their_page = segment_view_as<IndexPage>(*record->run, kControlPageOffset);
    for (IndexPage* page : {control_page, their_page}) {
        page->producer.tail.store(abi::kFirstIndex, Order::relaxed);
        page->producer.space_event.store(abi::kFirstIndex, Order::relaxed);
        page->consumer.head.store(abi::kFirstIndex, Order::relaxed);
        page->consumer.data_event.store(abi::kFirstIndex, Order::relaxed);
    }
    record->control = {
        &control_page->producer, &their_page->consumer, abi::kControlSlots, abi::kFirstIndex};
    record->control_entries =
        segment_view_as<abi::ControlEntry>(*record->kernel_written, kControlOffset + kPage);

    auto* start = segment_view_as<abi::StartBlock>(*record->kernel_written, kStartOffset);
    *start = {.magic = abi::kStartMagic,
              .run_base = run_base,
              .run_bytes = kRunBytes,
              .control = kernel_base + kControlOffset,
              .report_grant = 0,
              .ops = kernel_base + kOpsOffset,
              .ticks_per_second = ticks_per_second(),
              .domain = domain.id};
    auto* ops = segment_view_as<RuntimeOps>(*record->kernel_written, kOpsOffset);
    *ops = domain.is_kernel() ? runtime_ops() : vdso().ops;
    ops->ticks_per_second = ticks_per_second();
    ops->variables = variables_directory();
    record->view->control_page = reinterpret_cast<IndexPage*>(run_base + kControlPageOffset);
    record->view->deadlines = reinterpret_cast<Pending**>(run_base + kDeadlinesOffset);
    record->view->interrupt_counts =
        reinterpret_cast<const Atomic<std::uint64_t>*>(kernel_base + kInterruptsOffset);
    record->view->deadline_capacity = kMaxDeadlines;
    if (domain.is_kernel())
        record->view->host = record;
    record->next = executor_list;
    executor_list = record;
    return Nothing{};
}

Result<ExecutorRecord*> record_create(Domain& domain) noexcept {
    ExecutorRecord* record = executors.allocate();
    if (record == nullptr)
        return refuse(Status::no_memory);
    if (const auto filled = record_fill(record, domain); !filled) {
        record_destroy(*record);
        return refuse(filled.error());
    }
    return record;
}

} // namespace

void copy_name(char (&into)[32], std::string_view name) noexcept {
    const std::size_t length = name.size() < sizeof(into) - 1 ? name.size() : sizeof(into) - 1;
    std::memcpy(into, name.data(), length);
    into[length] = '\0';
}

Domain& kernel_domain() noexcept {
    return domains[0];
}

Domain* domain_by_id(std::uint32_t id) noexcept {
    return id < kMaxDomains && domains[id].used && !domains[id].ended ? &domains[id] : nullptr;
}

Domain* domain_by_name(std::string_view name) noexcept {
    for (Domain& domain : domains) {
        if (domain.used && !domain.ended && name == domain.name)
            return &domain;
    }
    return nullptr;
}

void executor_thread_gone(ExecutorRecord& record) noexcept {
    if (record.domain->is_kernel())
        record_destroy(record);
    else
        domain_finish(*record.domain);
}

void executor_discard(ExecutorRecord& record) noexcept {
    Thread& thread = *record.thread;
    for (ExecutorRecord* other = executor_list; other != nullptr; other = other->next)
        executor_forget(*other, thread);
    interrupts_release(thread);
    if (record.domain->is_kernel())
        record_destroy(record);
    else
        domain_destroy(*record.domain);
    thread_discard(thread);
}

Result<Domain*> domain_create(std::string_view name,
                              std::uint32_t grants,
                              std::uint32_t stack_bytes,
                              std::uint32_t hart,
                              std::span<const loader::Image* const> first) noexcept {
    Domain* domain = nullptr;
    for (std::uint32_t id = 1; id < kMaxDomains && domain == nullptr; ++id) {
        if (!domains[id].used) {
            domain = &domains[id];
            std::memset(static_cast<void*>(domain), 0, sizeof(*domain));
            domain->id = id;
        }
    }
    if (domain == nullptr)
        return refuse(Status::no_resource);
    CW_CHECK_OK(space_create(*domain));
    domain->used = true; // from here on its segments can be withdrawn
    domain->grants = grants;
    copy_name(domain->name, name);
    const auto build = [&]() -> Result<ExecutorRecord*> {
        CW_CHECK_OK(segment_map(*vdso().segment, *domain, kRightRead | kRightExecute));
        CW_CHECK_OK(variables_show(*domain));
        ExecutorRecord* record = CW_TRY(record_create(*domain));
        domain->executor = record;
        copy_name(record->name, name);
        Segment* stack = CW_TRY(segment_create(*domain,
                                               stack_bytes == 0 ? kDefaultUserStack : stack_bytes,
                                               Backing::pages,
                                               user_stacks));
        CW_CHECK_OK(segment_map(*stack, *domain, kRightRead | kRightWrite));
        record->view->context.executor = record->executor;
        record->view->context.stack_limit = stack->base + kStackReserve;
        for (const loader::Image* image : first)
            CW_CHECK_OK(space_equip(*domain, *image));
        record->thread = CW_TRY(thread_create(*record, name, stack, hart));
        return record;
    };
    const auto record = build();
    if (!record) {
        domain_destroy(*domain);
        return refuse(record.error());
    }
    // Grant 0 is the executor's report to the kernel.
    CallGrant& report = (*record)->calls[(*record)->call_count++];
    report.slot.function = report_entry();
    calls_published(**record);
    trace_equip(**record);
    return domain;
}

Result<ExecutorRecord*> kernel_executor_create(std::string_view name, std::uint32_t hart) noexcept {
    ExecutorRecord* record = CW_TRY(record_create(kernel_domain()));
    const auto thread = thread_create(*record, name, nullptr, hart);
    if (!thread) {
        record_destroy(*record);
        return refuse(thread.error());
    }
    record->thread = *thread;
    copy_name(record->name, name);
    trace_equip(*record);
    return record;
}

Atomic<std::uint64_t>* interrupt_word(ExecutorRecord& record, std::uint32_t index) noexcept {
    return segment_view_as<Atomic<std::uint64_t>>(*record.kernel_written, kInterruptsOffset) +
           index;
}

void executor_pump(ExecutorRecord& record) noexcept {
    std::uint32_t sent = 0;
    // Untrusted: where the domain says it is in the ring.
    if (record.waiting_count != 0 && record.control.free_slots() == 0 && record.control.faulted()) {
        executor_condemn(record, "it broke the contract of its control ring");
        return;
    }
    while (sent < record.waiting_count && record.control.free_slots() != 0) {
        record.control_entries[record.control.slot()] = record.waiting[sent++];
        record.control.publish();
    }
    if (sent == 0)
        return;
    record.waiting_count -= sent;
    std::memmove(
        record.waiting, record.waiting + sent, record.waiting_count * sizeof(abi::ControlEntry));
    if (record.control.flush())
        thread_wake(*record.thread);
}

bool executor_listens(const ExecutorRecord& record, std::uint32_t entries) noexcept {
    return std::size(record.waiting) - record.waiting_count >= entries;
}

void executor_tell(ExecutorRecord& record, const abi::ControlEntry& entry) noexcept {
    if (!executor_listens(record, 1)) {
        executor_condemn(record, "it takes nothing that the kernel tells it");
        return;
    }
    record.waiting[record.waiting_count++] = entry;
    executor_pump(record);
}

void executor_condemn(ExecutorRecord& record, const char* cause) noexcept {
    if (record.domain->is_kernel() || record.domain->ended || record.condemned != nullptr)
        return;
    record.condemned = cause;
    thread_condemn(*record.thread);
}

const EndedExecutors& ended_executors() noexcept {
    return ended;
}

ExecutorRecord* all_executors() noexcept {
    return executor_list;
}

void kernel_executor_retire(ExecutorRecord& record) noexcept {
    record.retired.store(true, Order::release);
    interrupts_release(*record.thread);
    for (ExecutorRecord* other = executor_list; other != nullptr; other = other->next)
        executor_forget(*other, *record.thread);
    thread_wake(*record.thread); // it ends itself in platform::wait()
}

void domain_destroy(Domain& domain) noexcept {
    space_rests(domain); // or never ran
    if (domain.executor != nullptr)
        record_destroy(*domain.executor);
    segments_release_all(domain);
    if (domain.areas != nullptr)
        area_list_drop(*domain.areas);
    forget_domain(domain);
    variables_forget(domain);
    cells_forget(domain);
    space_destroy(domain);
    domain.used = false;
}

void domains_initialise() noexcept {
    Domain& kernel = domains[0];
    kernel.used = true;
    kernel.grants = kGrantAll;
    copy_name(kernel.name, "kernel");
    CW_ASSERT(space_create(kernel) == Status::ok);
}

} // namespace cw::kernel
