// The recording side of tracing.
#include "trace.hpp"
#include "ops.hpp"
#include "platform_wait.hpp"
#include <cw/core/arch/counter.hpp>
#include <cw/core/traced_call.hpp>

namespace cw {

namespace runtime {

void trace_into(Executor& executor, const abi::ControlEntry& entry) noexcept {
    ExecutorTrace& mine = executor.trace;
    if (mine.on())
        mine.block->close();
    mine = ExecutorTrace{};
    if (entry.a == 0)
        return;
    auto* block = reinterpret_cast<trace::Block*>(entry.a);
    mine.writer = {&block->words, block->slots(), static_cast<std::uint32_t>(entry.b)};
    mine.policy = static_cast<TracePolicy>(entry.index);
    const std::uint64_t cursors[trace::kReaders] = {entry.c, entry.d, entry.e, entry.f};
    for (std::uint32_t i = 0; i < trace::kReaders; ++i) {
        if (cursors[i] != 0)
            mine.writer.set_cursor(i, reinterpret_cast<const trace::Cursor*>(cursors[i]));
    }
    mine.block = block;
}

namespace {

constexpr std::uint64_t kLooksPerSecond = 10'000; ///< At the cursors of those who are waited for.
constexpr unsigned kPatience = 100;               ///< Looks, until records are dropped.

using Words = const std::uint64_t (&)[trace::kArgs];

bool put(ExecutorTrace& mine, std::uint64_t at, trace::What what, Words words) noexcept {
    return mine.writer.record(
        at, static_cast<std::uint32_t>(what), words[0], words[1], words[2], words[3]);
}

void count_drop(ExecutorTrace& mine) noexcept {
    mine.block->words.dropped.store(++mine.dropped, Order::relaxed);
}

/// Looks now and then whether there is room. Whom it waits for may be dead, or wait for this very
/// thread: it gives up after a while, and the next record does not wait again.
[[maybe_unused, gnu::noinline]] bool
put_patiently(Executor& executor, std::uint64_t at, trace::What what, Words words) noexcept {
    ExecutorTrace& mine = executor.trace;
    const std::uint64_t pause = 1 + executor.start->ticks_per_second / kLooksPerSecond;
    for (unsigned looks = 0; looks < kPatience; ++looks) {
        static_cast<void>(platform::sleep(platform::now() + pause, abi::kNoDoorbell));
        if (put(mine, at, what, words))
            return true;
    }
    mine.impatient = true;
    return false;
}

} // namespace

[[gnu::noinline]] void record(Executor& executor,
                              trace::What what,
                              std::uint64_t a,
                              std::uint64_t b,
                              std::uint64_t c,
                              std::uint64_t d) noexcept {
    ExecutorTrace& mine = executor.trace;
    if (!mine.on())
        return; // since a moment ago
    const std::uint64_t words[trace::kArgs] = {a, b, c, d};
    const std::uint64_t at = arch::counter();
    if (put(mine, at, what, words)) [[likely]] {
        mine.impatient = false;
        return;
    }
    if constexpr (!kManyThreads) { // the kernel waits for nobody
        if (mine.policy == TracePolicy::block && !mine.impatient &&
            put_patiently(executor, at, what, words))
            return;
    }
    count_drop(mine);
}

void record_at_once(Executor& executor, trace::What what, std::uint64_t a) noexcept {
    if (!put(executor.trace, arch::counter(), what, {a, 0, 0, 0}))
        count_drop(executor.trace);
}

void note_here(trace::What what, std::uint64_t a, std::uint64_t b, std::uint64_t c) noexcept {
    Executor* const mine = arch::context()->executor;
    if constexpr (kManyThreads) {
        if (mine == nullptr) {
            platform::record_passing(what, {a, b, c, 0});
            return;
        }
    }
    note(*mine, what, a, b, c);
}

void ops::trace(
    ModuleState*, std::uint64_t name, std::uint64_t more_name, std::uint64_t a, std::uint64_t b) {
    Executor* const mine = arch::context()->executor;
    if constexpr (kManyThreads) {
        if (mine == nullptr) {
            platform::record_passing(trace::What::user, {name, more_name, a, b});
            return;
        }
    }
    if (mine->trace.on())
        record(*mine, trace::What::user, name, more_name, a, b);
}

} // namespace runtime

using namespace runtime;

std::uint64_t trace_called(const abi::Slot* slot) noexcept {
    const Edge& edge = *slot->edge;
    const ClientEnd& end = *edge.end;
    const std::uint64_t call = call_at(end, end.free == nullptr ? 0 : end.free->cookie);
    note_here(trace::What::called, call, edge.opcode, edge.client->id);
    return call;
}

void trace_came_back(std::uint64_t call, abi::RawFuture result) noexcept {
    note_here(trace::What::came_back, call, result.state > abi::kMaxErrorState ? 1 : 0, 0);
}

} // namespace cw
