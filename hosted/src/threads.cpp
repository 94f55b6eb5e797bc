// Threads of the nucleus process: of kernel executors, and those that make the synchronous calls of
// user domains.
#include "../domain/confine.hpp"
#include "host.hpp"
#include <csetjmp>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <cw/core/executor.hpp>
#include <cw/nucleus/modules.hpp>
#include <cw/nucleus/panic.hpp>
#include <cw/nucleus/vdso.hpp>
#include <sched.h>
#include <unistd.h>

namespace cw::hosted {

namespace {

constexpr std::size_t kStackBytes = 1 << 20;
constexpr std::size_t kStackReserve = 32 * 1024; ///< Calls that would start below it are queued.

thread_local std::jmp_buf leave_loop; ///< Out of an executor's loop that is retired.

void find_stack(Thread& self) noexcept {
    pthread_attr_t attributes;
    void* bottom = nullptr;
    std::size_t bytes = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        pthread_attr_getstack(&attributes, &bottom, &bytes);
        pthread_attr_destroy(&attributes);
    }
    self.context.stack_limit = reinterpret_cast<std::uint64_t>(bottom) + kStackReserve;
}

void run_kernel_executor(Thread& self) noexcept {
    Executor& executor = *self.executor->executor;
    self.context.executor = &executor;
    if (setjmp(leave_loop) != 0)
        return;
    executor_create(executor,
                    *reinterpret_cast<const abi::StartBlock*>(self.executor->kernel_written->base));
    executor_run(executor);
}

void forget_thread(Thread& thread) noexcept {
    give_bell(thread.bell);
    if (thread.process >= 0)
        close(thread.process);
    std::free(&thread);
}

void* run_thread(void* argument) {
    Thread& self = *static_cast<Thread*>(argument);
    adopt_thread(self, self.name);
    if (self.domain->is_kernel())
        run_kernel_executor(self);
    else {
        serve_calls(self);
        forget_ended(self);
    }
    {
        const Locked hold{kernel_lock};
        executor_thread_gone(*self.executor);
    }
    forget_thread(self);
    return nullptr;
}

} // namespace

void adopt_thread(Thread& self, const char* name) noexcept {
    CW_ASSERT(prepare_thread(&self));
    find_stack(self);
    char short_name[16];
    std::strncpy(short_name, name, sizeof(short_name) - 1);
    short_name[sizeof(short_name) - 1] = '\0';
    pthread_setname_np(pthread_self(), short_name);
}

} // namespace cw::hosted

namespace cw::kernel {

using namespace hosted;

Status executor_tables(ExecutorRecord& record) noexcept {
    record.calls = static_cast<CallGrant*>(std::calloc(kMaxCallGrants, sizeof(CallGrant)));
    record.server_edges = static_cast<Edge*>(std::calloc(kMaxCallGrants, sizeof(Edge)));
    record.doorbells = static_cast<Atomic<int>*>(std::calloc(kMaxDoorbells, sizeof(Atomic<int>)));
    record.doorbells_used = static_cast<bool*>(std::calloc(kMaxDoorbells, sizeof(bool)));
    return record.calls == nullptr || record.server_edges == nullptr ||
                   record.doorbells == nullptr || record.doorbells_used == nullptr
               ? Status::no_memory
               : Status::ok;
}

void executor_tables_release(ExecutorRecord& record) noexcept {
    std::free(record.calls);
    std::free(record.server_edges);
    std::free(record.doorbells);
    std::free(record.doorbells_used);
}

Result<Thread*> thread_create(ExecutorRecord& record,
                              std::string_view name,
                              const Segment* stack,
                              std::uint32_t hart) noexcept {
    auto* thread = static_cast<Thread*>(std::calloc(1, sizeof(Thread)));
    if (thread == nullptr)
        return refuse(Status::no_memory);
    copy_name(thread->name, name);
    thread->domain = record.domain;
    thread->executor = &record;
    thread->cpu = hart;
    thread->process = -1;
    thread->bell = take_bell();
    const auto prepare = [&]() -> Result<Nothing> {
        if (thread->bell < 0)
            return refuse(Status::no_resource);
        if (stack == nullptr)
            return Nothing{};
        Domain& domain = *record.domain;
        thread->calls = segment_view_as<CallPage>(*record.run, kHostOffset);
        domain.words = segment_view_as<HostWords>(*record.kernel_written, kHostOffset);
        fill_clock(*domain.words);
        domain.words->commands_sent.store(domain.commands, Order::release);
        const Process process = CW_TRY(spawn_process(domain, thread->name, thread->bell));
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
        forget_thread(*thread);
        return refuse(prepared.error());
    }
    return thread;
}

void thread_discard(Thread& thread) noexcept {
    if (thread.process >= 0) {
        kill_process(thread.process);
        static_cast<void>(reap_process(thread.process));
    }
    forget_thread(thread);
}

void executor_start(ExecutorRecord& record) noexcept {
    Thread& thread = *record.thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, kStackBytes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (thread.cpu != 0) {
        cpu_set_t only;
        CPU_ZERO(&only);
        CPU_SET(thread.cpu - 1, &only);
        pthread_attr_setaffinity_np(&attributes, sizeof(only), &only);
    }
    if (thread.process >= 0)
        watch_process(thread);
    // Without a thread it would never answer: whoever waits for it sees that.
    CW_ASSERT(pthread_create(&thread.thread, &attributes, &run_thread, &thread) == 0);
    pthread_attr_destroy(&attributes);
}

bool thread_sleeps(const Thread& thread) noexcept {
    return thread.sleeping.load(Order::relaxed);
}

void thread_condemn(Thread& thread) noexcept {
    kill_process(thread.process);
}

void thread_doom(Thread& thread) noexcept {
    thread.doomed.store(true, Order::release);
    kill_process(thread.process); // the reaper lets its calls end
}

void calls_published(ExecutorRecord& record) noexcept {
    __atomic_thread_fence(__ATOMIC_RELEASE);
    static_cast<void>(record); // serve_calls() looks at call_count itself
}

unsigned hart_count() noexcept {
    return static_cast<unsigned>(sysconf(_SC_NPROCESSORS_ONLN));
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
    if (doorbell >= record.doorbell_count)
        return;
    const int bell = record.doorbells[doorbell].load(Order::relaxed);
    if (bell >= 0)
        hosted::ring_bell(bell);
}

abi::RingTag wait(std::uint64_t deadline, std::uint64_t doorbell) noexcept {
    Thread& self = *current();
    if (self.executor->retired)
        std::longjmp(hosted::leave_loop, 1);
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
