// An executor that records what it does: each call from its start to its end, in one ring or in
// several after another, with exact losses; and nothing while it is off.
#include "couple.hpp"

#include <cw/core/trace.hpp>
#include <map>

namespace cw::test {
namespace {

using errand::Kind;
using trace::What;

/// A ring as the nucleus makes it, and its reader.
struct Traced {
    Pages memory;
    std::uint32_t records;
    trace::RingReader reader;
    std::uint64_t read = 0, lost = 0;

    explicit Traced(std::uint32_t count, trace::Cursor* cursor = nullptr) :
        memory{trace::Block::bytes_for(count)}, records{count} {
        block().initialise();
        reader = {&block(), block().slots(), records, cursor};
    }
    [[nodiscard]] trace::Block& block() const { return *memory.as<trace::Block>(); }
    [[nodiscard]] std::uint64_t recorded() const { return block().words.end.load(Order::relaxed); }

    /// What has come, and whether that is all for good.
    bool take(std::vector<trace::Event>& into) {
        for (;;) {
            trace::Event events[16];
            const auto got = reader.read(events, 16);
            into.insert(into.end(), events, events + got.count);
            read += got.count;
            lost += got.lost;
            if (got.count == 0 && got.lost == 0)
                return got.over;
        }
    }
    void tell(ExecutorThread& executor, TracePolicy policy, trace::Cursor* cursor = nullptr) {
        abi::ControlEntry entry{};
        entry.kind = abi::ControlKind::trace;
        entry.index = static_cast<std::uint32_t>(policy);
        entry.a = reinterpret_cast<std::uint64_t>(&block());
        entry.b = records;
        entry.c = reinterpret_cast<std::uint64_t>(cursor);
        executor.tell(entry);
    }
};

void tell_off(ExecutorThread& executor) {
    abi::ControlEntry entry{};
    entry.kind = abi::ControlKind::trace;
    executor.tell(entry);
}

std::map<What, std::uint64_t> count(const std::vector<trace::Event>& events) {
    std::map<What, std::uint64_t> counts;
    for (const trace::Event& event : events)
        ++counts[static_cast<What>(event.id)];
    return counts;
}

struct ExecutorTraceTest : testing::Test {
    Couple couple{Path::ring};
    std::vector<trace::Event> events;
};

TEST_F(ExecutorTraceTest, each_call_starts_returns_and_completes_under_one_name) {
    Traced caller{1024}, server{1024};
    couple.calling.executor().client_channels[couple.channel->client_index] = 9;
    couple.serving.executor().server_channels[couple.channel->server_index] = 9;
    caller.tell(couple.calling, TracePolicy::overwrite);
    server.tell(couple.serving, TracePolicy::overwrite);
    EXPECT_EQ(couple.run(Kind::add_one, 100).status, 0u);
    std::map<std::uint64_t, int> steps; // of each call
    std::vector<trace::Event> answers;
    EXPECT_FALSE(server.take(events));
    EXPECT_FALSE(caller.take(answers));
    for (const trace::Event& event : events) {
        if (event.id == static_cast<std::uint32_t>(What::started)) {
            EXPECT_EQ(steps[event.args[0]]++, 0);
            EXPECT_EQ(event.args[0] >> 32, 9u);
            EXPECT_EQ(event.args[2], couple.service.state.id);
        } else if (event.id == static_cast<std::uint32_t>(What::returned)) {
            EXPECT_EQ(steps[event.args[0]]++, 1);
        }
    }
    for (const trace::Event& event : answers) {
        if (event.id == static_cast<std::uint32_t>(What::completed) && event.args[0] >> 32 == 9)
            EXPECT_EQ(steps[event.args[0]]++, 2);
    }
    EXPECT_EQ(steps.size(), 100u);
    for (const auto& [call, done] : steps)
        EXPECT_EQ(done, 3) << std::hex << call;
    EXPECT_EQ(caller.lost + server.lost, 0u);
}

TEST_F(ExecutorTraceTest, handlers_that_wait_answer_later) {
    Traced server{4096};
    server.tell(couple.serving, TracePolicy::overwrite);
    EXPECT_EQ(couple.run(Kind::depth, 64).right, 64u);
    server.take(events);
    std::uint64_t later = 0;
    for (const trace::Event& event : events)
        later += event.id == static_cast<std::uint32_t>(What::returned) ? event.args[1] : 0;
    auto counts = count(events);
    EXPECT_EQ(counts[What::answered], later);
    EXPECT_EQ(counts[What::started], counts[What::returned]);
}

TEST_F(ExecutorTraceTest, nothing_is_lost_when_it_goes_on_in_other_rings_under_load) {
    constexpr std::uint32_t kSizes[] = {64, 1024, 128, 4096, 64, 512, 4096};
    std::deque<Traced> rings;
    std::uint64_t calls = 0;
    for (const std::uint32_t size : kSizes) {
        rings.emplace_back(size).tell(couple.serving, TracePolicy::overwrite);
        couple.send(Kind::add_one, 200); // the new ring comes while calls are under way
        for (int steps = 0; steps < 40; ++steps) {
            couple.calling.step();
            couple.serving.step();
        }
        calls += 200;
    }
    couple.world.run();
    couple.returned();
    tell_off(couple.serving);
    couple.world.run();
    std::uint64_t read = 0, lost = 0, recorded = 0, started = 0;
    for (Traced& ring : rings) {
        std::vector<trace::Event> these;
        EXPECT_TRUE(ring.take(these)) << "it is over";
        EXPECT_EQ(ring.read + ring.lost, ring.recorded());
        started += count(these)[What::started];
        read += ring.read;
        lost += ring.lost;
        recorded += ring.recorded();
    }
    EXPECT_EQ(read + lost, recorded);
    EXPECT_GT(lost, 0u) << "the small rings are too small";
    EXPECT_LE(started, calls);
    EXPECT_GE(started + lost, calls);
}

TEST_F(ExecutorTraceTest, off_means_nothing_and_on_again_means_on) {
    Traced first{1024}, second{1024};
    first.tell(couple.serving, TracePolicy::overwrite);
    couple.run(Kind::add_one, 10);
    tell_off(couple.serving);
    couple.world.run();
    EXPECT_TRUE(first.block().is_closed());
    const std::uint64_t before = first.recorded();
    couple.run(Kind::add_one, 10);
    EXPECT_EQ(first.recorded(), before);
    second.tell(couple.serving, TracePolicy::overwrite);
    couple.world.run();
    couple.run(Kind::add_one, 10);
    second.take(events);
    EXPECT_EQ(count(events)[What::started], 10u);
}

/// With either policy: in tests a domain is like the kernel's, which waits for nobody.
struct ExecutorTraceSpares : ExecutorTraceTest, testing::WithParamInterface<TracePolicy> {};

TEST_P(ExecutorTraceSpares, a_full_ring_keeps_what_was_not_read_and_counts_what_it_refuses) {
    trace::Cursor cursor{};
    Traced server{64, &cursor};
    server.tell(couple.serving, GetParam(), &cursor);
    couple.run(Kind::add_one, 100);
    EXPECT_EQ(server.recorded(), 64u);
    const std::uint64_t dropped = server.reader.dropped();
    EXPECT_GE(dropped + 64, 200u); // a start and a return of each call at least
    server.take(events);
    EXPECT_EQ(events.size(), 64u);
    for (std::size_t i = 0; i < events.size(); ++i)
        EXPECT_EQ(events[i].position, i) << "the oldest are there";
    couple.run(Kind::add_one, 10); // there is room again
    server.take(events);
    EXPECT_GT(events.size(), 64u + 20);
    EXPECT_EQ(server.lost, 0u);
    EXPECT_EQ(server.read, server.recorded());
    cursor.taken.store(trace::Cursor::kDetached, Order::release); // its reader has died
    couple.run(Kind::add_one, 100);
    EXPECT_EQ(server.reader.dropped(), dropped) << "nobody is waited for any more";
}
INSTANTIATE_TEST_SUITE_P(Policies,
                         ExecutorTraceSpares,
                         testing::Values(TracePolicy::drop_newest, TracePolicy::block));

} // namespace
} // namespace cw::test
