// Tracing on and off, and what the nucleus itself has to say.
#include "trace_rings.hpp"

#include "kmem_trace.hpp"
#include "modules.hpp"
#include <algorithm>
#include <array>
#include <cstring>
#include <cw/core/arch/counter.hpp>
#include <cw/core/variables/trace.hpp>
#include <cw/nucleus/log.hpp>
#include <utility>

namespace cw::kernel {

using namespace traced;
using trace::What;

namespace {

using Words = std::array<std::uint64_t, trace::kArgs>;
using OwnWriter = TraceWriter<TracePolicy::block, trace::kArgs, trace::kReaders>;

bool on;
TracePolicy wanted_policy;
std::uint32_t wanted_records;
std::uint32_t untraced;
TracedRing* own; ///< Of the nucleus; null: off.
OwnWriter own_writer;
std::uint64_t own_dropped;

bool record(What what, const Words& words) noexcept {
    return own_writer.record(::cw::arch::counter(),
                             static_cast<std::uint32_t>(what),
                             words[0],
                             words[1],
                             words[2],
                             words[3]);
}
[[gnu::noinline, gnu::cold]] void find_room_and_record(What what, Words words) noexcept {
    if (!record(what, words))
        own->block().words.dropped.store(++own_dropped, Order::relaxed);
}

void end_own() noexcept {
    if (own != nullptr)
        own->block().close();
    own = nullptr;
}

Status begin_own() noexcept {
    const auto ring = make(nullptr, wanted_policy, wanted_records);
    if (!ring)
        return ring.error();
    kmem_trace::ring_ends();
    end_own();
    own = *ring;
    own_dropped = 0;
    own_writer = {&own->block().words, own->block().slots(), own->records};
    for (std::uint32_t i = 0; i < trace::kReaders && wanted_policy != TracePolicy::overwrite; ++i)
        own_writer.set_cursor(i, &cursor_view(i, own->slot));
    kmem_trace::ring_begins();
    return Status::ok;
}

/// For the names of what is there.
void say_all() noexcept {
    for (const ModuleInstance* m = registry().modules; m != nullptr; m = m->next)
        trace_module(*m, trace::ModuleNews::present);
    for (const Channel* channel = registry().channels; channel != nullptr; channel = channel->next)
        trace_channel(*channel);
}

/// Has the executor record in this ring; null: nowhere. False: it does not listen.
bool tell(ExecutorRecord& record, const TracedRing* ring) noexcept {
    if (record.domain->ended || !executor_listens(record, 1))
        return false;
    abi::ControlEntry entry{};
    entry.kind = abi::ControlKind::trace;
    if (ring != nullptr) {
        entry.index = static_cast<std::uint32_t>(ring->policy);
        entry.a = ring->segment->base;
        entry.b = ring->records;
        if (ring->policy != TracePolicy::overwrite) {
            std::uint64_t* const cursors[] = {&entry.c, &entry.d, &entry.e, &entry.f};
            for (std::uint32_t i = 0; i < trace::kReaders; ++i)
                *cursors[i] = cursor_at(i, ring->slot);
        }
    }
    executor_tell(record, entry);
    return true;
}

/// Calls of all modules are recorded, or no longer; and modules are told whether their own events
/// are wanted.
void turn_modules() noexcept {
    for (ModuleInstance* m = registry().modules; m != nullptr; m = m->next) {
        if (m->domain->ended)
            continue;
        turn_calls(*m);
        auto& traced = *static_cast<Atomic<std::uint64_t>*>(
            image_view(*m, m->image->module().state + offsetof(ModuleState, traced)));
        traced.store(on ? 1 : 0, Order::relaxed);
    }
}

} // namespace

bool tracing() noexcept {
    return on;
}

void trace_equip(ExecutorRecord& record) noexcept {
    if (!on)
        return;
    const auto ring = make(&record, wanted_policy, wanted_records);
    if (ring && tell(record, *ring)) {
        record.traced = true;
        return;
    }
    if (ring)
        discard(**ring);
    ++untraced;
    log::line("trace: {} is not traced: {}",
              record.domain->name,
              ring ? std::string_view{"it takes nothing that the kernel tells it"}
                   : name_of(ring.error()));
}

void trace_executor_gone(ExecutorRecord& record) noexcept {
    for (TracedRing* ring = oldest(); ring != nullptr; ring = ring->next) {
        if (ring->executor == &record) {
            ring->block().close();
            ring->executor = nullptr;
        }
    }
    sweep();
}

Status trace_start(TracePolicy policy, std::uint32_t records) noexcept {
    if (policy > TracePolicy::block || records < trace::kFewestRecords ||
        records > trace::kMostRecords || (records & (records - 1)) != 0)
        return Status::invalid_argument;
    if (const Status status = make_cursors(); status != Status::ok)
        return status;
    const TracePolicy policy_before = std::exchange(wanted_policy, policy);
    const std::uint32_t records_before = std::exchange(wanted_records, records);
    sweep(!on);
    if (const Status status = begin_own(); status != Status::ok) {
        wanted_policy = policy_before;
        wanted_records = records_before;
        return status;
    }
    const bool was_on = std::exchange(on, true);
    untraced = 0;
    if (!was_on)
        forget_unread();
    say_all();
    for (ExecutorRecord* record = all_executors(); record != nullptr; record = record->next) {
        if (!record->domain->ended)
            trace_equip(*record);
    }
    if (!was_on)
        turn_modules();
    return Status::ok;
}

void trace_stop() noexcept {
    if (!on)
        return;
    on = false;
    turn_modules();
    for (ExecutorRecord* record = all_executors(); record != nullptr; record = record->next) {
        if (record->traced && tell(*record, nullptr))
            record->traced = false;
    }
    say_all();
    kmem_trace::ring_ends();
    end_own();
}

trace::State trace_status() noexcept {
    trace::State state{};
    state.on = on ? 1 : 0;
    state.wanted = {static_cast<std::uint32_t>(wanted_policy), wanted_records};
    state.readers = open_readers();
    state.untraced = untraced;
    state.unread = unread();
    state.recorded = state.unread;
    for (const TracedRing* ring = oldest(); ring != nullptr; ring = ring->next) {
        const trace::Block& block = ring->block();
        const std::uint64_t dropped = block.words.dropped.load(Order::relaxed);
        ++state.rings;
        state.dropped += dropped;
        state.recorded += block.words.end.load(Order::relaxed) + dropped;
    }
    return state;
}

void trace_count(trace::Rings& counts) noexcept {
    counts.on = on ? 1 : 0;
    counts.unread = unread();
    for (const TracedRing* ring = oldest(); ring != nullptr; ring = ring->next) {
        if (counts.count < counts.rings.size()) {
            trace::RingCounts& one = counts.rings[counts.count];
            std::memcpy(one.name.data(), ring->name, one.name.size());
            one.track = ring->track;
            one.domain = ring->domain;
            one.recorded = ring->block().words.end.load(Order::relaxed);
            one.dropped = ring->block().words.dropped.load(Order::relaxed);
        }
        ++counts.count;
    }
}

void trace_say(
    What what, std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d) noexcept {
    if (own == nullptr)
        return;
    if (own_writer.looks_for_room()) [[unlikely]]
        find_room_and_record(what, {a, b, c, d});
    else
        static_cast<void>(record(what, {a, b, c, d}));
}

void trace_module(const ModuleInstance& instance, trace::ModuleNews news) noexcept {
    if (own == nullptr)
        return;
    std::uint64_t name[2]{};
    static_assert(sizeof(name) == trace::kNameBytes);
    const std::string_view whole = instance.image->name();
    std::memcpy(name, whole.data(), std::min(whole.size(), sizeof(name)));
    trace_say(What::module,
              instance.id | std::uint64_t{instance.domain->id} << 32,
              static_cast<std::uint64_t>(news),
              name[0],
              name[1]);
}

void trace_channel(const Channel& channel) noexcept {
    if (channel.provider == nullptr)
        return;
    trace_say(What::channel,
              channel.number,
              channel.client_id | std::uint64_t{channel.provider->id} << 32,
              0,
              0);
}

} // namespace cw::kernel

namespace cw::platform {

void record_passing(trace::What what, const std::uint64_t (&words)[trace::kArgs]) noexcept {
    using namespace kernel;
    const Locked hold{kernel_lock};
    if (on)
        trace_say(what, words[0], words[1], words[2], words[3]);
}

} // namespace cw::platform
