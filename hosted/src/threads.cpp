// Threads of the nucleus process: of kernel executors, and those that make the synchronous calls of
// user domains.
#include "../domain/confine.hpp"
#include "../shared/futex.hpp"
#include "host.hpp"
#include "sanitizer.hpp"
#include "unwind.hpp"
#include <csetjmp>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <cw/abi/files.hpp>
#include <cw/core/executor.hpp>
#include <cw/nucleus/modules.hpp>
#include <cw/nucleus/panic.hpp>
#include <cw/nucleus/pool.hpp>
#include <cw/nucleus/vdso.hpp>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace cw::hosted {

namespace {

constexpr std::size_t kStackBytes = 1 << 20;
constexpr std::size_t kStackReserve = 32 * 1024; ///< Calls that would start below it are queued.

thread_local std::jmp_buf leave_loop;  ///< Out of a thread's loop, or to its beginning.
thread_local sanitizer::Stack outside; ///< That which pthread gave the thread.

/// Threads that have ended, to be freed by the reaper: nobody frees the stack it runs on.
Lock finished_lock;
std::vector<Thread*> finished;

/// What the nucleus has for an executor beside its segments.
struct Tables {
    CallGrant calls[kMaxCallGrants];
    Edge server_edges[kMaxCallGrants];
};
struct Doorbells {
    Atomic<int> bells[kMaxDoorbells];
    bool used[kMaxDoorbells];
};

// Guarded by kernel_lock.
Pool<Thread> threads{"threads.records"};
Pool<Tables> tables_of_executors{"executors.tables"};
Pool<Doorbells> doorbells_of_executors{"executors.doorbells"};
/// Their pages come when they are used: they are not among the memory that is counted.
AllocationSite stacks{"threads.stacks", kStackBytes};
AllocationSite bells{"threads.bells"};
AllocationSite processes{"domains.processes"};

/// With a page below and one above that nobody may touch.
void* reserve_stack(std::uint64_t bytes) noexcept {
    void* const base = mmap(nullptr,
                            bytes + 2 * kPage,
                            PROT_NONE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK,
                            -1,
                            0);
    if (base == MAP_FAILED ||
        mprotect(static_cast<char*>(base) + kPage, bytes, PROT_READ | PROT_WRITE) != 0)
        return nullptr;
    return base;
}

/// The stack that modules run on, apart from that which pthread gave the thread: what that keeps
/// for the thread lies on its own, out of reach of a module that writes over its stack.
Status make_stack(Thread& thread) noexcept {
    void* const base = stacks.may_allocate() ? reserve_stack(kStackBytes) : nullptr;
    if (base == nullptr)
        return Status::no_memory;
    stacks.allocated();
    thread.stack_bottom = reinterpret_cast<std::uint64_t>(base) + kPage;
    thread.stack_top = thread.stack_bottom + kStackBytes;
    return Status::ok;
}

extern "C" void
cw_call_on_stack(Thread& self, void (*function)(Thread&), std::uint64_t top) noexcept;
asm(".globl cw_call_on_stack\n"
    ".hidden cw_call_on_stack\n"
    "cw_call_on_stack:\n"
    "    pushq %rbp\n"
    "    movq %rsp, %rbp\n"
    "    movq %rdx, %rsp\n"
    "    xorl %edx, %edx\n"
    "    callq *%rsi\n"
    "    movq %rbp, %rsp\n"
    "    popq %rbp\n"
    "    retq\n");

std::uint64_t fault_stack_bytes() noexcept {
    return round_up(static_cast<std::uint64_t>(sysconf(_SC_MINSIGSTKSZ)) + 64 * 1024, kPage);
}

/// Those that this process may run on: a hart is the n-th of them.
const cpu_set_t& allowed_processors() noexcept {
    static const cpu_set_t allowed = [] {
        cpu_set_t set;
        CPU_ZERO(&set);
        if (sched_getaffinity(0, sizeof(set), &set) != 0 || CPU_COUNT(&set) == 0)
            CPU_SET(0, &set);
        return set;
    }();
    return allowed;
}

cpu_set_t processor(unsigned hart) noexcept {
    cpu_set_t only;
    CPU_ZERO(&only);
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (CPU_ISSET(cpu, &allowed_processors()) && hart-- == 0) {
            CPU_SET(cpu, &only);
            break;
        }
    }
    return only;
}

enum Leave { kEnd = 1, kAgain = 2 };

/// Runs the function on the stack that modules run on.
void call_on_stack(Thread& self, void (*function)(Thread&)) noexcept {
    outside = sanitizer::switch_stack(
        {reinterpret_cast<const void*>(self.stack_bottom), self.stack_top - self.stack_bottom});
    cw_call_on_stack(self, function, self.stack_top);
    sanitizer::switch_stack(outside);
}

void run_loop(Thread& self) noexcept {
    const int left = setjmp(leave_loop);
    if (left != 0)
        sanitizer::switch_stack(outside);
    if (left == kEnd)
        return;
    if (!self.domain->is_kernel()) {
        call_on_stack(self, &serve_calls);
        return;
    }
    Executor& executor = *self.executor->executor;
    self.context.executor = &executor;
    if (left != kAgain)
        executor_create(
            executor,
            *reinterpret_cast<const abi::StartBlock*>(self.executor->kernel_written->base));
    constexpr auto kRun = [](Thread& thread) { executor_run(*thread.executor->executor); };
    call_on_stack(self, kRun);
}

/// Where a thread goes on whose frames were abandoned.
[[noreturn]] void begin_again() noexcept {
    std::longjmp(leave_loop, current()->domain->is_kernel() ? kAgain : kEnd);
}

/// Locks: kernel_lock held.
void free_thread(Thread& thread) noexcept {
    if (thread.bell >= 0) {
        give_bell(thread.bell);
        bells.freed();
    }
    if (thread.process >= 0) {
        close(thread.process);
        processes.freed();
    }
    if (thread.stack_bottom != 0) {
        munmap(reinterpret_cast<void*>(thread.stack_bottom - kPage), kStackBytes + 2 * kPage);
        stacks.freed();
    }
    if (thread.fault_stack != nullptr)
        munmap(thread.fault_stack, fault_stack_bytes() + 2 * kPage);
    threads.release(&thread);
}

void* run_thread(void* argument) {
    Thread& self = *static_cast<Thread*>(argument);
    adopt_thread(self, self.name);
    self.running.store(true, Order::release);
    run_loop(self);
    if (!self.domain->is_kernel()) {
        while (self.reaped.load(Order::acquire) == 0)
            futex_wait(self.reaped, 0);
        forget_ended(self);
    }
    {
        const Locked hold{kernel_lock};
        executor_thread_gone(*self.executor);
    }
    const Locked hold{finished_lock};
    finished.push_back(&self);
    return nullptr;
}

} // namespace

void adopt_thread(Thread& self, const char* name) noexcept {
    CW_ASSERT(prepare_thread(&self));
    self.thread = pthread_self();
    self.context.stack_limit = self.stack_bottom + kStackReserve;
    if (self.fault_stack == nullptr)
        self.fault_stack = reserve_stack(fault_stack_bytes());
    CW_ASSERT(self.fault_stack != nullptr);
    const stack_t alternate{static_cast<char*>(self.fault_stack) + kPage, 0, fault_stack_bytes()};
    CW_ASSERT(sigaltstack(&alternate, nullptr) == 0);
    char short_name[16];
    std::strncpy(short_name, name, sizeof(short_name) - 1);
    short_name[sizeof(short_name) - 1] = '\0';
    pthread_setname_np(pthread_self(), short_name);
}

void leave_frames(Thread& self, loader::FrameRegisters& at) noexcept {
    sanitizer::frames_gone(self.stack_bottom, self.stack_top);
    at.pc = reinterpret_cast<std::uint64_t>(&begin_again);
    at.r[loader::kX86_64Calls.stack_pointer] = self.stack_top - 8; // as after a call
}

void bury_threads() noexcept {
    std::vector<Thread*> all;
    {
        const Locked hold{finished_lock};
        all.swap(finished);
    }
    for (Thread* thread : all) {
        pthread_join(thread->thread, nullptr);
        const Locked hold{kernel_lock};
        free_thread(*thread);
    }
}

} // namespace cw::hosted

namespace cw::kernel {

using namespace hosted;

Status executor_tables(ExecutorRecord& record) noexcept {
    Tables* const tables = tables_of_executors.allocate();
    if (tables == nullptr)
        return Status::no_memory;
    record.calls = tables->calls;
    record.server_edges = tables->server_edges;
    Doorbells* const doorbells = doorbells_of_executors.allocate();
    if (doorbells == nullptr)
        return Status::no_memory;
    record.doorbells = doorbells->bells;
    record.doorbells_used = doorbells->used;
    return Status::ok;
}

void executor_tables_release(ExecutorRecord& record) noexcept {
    static_assert(offsetof(Tables, calls) == 0 && offsetof(Doorbells, bells) == 0);
    if (record.calls != nullptr)
        tables_of_executors.release(reinterpret_cast<Tables*>(record.calls));
    if (record.doorbells != nullptr)
        doorbells_of_executors.release(reinterpret_cast<Doorbells*>(record.doorbells));
}

Result<Thread*> thread_create(ExecutorRecord& record,
                              std::string_view name,
                              const Segment* stack,
                              std::uint32_t hart) noexcept {
    Thread* const thread = threads.allocate();
    if (thread == nullptr)
        return refuse(Status::no_memory);
    copy_name(thread->name, name);
    thread->domain = record.domain;
    thread->executor = &record;
    thread->cpu = hart;
    thread->process = -1;
    thread->bell = bells.may_allocate() ? take_bell() : -1;
    const auto prepare = [&]() -> Result<Nothing> {
        if (thread->bell < 0)
            return refuse(Status::no_resource);
        bells.allocated();
        CW_CHECK_OK(make_stack(*thread));
        if (stack == nullptr)
            return Nothing{};
        Domain& domain = *record.domain;
        thread->calls = segment_view_as<CallPage>(*record.run, kHostOffset);
        domain.words = segment_view_as<HostWords>(*record.kernel_written, kHostOffset);
        fill_clock(*domain.words);
        domain.words->drives_files = domain.files == nullptr ? 0 : 1;
        domain.words->commands_sent.store(domain.commands, Order::release);
        if (!processes.may_allocate())
            return refuse(Status::no_resource);
        const Process process = CW_TRY(spawn_process(domain, thread->name, thread->bell));
        processes.allocated();
        thread->process = process.descriptor;
        thread->pid = process.id;
        send(domain,
             {.kind = CommandKind::start,
              .index = 0,
              .address = vdso().start,
              .bytes = record.kernel_written->base,
              .offset = stack->base + stack->bytes,
              .rights = 0,
              .reserved = {}},
             -1);
        return Nothing{};
    };
    if (const auto prepared = prepare(); !prepared) {
        free_thread(*thread);
        return refuse(prepared.error());
    }
    return thread;
}

void thread_discard(Thread& thread) noexcept {
    if (thread.process >= 0) {
        kill_process(thread.process);
        static_cast<void>(reap_process(thread.process));
    }
    free_thread(thread);
}

void executor_start(ExecutorRecord& record) noexcept {
    Thread& thread = *record.thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 256 * 1024);
    if (thread.cpu != 0) {
        const cpu_set_t only = processor(thread.cpu - 1);
        // A domain's modules run in its process. The thread that serves its synchronous calls is
        // better elsewhere: it is waited for by looking.
        if (thread.process >= 0)
            sched_setaffinity(thread.pid, sizeof(only), &only);
        else
            pthread_attr_setaffinity_np(&attributes, sizeof(only), &only);
    }
    if (thread.process >= 0)
        watch_process(thread);
    // Without a thread it would never answer: whoever waits for it sees that.
    CW_ASSERT(pthread_create(&thread.thread, &attributes, &run_thread, &thread) == 0);
    pthread_attr_destroy(&attributes);
}

bool thread_sleeps(const Thread& thread) noexcept {
    if (thread.process < 0)
        return thread.sleeping.load(Order::relaxed);
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/stat", thread.pid);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    char text[128]{};
    const ssize_t size = file < 0 ? -1 : read(file, text, sizeof(text) - 1);
    if (file >= 0)
        close(file);
    const char* const end = size <= 0 ? nullptr : std::strrchr(text, ')'); // after its name
    return end != nullptr && end[1] == ' ' && end[2] == 'S';
}

void thread_condemn(Thread& thread) noexcept {
    kill_process(thread.process);
}

void thread_doom(Thread& thread) noexcept {
    thread.doomed.store(true, Order::release);
    kill_process(thread.process); // the reaper lets its calls end
}

void calls_published(ExecutorRecord& record) noexcept {
    record.thread->call_limit.store(record.call_count, Order::release);
}

unsigned hart_count() noexcept {
    return static_cast<unsigned>(CPU_COUNT(&hosted::allowed_processors()));
}

unsigned hart_index(const Thread& thread) noexcept {
    return thread.cpu == 0 ? 0 : thread.cpu - 1;
}

void enter_own_view() noexcept {}

} // namespace cw::kernel

namespace cw::platform {

using namespace kernel;

void wake(std::uint32_t doorbell) noexcept {
    const ExecutorRecord& record = *current()->executor;
    if (doorbell == abi::kFilesDoorbell && record.files_ring != 0)
        syscall(SYS_io_uring_enter, record.files_ring - 1, abi::kFileSubmissions, 0, 0, nullptr, 0);
    if (doorbell >= record.doorbell_count.load(Order::acquire))
        return;
    const int bell = record.doorbells[doorbell].load(Order::relaxed);
    if (bell >= 0)
        hosted::ring_bell(bell);
}

abi::RingTag wait(std::uint64_t deadline, std::uint64_t doorbell) noexcept {
    Thread& self = *current();
    if (self.executor->retired.load(Order::acquire))
        std::longjmp(hosted::leave_loop, hosted::kEnd);
    if (doorbell != abi::kNoDoorbell)
        wake(static_cast<std::uint32_t>(doorbell));
    self.sleeping.store(true, Order::relaxed);
    hosted::sleep_on_bell(self.bell, deadline, now());
    self.sleeping.store(false, Order::relaxed);
    return 0;
}

void report(abi::Report kind, std::uint64_t b, std::uint64_t c, std::uint64_t d) noexcept {
    handle_report(*current()->executor, kind, b, c, d);
}

void wake_self(Executor& executor) noexcept {
    thread_wake(*static_cast<ExecutorRecord*>(executor.host)->thread);
}

namespace {
Lock deadline_lock; // one is enough: only the worker is passed through
}

std::uint64_t lock_deadlines(Executor&) noexcept {
    deadline_lock.lock();
    return 0;
}

void unlock_deadlines(Executor&, std::uint64_t) noexcept {
    deadline_lock.unlock();
}

} // namespace cw::platform
