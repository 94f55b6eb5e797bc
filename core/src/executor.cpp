// The executor's loop and its control entries.
#include "runtime.hpp"
#include <cw/abi/syscall.hpp>
#include <cw/core/arch/context.hpp>

namespace cw {

using namespace runtime;

namespace {

void add_module(Executor& executor, const abi::ControlEntry& entry) noexcept {
    ModuleState& module = *reinterpret_cast<ModuleState*>(entry.a);
    if (executor.module_count == kMaxExecutorModules) {
        platform::report(abi::Report::module_started, entry.e, static_cast<std::uint64_t>(Status::no_resource), 0);
        return;
    }
    executor.modules[executor.module_count++] = &module;
    static_cast<void>(enter_module(module));
    auto* constructors = reinterpret_cast<void (**)()>(entry.b);
    for (std::uint64_t i = 0; i < entry.c; ++i)
        constructors[i]();
    if (entry.d != 0)
        reinterpret_cast<void (*)()>(entry.d)();
    leave_module(module);
    platform::report(abi::Report::module_started, entry.e, 0, 0);
}

/// False: the module is busy on another thread; to be tried again when that rings.
bool remove_module(Executor& executor, const abi::ControlEntry& entry) noexcept {
    auto* module = reinterpret_cast<ModuleState*>(entry.a);
    if (!enter_module(*module)) // and never left: nobody enters it again
        return false;
    forget_module(executor, *module);
    platform::report(abi::Report::module_removed, entry.e, 0, 0);
    return true;
}

/// Reports at a point where no code of the client module runs, so that its slots may be changed.
bool relink(const abi::ControlEntry& entry) noexcept {
    auto* module = reinterpret_cast<ModuleState*>(entry.a);
    if (!enter_module(*module))
        return false;
    platform::report(abi::Report::relink, entry.e, 0, 0);
    leave_module(*module);
    return true;
}

void add_client(Executor& executor, const abi::ControlEntry& entry) noexcept {
    ClientEnd& end = executor.clients[entry.index];
    auto* mine = reinterpret_cast<IndexPage*>(entry.b);
    auto* theirs = reinterpret_cast<const IndexPage*>(entry.c);
    end = ClientEnd{};
    end.submissions = {&mine->producer, &theirs->consumer, abi::kSubmissionSlots, abi::kFirstIndex};
    end.completions = {&mine->consumer, &theirs->producer, abi::kCompletionSlots, abi::kFirstIndex};
    end.submission_slots = reinterpret_cast<RingMessage*>(entry.b + abi::kSlotsOffset);
    end.completion_slots = reinterpret_cast<const RingMessage*>(entry.c + abi::kSlotsOffset);
    end.credits = abi::kChannelCredits;
    end.doorbell = static_cast<std::uint32_t>(entry.d);
    end.index = entry.index;
    end.module = reinterpret_cast<ModuleState*>(entry.a);
    if (executor.client_count <= entry.index)
        executor.client_count = entry.index + 1;
}

void add_server(Executor& executor, const abi::ControlEntry& entry) noexcept {
    ServerEnd& end = executor.servers[entry.index];
    auto* theirs = reinterpret_cast<const IndexPage*>(entry.b);
    auto* mine = reinterpret_cast<IndexPage*>(entry.c);
    end.submissions = {&mine->consumer, &theirs->producer, abi::kSubmissionSlots, abi::kFirstIndex};
    end.completions = {&mine->producer, &theirs->consumer, abi::kCompletionSlots, abi::kFirstIndex};
    end.submission_slots = reinterpret_cast<const RingMessage*>(entry.b + abi::kSlotsOffset);
    end.completion_slots = reinterpret_cast<RingMessage*>(entry.c + abi::kSlotsOffset);
    end.methods = reinterpret_cast<const abi::MethodTable*>(entry.e);
    end.areas = reinterpret_cast<const abi::BufferAreas*>(entry.f);
    end.doorbell = static_cast<std::uint32_t>(entry.d);
    end.index = entry.index;
    // The kernel zeroed the entry and set `queued`; synchronous callers may have used both already.
    end.module = reinterpret_cast<ModuleState*>(entry.a);
    if (executor.server_count <= entry.index)
        executor.server_count = entry.index + 1;
}

/// False: the module is busy on another thread; to be tried again when that rings.
bool close_end(Executor& executor, const abi::ControlEntry& entry) noexcept {
    ModuleState* module = nullptr;
    if (entry.a != 0) {
        ClientEnd& end = executor.clients[entry.index];
        module = end.module;
        if (!enter_module(*module))
            return false;
        close_client(executor, end);
        end.module = nullptr; // not polled any more; the kernel now takes the slots that lead here away
        platform::report(abi::Report::end_closed, entry.index | std::uint64_t{1} << 32, 0, 0);
        leave_module(*module);
    } else {
        ServerEnd& end = executor.servers[entry.index];
        close_server(executor, end);
        end.module = nullptr;
        if (end.suspended == nullptr) // else the last of its handlers reports
            platform::report(abi::Report::end_closed, entry.index, 0, 0);
    }
    return true;
}

bool run_control(Executor& executor) noexcept {
    if (!executor.control.pending()) [[likely]]
        return false;
    std::uint32_t count = executor.control.available();
    const bool any = count != 0;
    for (; count != 0; --count) {
        const abi::ControlEntry entry = executor.control_entries[executor.control.slot()];
        const bool done = entry.kind == abi::ControlKind::close_end       ? close_end(executor, entry)
                          : entry.kind == abi::ControlKind::remove_module ? remove_module(executor, entry)
                          : entry.kind == abi::ControlKind::relink        ? relink(entry)
                                                                          : true;
        if (!done)
            return false; // nothing behind it may overtake it; who holds the module rings us when it leaves
        executor.control.take();
        executor.control.release();
        switch (entry.kind) {
        case abi::ControlKind::add_module:
            add_module(executor, entry);
            break;
        case abi::ControlKind::add_client:
            add_client(executor, entry);
            break;
        case abi::ControlKind::add_server:
            add_server(executor, entry);
            break;
        default:
            break;
        }
    }
    return any;
}

/// Completes who waits for an interrupt that has come.
void run_interrupts(Executor& executor) noexcept {
    for (std::uint32_t i = 0; i < kMaxExecutorInterrupts; ++i) {
        Pending* waiter = executor.interrupt_waiter[i];
        if (waiter == nullptr)
            continue;
        const std::uint64_t count = executor.interrupt_counts[i].load(Order::acquire); // [A9]
        if (count == executor.interrupts_seen[i] || !enter_module(*waiter->waiter.module))
            continue;
        executor.interrupts_seen[i] = count;
        executor.interrupt_waiter[i] = nullptr;
        --executor.interrupt_waiters;
        if (waiter->state == PendingState::in_flight)
            waiter->status = Status::ok;
        waiter->request.words[0] = count;
        finish(executor, *waiter);
        leave_module(*waiter->waiter.module);
    }
}

bool run_lists(Executor& executor) noexcept {
    if (executor.inbox.load(Order::relaxed) != nullptr) {
        Ready* newest = executor.inbox.exchange(nullptr, Order::acquire); // [A5]
        Ready* oldest = nullptr;
        while (newest != nullptr) {
            Ready* next = newest->next;
            newest->next = oldest;
            oldest = newest;
            newest = next;
        }
        while (oldest != nullptr) {
            Ready* next = oldest->next;
            push_local(executor, *oldest);
            oldest = next;
        }
    }
    Ready* item = executor.ready;
    if (item == nullptr)
        return false;
    executor.ready = nullptr; // what becomes ready from now on runs in the next round
    while (item != nullptr) {
        Ready* next = item->next;
        run_ready(executor, *item);
        item = next;
    }
    return true;
}

/// Rings every peer that asked to be woken for what we published. One doorbell is returned instead, for wait() to ring.
/// Requires: a full fence since the last publish ([F1]).
std::uint64_t flush_after_fence(Executor& executor) noexcept {
    std::uint64_t last = abi::kNoDoorbell;
    const auto ring = [&](std::uint32_t doorbell) noexcept {
        ++executor.statistics.wakes;
        if (last != abi::kNoDoorbell)
            platform::wake(static_cast<std::uint32_t>(last));
        last = doorbell;
    };
    for (std::uint64_t dirty = executor.dirty_clients; dirty != 0; dirty &= dirty - 1) {
        ClientEnd& end = executor.clients[__builtin_ctzll(dirty)];
        if (end.submissions.flush_after_fence())
            ring(end.doorbell);
    }
    executor.dirty_clients = 0;
    for (std::uint64_t dirty = executor.dirty_servers; dirty != 0; dirty &= dirty - 1) {
        ServerEnd& end = executor.servers[__builtin_ctzll(dirty)];
        if (end.completions.flush_after_fence())
            ring(end.doorbell);
    }
    executor.dirty_servers = 0;
    return last;
}

/// Arms every ring, fences once, looks once more; true if there is nothing to do.
bool prepare_wait(Executor& executor) noexcept {
    for (std::uint32_t i = 0; i < executor.client_count; ++i) {
        if (executor.clients[i].module != nullptr)
            executor.clients[i].completions.arm();
    }
    for (std::uint32_t i = 0; i < executor.server_count; ++i) {
        if (executor.servers[i].module != nullptr)
            executor.servers[i].submissions.arm();
    }
    executor.control.arm();
    fence(Order::seq_cst); // [F2] for every ring just armed, and [F1] for every ring published to
    for (std::uint32_t i = 0; i < executor.client_count; ++i) {
        const ClientEnd& end = executor.clients[i];
        if (end.module != nullptr && end.completions.pending() && !end.completions.faulted())
            return false;
    }
    for (std::uint32_t i = 0; i < executor.server_count; ++i) {
        const ServerEnd& end = executor.servers[i];
        if (end.module != nullptr && end.submissions.pending() && !end.submissions.faulted())
            return false;
    }
    return !executor.control.pending() && executor.inbox.load(Order::relaxed) == nullptr && executor.ready == nullptr;
}

} // namespace

void executor_create(Executor& executor, const abi::StartBlock& start) noexcept {
    executor.start = &start;
    auto* kernel_page = reinterpret_cast<const IndexPage*>(start.control);
    executor.control = {&executor.control_page->consumer, &kernel_page->producer, abi::kControlSlots, abi::kFirstIndex};
    executor.control_entries = reinterpret_cast<const abi::ControlEntry*>(start.control + abi::kSlotsOffset);
}

void executor_run(Executor& executor) noexcept {
    for (;;) {
        run_control(executor);
        for (std::uint32_t i = 0; i < executor.client_count; ++i) {
            ClientEnd& end = executor.clients[i];
            if (end.module != nullptr && end.completions.pending())
                poll_client(executor, end);
        }
        for (std::uint32_t i = 0; i < executor.module_count; ++i)
            run_mailbox(executor, *executor.modules[i]);
        for (std::uint32_t i = 0; i < executor.server_count; ++i) {
            ServerEnd& end = executor.servers[i];
            if (end.module != nullptr && end.submissions.pending())
                poll_server(executor, end);
        }
        run_lists(executor);
        if (executor.interrupt_waiters != 0)
            run_interrupts(executor);
        const std::uint64_t deadline = run_deadlines(executor);
        if (prepare_wait(executor)) {
            const std::uint64_t doorbell = flush_after_fence(executor);
            ++executor.statistics.waits;
            platform::wait(deadline, doorbell);
        }
    }
}

} // namespace cw
