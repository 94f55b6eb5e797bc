#include "modules.hpp"
#include <cstring>
#include <cw/abi/channel.hpp>
#include <cw/core/runtime_ops.hpp>
#include <cw/kernel/boot.hpp>
#include <cw/kernel/domain.hpp>
#include <cw/kernel/frames.hpp>
#include <cw/kernel/interrupts.hpp>
#include <cw/kernel/modules.hpp>
#include <cw/kernel/panic.hpp>
#include <cw/kernel/pool.hpp>
#include <cw/kernel/runtime.hpp>
#include <cw/kernel/sched.hpp>
#include <cw/kernel/vdso.hpp>
#include <iterator>

namespace cw::kernel {

SpinLock kernel_lock;

namespace {

constexpr std::uint64_t kDefaultUserStack = 64 * 1024;
constexpr unsigned kDefaultPriority = 4;

// Layout of the kernel-written segment.
constexpr std::uint64_t kStartOffset = 0;
constexpr std::uint64_t kOpsOffset = 512;
constexpr std::uint64_t kInterruptsOffset = 1024;
constexpr std::uint64_t kControlOffset = kPage; // index page, then the entries
constexpr std::uint64_t kKernelWrittenBytes = kControlOffset + kPage + kPage;
// Layout of the executor's own segment.
constexpr std::uint64_t kControlPageOffset = 0;
constexpr std::uint64_t kExecutorOffset = kPage;
constexpr std::uint64_t kEdgesOffset = kExecutorOffset + round_up(sizeof(Executor), kPage);
constexpr std::uint64_t kDeadlinesOffset = kEdgesOffset + kMaxEdges * sizeof(Edge);
constexpr std::uint64_t kMaxDeadlines =
    kMaxExecutorModules * kModulePendings +
    abi::kMaxEnds * kPoolPendings; ///< Every Pending there can be.
constexpr std::uint64_t kRunBytes = kDeadlinesOffset + kMaxDeadlines * sizeof(Pending*);

Domain domains[kMaxDomains];
Pool<Thread> threads;
Pool<ExecutorRecord> executors;
ExecutorRecord* executor_list;
std::uint64_t next_thread_id;

void copy_name(char (&into)[32], std::string_view name) noexcept {
    const std::size_t length = name.size() < sizeof(into) - 1 ? name.size() : sizeof(into) - 1;
    std::memcpy(into, name.data(), length);
    into[length] = '\0';
}

[[noreturn]] void kernel_thread_start() noexcept {
    // Read before the first interrupt, which may save other registers there.
    auto* entry = reinterpret_cast<void (*)()>(current()->saved.s[0]);
    asm volatile("csrsi sstatus, 2" : "+r"(entry) : : "memory");
    entry();
    thread_exit();
}

Result<Thread*> thread_create(std::string_view name, unsigned priority) noexcept {
    Thread* thread = threads.allocate();
    if (thread == nullptr)
        return refuse(Status::no_memory);
    const auto stack = allocate_stack(kKernelStackPages);
    if (!stack) {
        threads.release(thread);
        return refuse(stack.error());
    }
    copy_name(thread->name, name);
    thread->id = ++next_thread_id;
    thread->stack_top = *stack;
    thread->stack_base = *stack - kKernelStackPages * kPage + kInterruptReserve;
    thread->context.stack_limit = *stack - kKernelStackPages * kPage + 8 * 1024;
    thread->priority = priority;
    thread->kernel_satp = kernel_space().satp();
    thread->user_satp = thread->kernel_satp;
    thread->saved_satp = thread->kernel_satp;
    thread->domain = &domains[0];
    return thread;
}

/// Takes an executor out of the list and frees its memory. Requires: its thread is gone, or never
/// was.
void record_destroy(ExecutorRecord& record) noexcept {
    for (ExecutorRecord** link = &executor_list; *link != nullptr; link = &(*link)->next) {
        if (*link == &record) {
            *link = record.next;
            break;
        }
    }
    Segment* const segments[] = {record.kernel_written, record.run};
    segments_withdraw(segments);
    segments_withdraw(record.pools);
    if (record.calls != nullptr)
        frames::release(reinterpret_cast<PhysicalAddress>(record.calls) - kDirectMap, 4);
    executors.release(&record);
}

/// Memory and tables that every executor has. What is there when it fails is in `record`, to be
/// freed.
Result<Nothing> record_fill(ExecutorRecord* record, Domain& domain) noexcept {
    record->domain = &domain;
    const auto tables = frames::allocate(4);
    if (!tables)
        return refuse(Status::no_memory);
    static_assert(kMaxDoorbells * (sizeof(WakeGrant) + sizeof(DoorbellTarget)) +
                      kMaxCallGrants * (sizeof(CallGrant) + sizeof(Edge)) <=
                  16 * kPage);
    record->calls = direct_as<CallGrant>(*tables);
    record->server_edges = reinterpret_cast<Edge*>(record->calls + kMaxCallGrants);
    record->doorbells = reinterpret_cast<WakeGrant*>(record->server_edges + kMaxCallGrants);
    record->doorbell_targets = reinterpret_cast<DoorbellTarget*>(record->doorbells + kMaxDoorbells);
    record->kernel_written =
        CW_TRY(segment_create(domain, kKernelWrittenBytes, Backing::contiguous, "control"));
    CW_CHECK_OK(segment_map(*record->kernel_written,
                            domain,
                            domain.is_kernel() ? kPteRead | kPteWrite : std::uint64_t{kPteRead}));
    record->run = CW_TRY(segment_create(domain, kRunBytes, Backing::contiguous, "executor"));
    CW_CHECK_OK(segment_map(*record->run, domain, kPteRead | kPteWrite));

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

[[noreturn]] void kernel_executor_main() noexcept {
    Thread& self = *current();
    Executor& executor = *self.executor->executor;
    self.context.executor = &executor;
    executor_create(executor,
                    *reinterpret_cast<const abi::StartBlock*>(self.executor->kernel_written->base));
    executor_run(executor);
}

void give_tables(ExecutorRecord& record, Thread& thread, Hart* home) noexcept {
    thread_assign(thread, home != nullptr ? *home : least_loaded_hart());
    record.thread = &thread;
    thread.executor = &record;
    thread.domain = record.domain;
    thread.wake_base = record.doorbells;
    thread.wake_targets = record.doorbell_targets;
    thread.call_base = record.calls;
    thread.wake_limit = record.doorbell_count;
    thread.call_limit = record.call_count;
}

} // namespace

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

Result<Thread*>
thread_create_kernel(std::string_view name, unsigned priority, void (*entry)()) noexcept {
    Thread* thread = CW_TRY(thread_create(name, priority));
    thread->resume_kind = ResumeKind::kernel;
    thread->saved.ra = reinterpret_cast<std::uint64_t>(&kernel_thread_start);
    thread->saved.sp = thread->stack_top;
    thread->saved.s[0] = reinterpret_cast<std::uint64_t>(entry);
    return thread;
}

namespace {
void thread_free(Thread& thread) noexcept {
    release_stack(thread.stack_top, kKernelStackPages);
    threads.release(&thread);
}
} // namespace

void thread_destroy(Thread& thread) noexcept {
    const Locked hold{kernel_lock};
    if (!thread.domain->is_kernel())
        domain_finish(*thread.domain);
    else if (thread.executor != nullptr)
        record_destroy(*thread.executor);
    thread_free(thread);
}

void executor_discard(ExecutorRecord& record) noexcept {
    Thread& thread = *record.thread;
    for (ExecutorRecord* other = executor_list; other != nullptr; other = other->next)
        executor_forget(*other, thread);
    interrupts_release(thread);
    thread_unassign(thread);
    if (record.domain->is_kernel())
        record_destroy(record);
    else
        domain_destroy(*record.domain);
    thread_free(thread);
}

Result<Domain*> domain_create(std::string_view name,
                              std::uint32_t grants,
                              std::uint32_t stack_bytes,
                              Hart* home) noexcept {
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
    CW_CHECK_OK(domain->space.create(static_cast<std::uint16_t>(domain->id)));
    domain->at_rest = true;
    domain->used = true; // from here on its segments can be withdrawn
    domain->grants = grants;
    copy_name(domain->name, name);
    const auto build = [&]() -> Result<ExecutorRecord*> {
        CW_CHECK_OK(segment_map(*vdso().segment, *domain, kPteRead | kPteExecute));
        ExecutorRecord* record = CW_TRY(record_create(*domain));
        domain->executor = record;
        Segment* stack = CW_TRY(segment_create(
            *domain, stack_bytes == 0 ? kDefaultUserStack : stack_bytes, Backing::pages, "stack"));
        CW_CHECK_OK(segment_map(*stack, *domain, kPteRead | kPteWrite));
        Thread* thread = CW_TRY(thread_create(name, kDefaultPriority));
        give_tables(*record, *thread, home);
        thread->resume_kind = ResumeKind::user;
        thread->user_satp = domain->space.satp();
        thread->saved.pc = vdso().start;
        thread->saved.sp = stack->base + stack->bytes;
        thread->saved.a0 = record->kernel_written->base;
        thread->saved.tp = reinterpret_cast<std::uint64_t>(&record->executor->context);
        record->view->context.executor = record->executor;
        record->view->context.stack_limit = stack->base + 8 * 1024;
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
    (*record)->thread->call_limit = (*record)->call_count;
    return domain;
}

Result<ExecutorRecord*> kernel_executor_create(std::string_view name, Hart* home) noexcept {
    ExecutorRecord* record = CW_TRY(record_create(kernel_domain()));
    const auto thread = thread_create_kernel(name, kDefaultPriority, &kernel_executor_main);
    if (!thread) {
        record_destroy(*record);
        return refuse(thread.error());
    }
    give_tables(*record, **thread, home);
    return record;
}

Atomic<std::uint64_t>* interrupt_word(ExecutorRecord& record, std::uint32_t index) noexcept {
    return segment_view_as<Atomic<std::uint64_t>>(*record.kernel_written, kInterruptsOffset) +
           index;
}

void executor_start(ExecutorRecord& record) noexcept {
    record.domain->at_rest = false;
    thread_start(*record.thread);
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
    // Nothing of user mode is mapped there: it traps at its next step, and domain_fault() ends it.
    record.thread->user_satp = record.thread->kernel_satp;
    thread_wake(*record.thread);
}

std::uint32_t executor_doorbell(ExecutorRecord& record, Thread& target, abi::RingTag tag) noexcept {
    std::uint32_t index = 0;
    while (index < record.doorbell_count && record.doorbell_targets[index].tag != 0)
        ++index; // the first that was given back; there are as many as ends
    record.doorbells[index] = wake_grant_for(target);
    record.doorbell_targets[index].tag = tag;
    // The trap entry may be looking: a target that is there has its tag.
    __atomic_store_n(&record.doorbell_targets[index].thread, &target, __ATOMIC_RELEASE);
    if (index == record.doorbell_count) {
        ++record.doorbell_count;
        record.thread->wake_limit = record.doorbell_count;
    }
    return index;
}

namespace {
void ring_nobody(ExecutorRecord& record, std::uint32_t doorbell) noexcept {
    static WakeWord nobody{};
    record.doorbell_targets[doorbell].thread = nullptr;
    record.doorbells[doorbell] = {&nobody, 1};
}
} // namespace

void executor_give_back(ExecutorRecord& record, std::uint32_t doorbell) noexcept {
    ring_nobody(record, doorbell);
    record.doorbell_targets[doorbell].tag = 0;
}

ExecutorRecord* all_executors() noexcept {
    return executor_list;
}

void executor_forget(ExecutorRecord& record, Thread& target) noexcept {
    for (std::uint32_t i = 0; i < record.doorbell_count; ++i) {
        if (record.doorbell_targets[i].thread == &target)
            ring_nobody(record, i); // its channel gives it back
    }
}

void kernel_executor_retire(ExecutorRecord& record) noexcept {
    record.retired = true;
    interrupts_release(*record.thread);
    for (ExecutorRecord* other = executor_list; other != nullptr; other = other->next)
        executor_forget(*other, *record.thread);
    thread_wake(*record.thread); // it ends itself in platform::wait()
}

void domain_destroy(Domain& domain) noexcept {
    if (domain.executor != nullptr)
        record_destroy(*domain.executor);
    segments_release_all(domain);
    if (domain.areas != nullptr)
        area_list_drop(*domain.areas);
    forget_domain(domain);
    flush_everywhere(); // what its number still means to a hart
    domain.space.destroy();
    domain.used = false;
}

void domains_initialise() noexcept {
    Domain& kernel = domains[0];
    kernel.used = true;
    kernel.grants = kGrantAll;
    kernel.space = kernel_space(); // the same tables
    copy_name(kernel.name, "kernel");
}

} // namespace cw::kernel
