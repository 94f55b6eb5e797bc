#include <cw/core/result.hpp>
#include <cw/kernel/arch/csr.hpp>
#include <cw/kernel/arch/timer.hpp>
#include <cw/kernel/boot.hpp>
#include <cw/kernel/interrupts.hpp>
#include <cw/kernel/sched.hpp>
#include <cw/nucleus/domain.hpp>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/panic.hpp>

extern "C" {
cw::kernel::Thread*
user_wait(std::uint64_t deadline, std::uint64_t doorbell, cw::kernel::Thread* self) noexcept;
void switch_from(cw::kernel::Thread* self, cw::kernel::Thread* next) noexcept;
[[noreturn]] void resume(cw::kernel::Thread* next) noexcept;
}

namespace cw::kernel {

namespace {

constexpr std::uint64_t kNoTime = ~std::uint64_t{0};
constexpr std::uint64_t kTickMilliseconds = 4;

Hart harts[kMaxHarts];
unsigned harts_running = 1;
std::uint32_t thread_counts[kMaxHarts];

void enqueue(Hart& hart, Thread& thread) noexcept {
    thread.state = ThreadState::ready;
    thread.next = nullptr;
    const unsigned p = thread.priority;
    if (hart.ready[p] == nullptr)
        hart.ready[p] = &thread;
    else
        hart.ready_last[p]->next = &thread;
    hart.ready_last[p] = &thread;
    hart.ready_mask |= 1u << p;
}

Thread* dequeue(Hart& hart) noexcept {
    if (hart.ready_mask == 0)
        return nullptr;
    const unsigned p = 31u - static_cast<unsigned>(__builtin_clz(hart.ready_mask));
    Thread* thread = hart.ready[p];
    hart.ready[p] = thread->next;
    if (hart.ready[p] == nullptr)
        hart.ready_mask &= ~(1u << p);
    return thread;
}

void remove_deadline(Hart& hart, Thread& thread) noexcept {
    if (!thread.in_deadlines)
        return;
    thread.in_deadlines = false;
    Thread** link = &hart.deadlines;
    while (*link != &thread)
        link = &(*link)->next_deadline;
    *link = thread.next_deadline;
}

void add_deadline(Hart& hart, Thread& thread, std::uint64_t deadline) noexcept {
    thread.deadline = deadline;
    thread.in_deadlines = true;
    Thread** link = &hart.deadlines;
    while (*link != nullptr && (*link)->deadline <= deadline)
        link = &(*link)->next_deadline;
    thread.next_deadline = *link;
    *link = &thread;
}

void make_ready(Hart& hart, Thread& thread, Status status) noexcept {
    remove_deadline(hart, thread);
    thread.handover = nullptr;
    thread.saved.a0 = static_cast<std::uint64_t>(status);
    enqueue(hart, thread);
}

void latch(Hart& hart, Thread& thread) noexcept {
    if (!thread.latched)
        ++hart.latched;
    thread.latched = true;
}

/// True if a doorbell was rung while it did not wait; that is used up now.
bool take_latch(Hart& hart, Thread& thread) noexcept {
    if (!thread.latched)
        return false;
    thread.latched = false;
    --hart.latched;
    return true;
}

/// Takes over what other harts and the trap entry have marked.
void drain_wakes(Hart& hart) noexcept {
    while (hart.dead != nullptr) { // we run on another stack by now
        Thread* thread = hart.dead;
        hart.dead = thread->next_dead;
        thread_destroy(*thread);
    }
    const std::uint64_t bits = hart.wake.word.exchange(0, Order::acquire); // [A6]
    for (std::uint64_t rest = bits & ~kWakePoke; rest != 0; rest &= rest - 1) {
        for (Thread* thread = hart.slots[__builtin_ctzll(rest)]; thread != nullptr;
             thread = thread->next_in_slot) {
            if (thread->state == ThreadState::waiting)
                make_ready(hart, *thread, Status::ok);
            else
                latch(hart, *thread);
        }
    }
    RemoteWork* newest = hart.inbox.load(Order::relaxed) == nullptr
                             ? nullptr
                             : hart.inbox.exchange(nullptr, Order::acquire); // [A8]
    RemoteWork* oldest = nullptr;
    while (newest != nullptr) {
        RemoteWork* next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest != nullptr) {
        RemoteWork* next = oldest->next;
        oldest->run(*oldest);
        oldest = next;
    }
}

void run_deadlines(Hart& hart) noexcept {
    if (hart.deadlines == nullptr)
        return;
    const std::uint64_t now = arch::ticks();
    while (hart.deadlines != nullptr && hart.deadlines->deadline <= now) {
        Thread& thread = *hart.deadlines;
        hart.deadlines = thread.next_deadline;
        thread.in_deadlines = false;
        thread.saved.a0 = static_cast<std::uint64_t>(Status::timed_out);
        enqueue(hart, thread);
    }
}

/// The hart is woken for its next deadline, and every tick while it has work.
void set_timer(Hart& hart, bool idle) noexcept {
    std::uint64_t when =
        arch::ticks() + (idle ? ticks_per_second() : ticks_per_second() * kTickMilliseconds / 1000);
    if (hart.deadlines != nullptr && hart.deadlines->deadline < when)
        when = hart.deadlines->deadline;
    arch::set_timer(when);
}

Thread* choose(Hart& hart) noexcept {
    drain_wakes(hart);
    run_deadlines(hart);
    Thread* next = dequeue(hart);
    return next == nullptr ? hart.idle : next;
}

void run_next(Hart& hart, Thread& next) noexcept {
    next.state = ThreadState::running;
    hart.current = &next;
    ++hart.switches;
}

[[noreturn]] void idle_loop() noexcept {
    Hart& hart = this_hart();
    for (;;) {
        arch::disable_interrupts();
        std::uint64_t expected = 0;
        if (hart.inbox.load(Order::relaxed) == nullptr && hart.ready_mask == 0 &&
            hart.dead == nullptr && // somebody may wait for what an ended thread had
            hart.wake.word.compare_exchange(expected, kWakePoke, Order::acq_rel, Order::relaxed)) {
            set_timer(hart, true);
            // A waker that saw the bit interrupts us; pending interrupts end wfi although they are
            // off. [F5] the compare and swap above comes before this load of inbox; pairs with the
            // push before the fetch_or in run_on().
            if (hart.inbox.load(Order::seq_cst) == nullptr)
                arch::wait_for_interrupt();
            hart.wake.word.fetch_and(~kWakePoke, Order::acq_rel);
            arch::clear_software_interrupt();
            // Interrupts stay off, so no trap does this; the other two kinds are seen to by
            // choose().
            if ((CW_CSR_READ(sip) & 1u << arch::kExternal) != 0)
                interrupts_handle();
        }
        Thread* next = choose(hart);
        if (next != hart.idle) {
            set_timer(hart, false);
            hart.idle->state = ThreadState::ready;
            run_next(hart, *next);
            switch_from(hart.idle, next);
        }
    }
}

} // namespace

Hart& hart(unsigned index) noexcept {
    return harts[index];
}
unsigned hart_count() noexcept {
    return harts_running;
}
void set_hart_count(unsigned count) noexcept {
    harts_running = count;
}

Hart& least_loaded_hart() noexcept {
    unsigned best = 0;
    for (unsigned i = 1; i < harts_running; ++i) {
        if (thread_counts[i] < thread_counts[best])
            best = i;
    }
    return harts[best];
}

void hart_initialise(unsigned index, std::uint32_t id, std::uint64_t sswi_registers) noexcept {
    Hart& hart = harts[index];
    hart.id = id;
    hart.index = index;
    hart.wake.hart = &hart;
    hart.wake.poke =
        sswi_registers == 0
            ? nullptr
            : direct_as<volatile std::uint32_t>(sswi_registers + 4 * std::uint64_t{id});
    auto idle = thread_create_kernel("idle", 0, &idle_loop);
    CW_ASSERT(idle.has_value());
    hart.idle = *idle;
    hart.idle->hart = &hart;
    hart.idle->state = ThreadState::running;
    hart.current = hart.idle;
    const auto spare = allocate_stack(2);
    CW_ASSERT(spare.has_value());
    hart.spare_stack_top = *spare;
}

void hart_enter(unsigned index) noexcept {
    resume(harts[index].idle);
}

WakeGrant wake_grant_for(Thread& thread) noexcept {
    return {&thread.hart->wake, std::uint64_t{1} << thread.wake_slot};
}

void thread_wake(Thread& thread) noexcept {
    WakeWord& wake = thread.hart->wake;
    const std::uint64_t before =
        wake.word.fetch_or(std::uint64_t{1} << thread.wake_slot, Order::acq_rel); // [R6]
    if (before == kWakePoke)
        arch::poke(*thread.hart);
}

void run_on(Hart& target, RemoteWork& work) noexcept {
    RemoteWork* head = target.inbox.load(Order::relaxed);
    do {
        work.next = head;
    } while (
        !target.inbox.compare_exchange(head, &work, Order::seq_cst, Order::relaxed)); // [R8], [F5]
    arch::poke(target);
}

namespace {
void attach(Hart& hart, Thread& thread) noexcept {
    thread.next_in_slot = hart.slots[thread.wake_slot];
    hart.slots[thread.wake_slot] = &thread;
    enqueue(hart, thread);
}
} // namespace

void thread_assign(Thread& thread, Hart& home) noexcept {
    thread.hart = &home;
    thread.wake_slot = __atomic_fetch_add(&home.next_slot, 1, __ATOMIC_RELAXED) % kWakeSlots;
    __atomic_fetch_add(&thread_counts[home.index], 1, __ATOMIC_RELAXED);
}

void thread_unassign(Thread& thread) noexcept {
    __atomic_fetch_sub(&thread_counts[thread.hart->index], 1, __ATOMIC_RELAXED);
}

void thread_start(Thread& thread) noexcept {
    const arch::InterruptsOff off;
    thread.start_work.run = [](RemoteWork& work) {
        Thread& started = *reinterpret_cast<Thread*>(reinterpret_cast<char*>(&work) -
                                                     offsetof(Thread, start_work));
        attach(*started.hart, started);
    };
    if (thread.hart == &this_hart())
        attach(*thread.hart, thread);
    else
        run_on(*thread.hart, thread.start_work);
}

void reschedule() noexcept {
    Hart& hart = this_hart();
    Thread* self = current();
    if (self->state == ThreadState::running && self != hart.idle) {
        // Only let others of the same or a higher priority go first.
        drain_wakes(hart);
        run_deadlines(hart);
        if (hart.ready_mask == 0 || (hart.ready_mask >> self->priority) == 0) {
            set_timer(hart, false);
            return;
        }
        enqueue(hart, *self);
    }
    Thread* next = choose(hart);
    if (next == self) {
        run_next(hart, *self);
        return;
    }
    set_timer(hart, next == hart.idle);
    run_next(hart, *next);
    switch_from(self, next);
}

Status kernel_wait(std::uint64_t deadline) noexcept {
    const arch::InterruptsOff off;
    Thread* self = current();
    Hart& hart = *self->hart;
    drain_wakes(hart);
    if (take_latch(hart, *self))
        return Status::ok;
    if (deadline != kNoTime) {
        if (deadline <= arch::ticks())
            return Status::timed_out;
        add_deadline(hart, *self, deadline);
    }
    self->state = ThreadState::waiting;
    self->user_ticks = 0;
    reschedule();
    return static_cast<Status>(self->saved.a0);
}

void thread_exit() noexcept {
    arch::disable_interrupts();
    Thread* self = current();
    Hart& hart = *self->hart;
    Thread** link = &hart.slots[self->wake_slot];
    while (*link != nullptr && *link != self)
        link = &(*link)->next_in_slot;
    if (*link != nullptr)
        *link = self->next_in_slot;
    static_cast<void>(take_latch(hart, *self));
    thread_unassign(*self);
    self->state = ThreadState::ended;
    Thread* next = choose(hart);
    set_timer(hart, next == hart.idle);
    run_next(hart, *next);
    // Not before choose(): it frees what is in the list.
    self->next_dead = hart.dead;
    hart.dead = self;
    resume(next);
}

void on_timer() noexcept {
    Thread* self = current();
    set_timer(*self->hart, false);
    reschedule();
}

void on_software_interrupt() noexcept {
    arch::clear_software_interrupt();
    reschedule();
}

/// Called by trap.S with the caller's place saved, if the common way is not open: the thread to run
/// next, which sits in wait() as well.
extern "C" Thread*
user_wait(std::uint64_t deadline, std::uint64_t doorbell, Thread* self) noexcept {
    Hart& hart = *self->hart;
    self->resume_kind = ResumeKind::user;
    self->saved.a0 = 0;
    self->user_ticks = 0;
    if (doorbell != abi::kNoDoorbell) {
        if (doorbell >= self->wake_limit) {
            self->saved.a0 = static_cast<std::uint64_t>(Status::out_of_range);
            return self;
        }
        const WakeGrant& grant = self->wake_base[doorbell];
        if (grant.word->word.fetch_or(grant.mask, Order::acq_rel) == kWakePoke) // [R6]
            arch::poke(*grant.word->hart);
    }
    drain_wakes(hart);
    if (self->doomed)
        thread_exit();
    if (take_latch(hart, *self))
        return self;
    if (deadline == kNoTime) {
        self->handover = &hart;
    } else {
        if (deadline <= arch::ticks()) {
            self->saved.a0 = static_cast<std::uint64_t>(Status::timed_out);
            return self;
        }
        add_deadline(hart, *self, deadline);
    }
    self->state = ThreadState::waiting;
    run_deadlines(hart);
    Thread* next = dequeue(hart);
    if (next == nullptr)
        next = hart.idle;
    run_next(hart, *next);
    if (next == hart.idle || hart.deadlines != nullptr)
        set_timer(hart, next == hart.idle);
    if (next->resume_kind != ResumeKind::user)
        resume(next);
    return next;
}

} // namespace cw::kernel
