// Measures what a call costs on every path, in retired instructions (exact under QEMU's -icount,
// one hart), and how many wake-ups it takes.
#include "allocating.hpp"
#include "cells.hpp"
#include "heaps.hpp"
#include "measure.hpp"
#include "placements.hpp"
#include "recording.hpp"
#include "subject.hpp"
#include <cw/core/batch.hpp>
#include <cw/core/executor.hpp>
#include <cw/core/service/cells.hpp>
#include <cw/core/service/heaps.hpp>
#include <cw/core/service/kmem_lab.hpp>
#include <cw/core/service/modules.hpp>
#include <cw/core/service/trace.hpp>
#include <cw/core/variables/clock.hpp>
#include <cw/modules/bench.hpp>
#include <cw/modules/bench/sequence_lock.hpp>
#include <cw/modules/console.hpp>
#include <cw/modules/echo.hpp>
#include <cw/modules/mate.hpp>
#include <cw/modules/swift.hpp>
#include <cw/sdk/arch/raw_calls.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/wait.hpp>

CW_MODULE(bench, {.version = {1, 0}});
CW_REQUIRE(cw::modules::load);
CW_REQUIRE(cw::modules::unload);
CW_REQUIRE(cw::modules::counters);
CW_REQUIRE(cw::memory::area);
CW_REQUIRE(cw::cells::create);
CW_REQUIRE(cw::cells::destroy);
CW_REQUIRE(cw::cells::open);
CW_REQUIRE(cw::cells::close);
CW_REQUIRE(cw::heaps::create);
CW_REQUIRE(cw::heaps::leave);
CW_REQUIRE(cw::kmem_lab::churn);
CW_REQUIRE(cw::trace::start);
CW_REQUIRE(cw::trace::stop);
CW_REQUIRE(console::put);
CW_REQUIRE(console::write);
CW_REQUIRE(echo::ping, cw::abi::kMethodOptional);
CW_REQUIRE(echo::null, cw::abi::kMethodOptional);
CW_REQUIRE(echo::block, cw::abi::kMethodOptional);
CW_REQUIRE(swift::ping, cw::abi::kMethodOptional);
CW_REQUIRE(swift::null, cw::abi::kMethodOptional);
CW_REQUIRE(mate::handoff, cw::abi::kMethodOptional);
CW_REQUIRE(mate::follow, cw::abi::kMethodOptional);
CW_PUBLISH(bench::subject);
CW_READ(bench::subject);
CW_READ(cw::clock::scale);

namespace {

using bench::area;
using bench::figure;
using bench::load;
using bench::overhead;
using bench::own_domain;
using bench::report;
using bench::say;
using bench::unload;
using cw::raw::instructions;
using Slot = cw::abi::Slot;

template <class M>
constexpr const Slot* slot_of(const cw::Method<M>&) noexcept {
    return &cw::SlotOf<M>::value;
}

cw::Task<> measure_direct() noexcept {
    const std::uint64_t base = overhead();
    const Slot* slot = slot_of(swift::ping);
    for (int i = 0; i < bench::kRepeats; ++i) {
        using Function = cw::abi::RawFuture (*)(const Slot*, std::uint64_t);
        const std::uint64_t before = instructions();
        const auto result = reinterpret_cast<Function>(slot->function)(slot, 1);
        asm volatile("" ::"r"(result.value));
        figure.add(instructions() - before - base);
    }
    static_cast<void>(co_await report("call.slot", "instructions"));
    for (int i = 0; i < bench::kRepeats; ++i) {
        const std::uint64_t before = instructions();
        const auto reply = co_await echo::ping({1});
        if (reply)
            asm volatile("" ::"r"(reply->value));
        figure.add(instructions() - before - base);
    }
    static_cast<void>(co_await report("await.direct", "instructions"));
    for (int i = 0; i < bench::kRepeats; ++i) {
        const std::uint64_t before = instructions();
        const auto reply = co_await swift::ping({1});
        if (reply)
            asm volatile("" ::"r"(reply->value));
        figure.add(instructions() - before - base);
    }
    static_cast<void>(co_await report("await.direct.concurrent", "instructions"));
    co_return cw::Nothing{};
}

cw::Task<> measure_syscall() noexcept {
    const std::uint64_t base = overhead();
    for (int i = 0; i < bench::kRepeats; ++i) {
        const std::uint64_t before = instructions();
        const auto reply = co_await echo::null();
        asm volatile("" ::"r"(reply.has_value()));
        figure.add(instructions() - before - base);
    }
    static_cast<void>(co_await report("call.syscall", "instructions"));
    for (int i = 0; i < bench::kRepeats; ++i) {
        const std::uint64_t before = instructions();
        const auto reply = co_await swift::null();
        asm volatile("" ::"r"(reply.has_value()));
        figure.add(instructions() - before - base);
    }
    static_cast<void>(co_await report("call.syscall.concurrent", "instructions"));
    co_return cw::Nothing{};
}

cw::Task<> measure_wake() noexcept {
    const std::uint64_t base = overhead();
    for (int i = 0; i < bench::kRepeats; ++i) {
        const std::uint64_t before = instructions();
        cw::raw::wake(0);
        figure.add(instructions() - before - base);
    }
    static_cast<void>(co_await report("wake.quiet", "instructions"));
    co_return cw::Nothing{};
}

/// Of a read alone: what is done with the value is not.
cw::Task<> measure_variables() noexcept {
    const std::uint64_t base = overhead();
    for (int i = 0; i < bench::kRepeats; ++i) {
        const std::uint64_t before = instructions();
        bench::subject.publish({{1, 2, 3, 4, 5, static_cast<std::uint64_t>(i)}});
        figure.add(instructions() - before - base);
    }
    static_cast<void>(co_await report("var.publish48", "instructions"));
    std::uint64_t wrong = 0;
    for (int i = 0; i < bench::kRepeats; ++i) {
        bench::Subject value;
        const std::uint64_t before = instructions();
        const cw::Status status = bench::subject.read(value);
        asm volatile("" ::"r"(&value), "r"(status) : "memory");
        figure.add(instructions() - before - base);
        wrong += status != cw::Status::ok || value.words[5] != bench::kRepeats - 1 ? 1u : 0u;
    }
    static_cast<void>(co_await report("var.read48", "instructions"));
    static bench::SequenceLock lock;
    lock.write({1, 2, 3, 4, 5, 6});
    for (int i = 0; i < bench::kRepeats; ++i) {
        bench::SequenceLock::Value value;
        const std::uint64_t before = instructions();
        lock.read(value);
        asm volatile("" ::"r"(&value) : "memory");
        figure.add(instructions() - before - base);
        wrong += value[5] != 6 ? 1u : 0u;
    }
    static_cast<void>(co_await report("seqlock.read48", "instructions"));
    for (int i = 0; i < bench::kRepeats; ++i) {
        const std::uint64_t before = instructions();
        const auto time = cw::clock::monotonic_ns();
        asm volatile("" ::"r"(time ? *time : 0));
        figure.add(instructions() - before - base);
        wrong += time ? 0u : 1u;
    }
    static_cast<void>(co_await report("clock.read", "instructions"));
    if (wrong != 0)
        co_return cw::refuse(cw::Status::refused);
    co_return cw::Nothing{};
}

/// `batch` calls of 48 bytes each way, awaited together; per call.
template <std::size_t kBatch>
cw::Task<> measure_batch(std::string_view name) noexcept {
    static cw::Batch<echo::block_method, kBatch> batch;
    const std::uint64_t base = overhead();
    const echo::Block block{{1, 2, 3, 4, 5, 6}};
    for (int i = 0; i < bench::kRepeats; ++i) {
        const std::uint64_t before = instructions();
        if constexpr (kBatch == 1) {
            const auto reply = co_await echo::block(block);
            if (!reply || reply->words[5] != 7)
                co_return cw::refuse(reply ? cw::Status::refused : reply.error());
        } else {
            for (std::size_t call = 0; call < kBatch; ++call)
                batch.start(block);
            co_await batch;
            std::size_t right = 0;
            batch.take([&](std::size_t, const cw::Result<echo::Block>& reply) {
                right += reply && reply->words[5] == 7 ? 1 : 0;
            });
            if (right != kBatch)
                co_return cw::refuse(cw::Status::refused);
        }
        figure.add((instructions() - before - base) / kBatch);
    }
    static_cast<void>(co_await report(name, "instructions"));
    co_return cw::Nothing{};
}

cw::Task<> measure_handoff() noexcept {
    constexpr std::uint64_t kRounds = 100;
    const std::uint64_t base = overhead();
    for (int i = 0; i < bench::kRepeats; ++i) {
        auto future = mate::handoff({kRounds});
        // The request goes out with our first wait; from then on both sides do nothing but ring and
        // wait.
        const std::uint64_t doorbell =
            cw::SlotOf<mate::handoff_method>::value.edge->end->submissions.doorbell;
        cw::raw::wait(cw::abi::kNoDeadline, doorbell);
        const std::uint64_t before = instructions();
        for (std::uint64_t k = 0; k < kRounds - 1; ++k)
            cw::raw::wait(cw::abi::kNoDeadline, doorbell);
        figure.add((instructions() - before - base) / (2 * (kRounds - 1)));
        cw::raw::wake(doorbell);
        static_cast<void>(co_await std::move(future));
    }
    static_cast<void>(co_await report("switch.handoff", "instructions"));
    co_return cw::Nothing{};
}

/// A coroutine of its own: with more in it, resuming would cost more than the call.
cw::Task<> put_bytes() noexcept {
    const std::uint64_t base = overhead();
    for (int i = 0; i < bench::kRepeats; ++i) {
        const std::uint64_t before = instructions();
        static_cast<void>(co_await console::put({{' '}, 1}));
        figure.add(instructions() - before - base);
    }
    co_return cw::Nothing{};
}

cw::Task<> measure_uart() noexcept {
    const std::uint64_t base = overhead();
    CW_CO_CHECK(co_await put_bytes());
    static_cast<void>(co_await say("\r\n"));
    static_cast<void>(co_await report("uart.byte.single", "instructions"));
    for (int i = 0; i < 64; ++i)
        area.text()[8192 + i] = ' ';
    for (int i = 0; i < bench::kRepeats; ++i) {
        const std::uint64_t before = instructions();
        static_cast<void>(co_await console::write({area.ref(8192, 64)}));
        figure.add((instructions() - before - base) / 64);
    }
    static_cast<void>(co_await say("\r\n"));
    static_cast<void>(co_await report("uart.byte.batch64", "instructions"));
    co_return cw::Nothing{};
}

/// `kDepth` calls kept in flight against a process on another hart, until `kCalls` are done.
template <std::size_t kDepth>
cw::Task<> count_wakes(std::string_view wakes_name, std::string_view calls_name) noexcept {
    constexpr std::size_t kCalls = 8192;
    static std::optional<cw::Future<echo::ping_method>> futures[kDepth];
    bench::Figure system_calls;
    for (int repeat = 0; repeat < 11; ++repeat) {
        CW_CO_TRY(bench_before, co_await cw::modules::counters({{"bench"}}));
        CW_CO_TRY(echo_before, co_await cw::modules::counters({{"echo"}}));
        for (std::size_t i = 0; i < kCalls + kDepth; ++i) {
            auto& future = futures[i % kDepth];
            if (future) {
                const auto reply = co_await *future;
                future.reset();
                if (!reply)
                    co_return cw::refuse(reply.error());
            }
            if (i < kCalls)
                future.emplace(echo::ping({i}));
        }
        CW_CO_TRY(bench_after, co_await cw::modules::counters({{"bench"}}));
        CW_CO_TRY(echo_after, co_await cw::modules::counters({{"echo"}}));
        const std::uint64_t wakes =
            bench_after.wakes - bench_before.wakes + echo_after.wakes - echo_before.wakes;
        const std::uint64_t waits =
            bench_after.waits - bench_before.waits + echo_after.waits - echo_before.waits;
        figure.add(wakes * 1000 / kCalls);
        system_calls.add(waits * 1000 /
                         kCalls); // a wait rings the last doorbell along: one system call for both
    }
    static_cast<void>(co_await report(wakes_name, "wakes"));
    cw::Text<200> line;
    system_calls.print(line, calls_name, "calls");
    co_return co_await say(line.view());
}

/// Waking a hart that sleeps: the doorbell of a process there, once it is idle again each time.
/// With two harts the processor's own counter says nothing in QEMU: a plugin counts between the
/// markers.
cw::Task<> measure_remote_wake() noexcept {
    static_cast<void>(co_await mate::handoff({0})); // the channel and its doorbell exist
    const std::uint64_t doorbell =
        cw::SlotOf<mate::handoff_method>::value.edge->end->submissions.doorbell;
    for (int i = 0; i < bench::kRepeats; ++i) {
        static_cast<void>(co_await cw::sleep_ns(2'000'000));
        cw::raw::begin_counting();
        cw::raw::wake(doorbell);
        cw::raw::end_counting();
    }
    co_return cw::Nothing{};
}

cw::Task<> measure_paths() noexcept {
    using cw::abi::Placement;
    CW_CO_CHECK(co_await measure_wake());
    CW_CO_CHECK(co_await measure_variables());
    CW_CO_CHECK(co_await bench::measure_cells());
    CW_CO_CHECK(co_await bench::measure_heaps());
    CW_CO_CHECK(co_await bench::measure_recording());
    CW_CO_CHECK(co_await bench::measure_allocating());

    CW_CO_CHECK(co_await load("echo", Placement::domain, own_domain()));
    CW_CO_CHECK(co_await load("swift", Placement::domain, own_domain()));
    CW_CO_CHECK(co_await measure_direct());
    CW_CO_CHECK(co_await unload("echo"));
    CW_CO_CHECK(co_await unload("swift"));

    CW_CO_CHECK(co_await load("echo", Placement::sync_caller, 0));
    CW_CO_CHECK(co_await load("swift", Placement::sync_caller, 0));
    CW_CO_CHECK(co_await measure_syscall());
    CW_CO_CHECK(co_await unload("echo"));
    CW_CO_CHECK(co_await unload("swift"));

    CW_CO_CHECK(co_await load("mate", Placement::user_process, 0));
    CW_CO_CHECK(co_await measure_handoff());
    CW_CO_CHECK(co_await unload("mate"));

    CW_CO_CHECK(co_await load("echo", Placement::user_process, 0));
    CW_CO_CHECK(co_await measure_batch<1>("rpc.asleep.batch1"));
    CW_CO_CHECK(co_await measure_batch<8>("rpc.asleep.batch8"));
    CW_CO_CHECK(co_await measure_batch<64>("rpc.asleep.batch64"));
    CW_CO_CHECK(co_await unload("echo"));

    // Both sides on one executor: neither sleeps, and what is counted is the rings' work on both
    // sides.
    CW_CO_CHECK(co_await load("echo", Placement::domain, own_domain(), "echo=ring"));
    CW_CO_CHECK(co_await measure_batch<1>("rpc.running.batch1"));
    CW_CO_CHECK(co_await measure_batch<8>("rpc.running.batch8"));
    CW_CO_CHECK(co_await measure_batch<64>("rpc.running.batch64"));
    CW_CO_CHECK(co_await unload("echo"));

    co_return co_await measure_uart();
}

/// In time, where harts run side by side: a trap costs an emulator more than its instructions.
/// Requires: `echo` is on its caller's thread.
cw::Task<> measure_clock_in_time() noexcept {
    constexpr std::uint64_t kTimes = 2000;
    const std::uint64_t picoseconds = 1'000'000'000'000 / cw_module.ops->ticks_per_second;
    for (int i = 0; i < bench::kRepeats; ++i) {
        const std::uint64_t before = cw_module.ops->now();
        for (std::uint64_t n = 0; n < kTimes; ++n) {
            const auto time = cw::clock::monotonic_ns();
            asm volatile("" ::"r"(time ? *time : 0));
        }
        figure.add((cw_module.ops->now() - before) * picoseconds / kTimes);
    }
    CW_CO_CHECK(co_await report("clock.read.time", "ps"));
    for (int i = 0; i < bench::kRepeats; ++i) {
        const std::uint64_t before = cw_module.ops->now();
        for (std::uint64_t n = 0; n < kTimes; ++n)
            static_cast<void>(co_await echo::null());
        figure.add((cw_module.ops->now() - before) * picoseconds / kTimes);
    }
    co_return co_await report("call.syscall.time", "ps");
}

cw::Task<> measure_wakes() noexcept {
    CW_CO_CHECK(co_await load("echo", cw::abi::Placement::sync_caller, 0));
    CW_CO_CHECK(co_await measure_clock_in_time());
    CW_CO_CHECK(co_await unload("echo"));
    CW_CO_CHECK(co_await load("mate", cw::abi::Placement::user_process, 0, {}, 2));
    CW_CO_CHECK(co_await bench::measure_effect());
    CW_CO_CHECK(co_await unload("mate"));
    CW_CO_CHECK(co_await load("echo", cw::abi::Placement::user_process, 0, {}, 2));
    CW_CO_CHECK(co_await count_wakes<1>("wakes_per_1000.depth1", "calls_per_1000.depth1"));
    CW_CO_CHECK(co_await count_wakes<8>("wakes_per_1000.depth8", "calls_per_1000.depth8"));
    CW_CO_CHECK(co_await count_wakes<64>("wakes_per_1000.depth64", "calls_per_1000.depth64"));
    co_return co_await unload("echo");
}

cw::Task<> measure_remote() noexcept {
    CW_CO_CHECK(co_await load("mate", cw::abi::Placement::user_process, 0, {}, 2));
    CW_CO_CHECK(co_await measure_remote_wake());
    co_return co_await unload("mate");
}

cw::Task<> run(bench::Which which) noexcept {
    if (area.size() == 0) {
        CW_CO_TRY(made, co_await cw::Area::create(65536));
        area = made;
    }
    if (which.what == bench::What::placements)
        co_return co_await bench::measure_placements();
    if (own_domain() == 0) // the rest makes system calls of its own
        co_return cw::refuse(cw::Status::unsupported);
    switch (which.what) {
    case bench::What::paths:
        co_return co_await measure_paths();
    case bench::What::remote:
        co_return co_await measure_remote();
    case bench::What::wakes:
        co_return co_await measure_wakes();
    case bench::What::placements:
    case bench::What::sweep:
        break;
    }
    co_return cw::refuse(cw::Status::invalid_argument);
}

} // namespace

CW_PROVIDE(bench::run, run);
