#include "control.hpp"
#include "runtime.hpp"
#include "trace.hpp"
#include <cw/core/stop.hpp>
#include <utility>

namespace cw::runtime {

namespace {

void add_module(Executor& executor, const abi::ControlEntry& entry) noexcept {
    ModuleState& module = *reinterpret_cast<ModuleState*>(entry.a);
    if (is_stopped(module)) // it broke, and this thread left everything as it was
        return;
    if (executor.module_count == kMaxExecutorModules) {
        platform::report(abi::Report::module_started,
                         entry.e,
                         static_cast<std::uint64_t>(Status::no_resource),
                         0);
        return;
    }
    module.pool_entries = static_cast<std::uint32_t>(entry.f);
    pool_create(module.pendings, &module.free, &module, nullptr, module.pool_entries);
    executor.modules[executor.module_count++] = &module;
    static_cast<void>(enter_module(module)); // nobody else knows it yet
    auto* constructors = reinterpret_cast<void (**)()>(entry.b);
    for (std::uint64_t i = 0; i < entry.c && !is_stopped(module); ++i)
        constructors[i]();
    if (entry.d != 0 && !is_stopped(module))
        reinterpret_cast<void (*)()>(entry.d)();
    leave_module(executor, module);
    platform::report(abi::Report::module_started, entry.e, 0, 0);
}

/// Has a ring armed before the next sleep. Each is in the list once at most, so that it cannot
/// grow.
void arm_later(Executor& executor, RingConsumer<NativeSync>& ring) noexcept {
    std::uint8_t& count = executor.errands.unarmed;
    for (std::uint32_t k = 0; k < count; ++k) {
        if (executor.unarmed[k] == &ring)
            return;
    }
    executor.unarmed[count++] = &ring;
}

void add_ring(Executor& executor, RingConsumer<NativeSync>& ring, abi::RingTag tag) noexcept {
    *executor.rings_end++ = {&ring, tag};
    arm_later(executor, ring);
}

void add_client(Executor& executor, const abi::ControlEntry& entry) noexcept {
    ClientEnd& end = executor.clients[entry.index];
    auto* mine = reinterpret_cast<IndexPage*>(entry.b);
    auto* theirs = reinterpret_cast<const IndexPage*>(entry.c);
    end = ClientEnd{};
    end.carriers = ~std::uint64_t{0};
    end.cancel_end = abi::kFirstIndex;
    end.submissions.ring = {
        &mine->producer, &theirs->consumer, abi::kSubmissionSlots, abi::kFirstIndex};
    end.submissions.doorbell = static_cast<std::uint32_t>(entry.d);
    end.submissions.executor = &executor;
    end.completions = {&mine->consumer, &theirs->producer, abi::kCompletionSlots, abi::kFirstIndex};
    end.submission_slots = reinterpret_cast<RingMessage*>(entry.b + abi::kSlotsOffset);
    end.completion_slots = reinterpret_cast<const RingMessage*>(entry.c + abi::kSlotsOffset);
    end.index = entry.index;
    end.module = reinterpret_cast<ModuleState*>(entry.a);
    end.pendings = reinterpret_cast<Pending*>(entry.e);
    pool_create(end.pendings, &end.free, end.module, &end);
    add_ring(executor, end.completions, abi::client_ring_tag(entry.index));
}

void add_server(Executor& executor, const abi::ControlEntry& entry) noexcept {
    ServerEnd& end = executor.servers[entry.index];
    auto* theirs = reinterpret_cast<const IndexPage*>(entry.b);
    auto* mine = reinterpret_cast<IndexPage*>(entry.c);
    end.submissions = {&mine->consumer, &theirs->producer, abi::kSubmissionSlots, abi::kFirstIndex};
    end.completions.ring = {
        &mine->producer, &theirs->consumer, abi::kCompletionSlots, abi::kFirstIndex};
    end.completions.doorbell = static_cast<std::uint32_t>(entry.d);
    end.completions.executor = &executor;
    end.submission_slots = reinterpret_cast<const RingMessage*>(entry.b + abi::kSlotsOffset);
    end.completion_slots = reinterpret_cast<RingMessage*>(entry.c + abi::kSlotsOffset);
    end.methods = reinterpret_cast<const abi::MethodTable*>(entry.e);
    end.areas = reinterpret_cast<const abi::BufferAreas*>(entry.f);
    end.index = entry.index;
    // The kernel zeroed the entry and set `queued`; synchronous callers may have used both already.
    end.module = reinterpret_cast<ModuleState*>(entry.a);
    add_ring(executor, end.submissions, abi::server_ring_tag(entry.index));
}

/// True if no other thread is in the module, for the home executor to look after it.
bool enter_or_stopped(ModuleState& module) noexcept {
    return enter_module(module) || is_stopped(module);
}

bool pool_unused(const ClientEnd& end) noexcept {
    for (std::uint32_t i = 0; i < kPoolPendings; ++i) {
        if (end.pendings[i].outcome.state() != PendingState::free)
            return false;
    }
    return true;
}

/// Gives the pools of closed channels back whose last futures have gone.
void release_pools(Executor& executor) noexcept {
    for (ClientEnd& end : executor.clients) {
        if (!end.lingering || !enter_module(*end.module))
            continue;
        ModuleState& module = *end.module;
        if (pool_unused(end))
            report_pool_unused(end);
        leave_module(executor, module);
    }
}

/// False: the module is busy on another thread; to be tried again when that rings.
bool close_end(Executor& executor, const abi::ControlEntry& entry) noexcept {
    if (entry.a == 0) {
        ServerEnd& end = executor.servers[entry.index];
        ModuleState& module = *end.module;
        if (!enter_or_stopped(module))
            return false;
        if (is_stopped(module))
            end.suspended = nullptr; // they will not answer, and their frames are not looked at
        else // synchronous calls that are queued lie in the channel's memory
            run_mailbox(executor, module);
        close_server(executor, end);
        end.leaving = true;
        report_if_quiet(end); // else the last of its handlers does
        leave_module(executor, module);
        return true;
    }
    ClientEnd& end = executor.clients[entry.index];
    ModuleState& module = *end.module;
    if (!enter_or_stopped(module))
        return false;
    close_client(executor, end);
    const bool stopped = is_stopped(module);
    if (stopped) // nobody holds a future
        drop_all_ready(executor, module);
    // The kernel now takes away the slots that lead here; the pool's memory too, if no future holds
    // an entry any more.
    if (stopped || pool_unused(end)) {
        report_pool_unused(end);
    } else {
        end.lingering = true;
        platform::report(abi::Report::end_closed, end.index | std::uint64_t{1} << 32, 0, 0);
    }
    leave_module(executor, module);
    return true;
}

/// False: as close_end().
bool remove_module(Executor& executor, const abi::ControlEntry& entry) noexcept {
    auto* module = reinterpret_cast<ModuleState*>(entry.a);
    if (!enter_or_stopped(*module)) // and never left: nobody enters it again
        return false;
    stop_module(*module);
    abandon_module(executor, *module);
    platform::report(abi::Report::relink, entry.e, 1, 0);
    report_if_unknown(executor, *module);
    return true;
}

/// Reports at a point where no code of the client module runs, so that its slots may be changed.
/// False: as close_end().
bool relink(Executor& executor, const abi::ControlEntry& entry) noexcept {
    auto* module = reinterpret_cast<ModuleState*>(entry.a);
    if (!enter_or_stopped(*module))
        return false;
    platform::report(abi::Report::relink, entry.e, 0, 0);
    leave_module(executor, *module);
    return true;
}

bool carry_out(Executor& executor, const abi::ControlEntry& entry) noexcept {
    switch (entry.kind) {
    case abi::ControlKind::add_module:
        add_module(executor, entry);
        return true;
    case abi::ControlKind::add_client:
        add_client(executor, entry);
        return true;
    case abi::ControlKind::add_server:
        add_server(executor, entry);
        return true;
    case abi::ControlKind::close_end:
        return close_end(executor, entry);
    case abi::ControlKind::remove_module:
        return remove_module(executor, entry);
    case abi::ControlKind::relink:
        return relink(executor, entry);
    case abi::ControlKind::trace:
        trace_into(executor, entry);
        return true;
    }
    return true;
}

} // namespace

void run_control(Executor& executor) noexcept {
    arm_later(executor, executor.control);
    release_pools(executor); // as good a moment as any: what comes may need the memory
    // Carrying one out may bring the next: a relinked slot leads to an end that is added by what
    // follows.
    while (executor.control.available() != 0) {
        const abi::ControlEntry entry = executor.control_entries[executor.control.slot()];
        if (!carry_out(executor, entry))
            return; // nothing behind it may overtake it
        executor.control.take();
        executor.control.release();
    }
}

void remove_ring(Executor& executor,
                 const RingConsumer<NativeSync>& ring,
                 Outgoing& outgoing) noexcept {
    PolledRing* polled = executor.rings + 1;
    while (polled != executor.rings_end && polled->ring != &ring)
        ++polled;
    if (polled == executor.rings_end)
        return;
    // Its pages may go. The hot ring is no longer the hot one, but may have been taken from.
    if (executor.hot_place != polled)
        arm_later(executor, *executor.hot.ring);
    std::uint8_t& count = executor.errands.unarmed;
    for (std::uint32_t k = 0; k < count; ++k) {
        if (executor.unarmed[k] == &ring)
            executor.unarmed[k] = executor.unarmed[--count];
    }
    if (outgoing.next_dirty != nullptr) {
        Outgoing** link = &executor.dirty;
        while (*link != &outgoing)
            link = &(*link)->next_dirty;
        *link = std::exchange(outgoing.next_dirty, nullptr);
    }
    *polled = *--executor.rings_end;
    set_hot(executor, executor.rings);
}

} // namespace cw::runtime
