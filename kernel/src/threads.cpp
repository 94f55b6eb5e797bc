// Kernel threads, the threads of executors, and what the trap entry finds in their tables.
#include <cw/kernel/arch/csr.hpp>
#include <cw/kernel/frames.hpp>
#include <cw/kernel/paging.hpp>
#include <cw/kernel/sched.hpp>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/modules.hpp>
#include <cw/nucleus/pool.hpp>
#include <cw/nucleus/vdso.hpp>

namespace cw::kernel {

namespace {

constexpr unsigned kDefaultPriority = 4;

Pool<Thread> threads{"threads.records"};
AllocationSite tables_of_executors{"executors.tables"};
std::uint64_t next_thread_id;

[[noreturn]] void kernel_thread_start() noexcept {
    // Read before the first interrupt, which may save other registers there.
    auto* entry = reinterpret_cast<void (*)()>(current()->saved.s[0]);
    asm volatile("csrsi sstatus, 2" : "+r"(entry) : : "memory");
    entry();
    thread_exit();
}

Result<Thread*> make_thread(std::string_view name, unsigned priority) noexcept {
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
    thread->domain = &kernel_domain();
    return thread;
}

[[noreturn]] void kernel_executor_main() noexcept {
    Thread& self = *current();
    Executor& executor = *self.executor->executor;
    self.context.executor = &executor;
    executor_create(executor,
                    *reinterpret_cast<const abi::StartBlock*>(self.executor->kernel_written->base));
    executor_run(executor);
}

void give_tables(ExecutorRecord& record, Thread& thread, Hart& home) noexcept {
    thread_assign(thread, home);
    thread.executor = &record;
    thread.domain = record.domain;
    thread.wake_base = record.doorbells;
    thread.wake_targets = record.doorbell_targets;
    thread.call_base = record.calls;
    thread.wake_limit = record.doorbell_count;
    thread.call_limit = record.call_count;
}

void thread_free(Thread& thread) noexcept {
    release_stack(thread.stack_top, kKernelStackPages);
    threads.release(&thread);
}

} // namespace

Result<Thread*>
thread_create_kernel(std::string_view name, unsigned priority, void (*entry)()) noexcept {
    Thread* thread = CW_TRY(make_thread(name, priority));
    thread->resume_kind = ResumeKind::kernel;
    thread->saved.ra = reinterpret_cast<std::uint64_t>(&kernel_thread_start);
    thread->saved.sp = thread->stack_top;
    thread->saved.s[0] = reinterpret_cast<std::uint64_t>(entry);
    return thread;
}

void thread_destroy(Thread& thread) noexcept {
    const Locked hold{kernel_lock};
    if (thread.executor != nullptr)
        executor_thread_gone(*thread.executor);
    thread_free(thread);
}

Status executor_tables(ExecutorRecord& record) noexcept {
    const auto tables = frames::allocate(tables_of_executors, 4);
    if (!tables)
        return tables.error();
    tables_of_executors.allocated();
    static_assert(kMaxDoorbells * (sizeof(WakeGrant) + sizeof(DoorbellTarget)) +
                      kMaxCallGrants * (sizeof(CallGrant) + sizeof(Edge)) <=
                  16 * kPage);
    record.calls = direct_as<CallGrant>(*tables);
    record.server_edges = reinterpret_cast<Edge*>(record.calls + kMaxCallGrants);
    record.doorbells = reinterpret_cast<WakeGrant*>(record.server_edges + kMaxCallGrants);
    record.doorbell_targets = reinterpret_cast<DoorbellTarget*>(record.doorbells + kMaxDoorbells);
    return Status::ok;
}

void executor_tables_release(ExecutorRecord& record) noexcept {
    if (record.calls == nullptr)
        return;
    frames::release(
        tables_of_executors, reinterpret_cast<PhysicalAddress>(record.calls) - kDirectMap, 4);
    tables_of_executors.freed();
}

Result<Thread*> thread_create(ExecutorRecord& record,
                              std::string_view name,
                              const Segment* stack,
                              std::uint32_t hart_choice) noexcept {
    Thread* thread =
        stack == nullptr
            ? CW_TRY(thread_create_kernel(name, kDefaultPriority, &kernel_executor_main))
            : CW_TRY(make_thread(name, kDefaultPriority));
    give_tables(record, *thread, hart_choice == 0 ? least_loaded_hart() : hart(hart_choice - 1));
    if (stack != nullptr) {
        thread->resume_kind = ResumeKind::user;
        thread->user_satp = record.domain->space.satp();
        thread->saved.pc = vdso().start;
        thread->saved.sp = stack->base + stack->bytes;
        thread->saved.a0 = record.kernel_written->base;
        thread->saved.tp = reinterpret_cast<std::uint64_t>(&record.executor->context);
    }
    return thread;
}

void thread_discard(Thread& thread) noexcept {
    thread_unassign(thread);
    thread_free(thread);
}

void executor_start(ExecutorRecord& record) noexcept {
    record.domain->at_rest = false;
    thread_start(*record.thread);
}

bool thread_sleeps(const Thread& thread) noexcept {
    return thread.state == ThreadState::waiting;
}

void thread_condemn(Thread& thread) noexcept {
    // Nothing of user mode is mapped there: it traps at its next step, and domain_fault() ends it.
    thread.user_satp = thread.kernel_satp;
    thread_wake(thread);
}

void thread_doom(Thread& thread) noexcept {
    thread.doomed = true;
    thread.user_satp = thread.kernel_satp; // as in thread_condemn()
    if (&thread != current())
        thread_wake(thread); // it ends itself on its own hart
}

void calls_published(ExecutorRecord& record) noexcept {
    __atomic_store_n(&record.thread->call_limit, record.call_count, __ATOMIC_RELEASE);
}

unsigned hart_index(const Thread& thread) noexcept {
    return thread.hart->index;
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

void executor_forget(ExecutorRecord& record, Thread& target) noexcept {
    for (std::uint32_t i = 0; i < record.doorbell_count; ++i) {
        if (record.doorbell_targets[i].thread == &target)
            ring_nobody(record, i); // its channel gives it back
    }
}

} // namespace cw::kernel
