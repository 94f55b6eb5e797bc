// The trace ring: what each policy keeps, that losses are exact, and what is left of a writer that
// dies.
#include "processes.hpp"
#include "step_sync.hpp"

#include <cw/core/trace_ring.hpp>
#include <gtest/gtest.h>
#include <memory>
#include <thread>
#include <vector>

namespace cw::test {
namespace {

constexpr std::uint64_t stamp(std::uint64_t position) {
    return position * 7 + 3;
}
template <class Writer>
bool record(Writer& writer, std::uint64_t position) {
    return writer.record(
        stamp(position), static_cast<std::uint32_t>(position ^ 0x55), ~position, position << 20);
}
void expect_whole(const TraceEvent<>& event) {
    EXPECT_EQ(event.timestamp, stamp(event.position));
    EXPECT_EQ(event.id, static_cast<std::uint32_t>(event.position ^ 0x55));
    EXPECT_EQ(event.args[0], ~event.position);
    EXPECT_EQ(event.args[1], event.position << 20);
}

/// What one reader has got so far, checked as it came.
template <class Reader>
struct Log {
    Reader reader;
    std::uint64_t count = 0, lost = 0, next = 0;

    /// Reads once; how many came.
    std::uint32_t read(std::uint32_t most) {
        std::vector<TraceEvent<>> events(most);
        const auto got = reader.read(events.data(), most);
        for (std::uint32_t i = 0; i < got.count; ++i) {
            expect_whole(events[i]);
            EXPECT_GE(events[i].position, next);
            next = events[i].position + 1;
        }
        count += got.count;
        lost += got.lost;
        EXPECT_EQ(count + lost, reader.position());
        return got.count;
    }
    void read_all() {
        while (read(16) != 0) {
        }
    }
};
template <class Reader>
Log(Reader) -> Log<Reader>;

template <class T>
std::unique_ptr<T> make() {
    auto made = std::make_unique<T>();
    made->initialise();
    return made;
}

TEST(TraceRing, a_record_has_the_size_that_was_promised) {
    EXPECT_EQ(sizeof(TraceSlot<NativeSync, 2>), 32u);
}

TEST(TraceRing, overwrites_the_oldest_and_counts_them) {
    const auto ring = make<TraceRing<8>>();
    ASSERT_TRUE(ring->valid());
    auto writer = ring->make_writer<TracePolicy::overwrite>();
    Log early{ring->make_reader()}, late{ring->make_reader()};
    for (std::uint64_t position = 0; position < 5; ++position)
        EXPECT_TRUE(record(writer, position));
    early.read_all();
    EXPECT_EQ(early.count, 5u);
    EXPECT_EQ(early.lost, 0u);
    for (std::uint64_t position = 5; position < 30; ++position)
        EXPECT_TRUE(record(writer, position));
    early.read_all();
    EXPECT_EQ(early.count, 5u + 8u);
    EXPECT_EQ(early.lost, 30u - 8u - 5u);
    late.read(3);
    EXPECT_EQ(late.next, 22u + 3u) << "the oldest that are left come first";
    EXPECT_EQ(late.lost, 22u);
    EXPECT_EQ(late.read(16), 5u);
    EXPECT_EQ(late.read(16), 0u);
}

TEST(TraceRing, drops_the_newest_and_counts_them) {
    const auto ring = make<TraceRing<4>>();
    auto writer = ring->make_writer<TracePolicy::drop_newest>();
    Log log{ring->make_reader_with(0)};
    log.reader.release(); // attached
    std::uint64_t position = 0;
    for (int tries = 0; tries < 10; ++tries)
        position += record(writer, position) ? 1 : 0;
    EXPECT_EQ(position, 4u);
    EXPECT_EQ(log.reader.dropped(), 6u);
    log.read_all();
    EXPECT_FALSE(record(writer, position)) << "read, but not given back";
    log.reader.release();
    for (int tries = 0; tries < 5; ++tries)
        position += record(writer, position) ? 1 : 0;
    log.read_all();
    EXPECT_EQ(log.count, 8u);
    EXPECT_EQ(log.lost, 0u);
    EXPECT_EQ(log.reader.dropped(), 6u + 1u + 1u);
}

TEST(TraceRing, spares_nothing_while_nobody_is_attached) {
    const auto ring = make<TraceRing<4>>();
    auto writer = ring->make_writer<TracePolicy::drop_newest>();
    for (std::uint64_t position = 0; position < 10; ++position)
        EXPECT_TRUE(record(writer, position));
    Log log{ring->make_reader_with(0)};
    log.reader.release(); // behind what is still there
    log.read_all();
    EXPECT_EQ(log.count, 4u);
    EXPECT_EQ(log.lost, 6u);
}

TEST(TraceRing, a_blocked_writer_is_woken_once_by_the_slowest_reader) {
    const auto ring = make<TraceRing<4, 2, 2>>();
    auto writer = ring->make_writer<TracePolicy::block>();
    Log fast{ring->make_reader_with(0)}, slow{ring->make_reader_with(1)};
    fast.reader.release();
    slow.reader.release();
    for (std::uint64_t position = 0; position < 4; ++position)
        EXPECT_TRUE(record(writer, position));
    EXPECT_FALSE(record(writer, 4));
    EXPECT_TRUE(writer.prepare_wait());
    slow.read(1);
    slow.reader.release();
    EXPECT_TRUE(slow.reader.wake_writer());
    EXPECT_TRUE(writer.prepare_wait()) << "another has not taken it";
    fast.read_all();
    fast.reader.release();
    EXPECT_TRUE(fast.reader.wake_writer());
    EXPECT_FALSE(writer.prepare_wait());
    EXPECT_TRUE(record(writer, 4));
    EXPECT_FALSE(record(writer, 5));
    EXPECT_TRUE(writer.prepare_wait());
    fast.read_all();
    fast.reader.release();
    EXPECT_FALSE(fast.reader.wake_writer()) << "the writer waits for the other";
    slow.reader.detach(); // that one dies
    EXPECT_FALSE(writer.prepare_wait());
    EXPECT_TRUE(record(writer, 5));
    EXPECT_EQ(slow.reader.dropped(), 0u);
}

TEST(TraceRing, a_cursor_that_lies_is_not_spared_any_more) {
    for (const std::uint64_t wrong : {0ull, 1ull, 9ull, 0x8000'0000'0000'0000ull}) {
        const auto ring = make<TraceRing<4>>();
        auto writer = ring->make_writer<TracePolicy::block>();
        auto& taken = ring->readers[0].cursor.taken;
        taken.store(0, Order::relaxed);
        for (std::uint64_t position = 0; position < 4; ++position)
            EXPECT_TRUE(record(writer, position));
        taken.store(2, Order::relaxed);
        EXPECT_TRUE(record(writer, 4));
        EXPECT_TRUE(record(writer, 5));
        taken.store(wrong, Order::relaxed);
        for (std::uint64_t position = 6; position < 40; ++position)
            EXPECT_TRUE(record(writer, position)) << wrong;
        taken.store(39, Order::relaxed);
        for (std::uint64_t position = 40; position < 60; ++position)
            EXPECT_TRUE(record(writer, position)) << "once a liar";
    }
}

TEST(TraceRing, counts_that_lie_bound_the_work) {
    const auto ring = make<TraceRing<4>>();
    auto writer = ring->make_writer<TracePolicy::overwrite>();
    for (std::uint64_t position = 0; position < 4; ++position)
        record(writer, position);
    auto reader = ring->make_reader();
    TraceEvent<> events[4];
    ring->writer.words.end.store(~std::uint64_t{0} - 1, Order::relaxed);
    const auto got = reader.read(events, 4);
    EXPECT_EQ(got.count, 0u) << "no record has such a number";
    ring->writer.words.end.store(4, Order::relaxed);
    EXPECT_EQ(reader.read(events, 4).count, 0u) << "it does not go back";
}

constexpr std::uint32_t kCapacity = 4;
struct SteppedRing {
    TraceWords<StepSync> words;
    TraceSlot<StepSync, 2> slots[kCapacity];
    using Writer = TraceWriter<TracePolicy::overwrite, 2, 1, StepSync>;

    Writer make_writer() { return {&words, slots, kCapacity}; }
    TraceReader<2, StepSync> make_reader() { return {&words, slots, kCapacity}; }
};

TEST(TraceRing, a_writer_stopped_at_any_step_leaves_whole_records) {
    for (std::uint64_t before = 0; before < 11; ++before) {
        bool stopped = true;
        for (std::uint64_t step = 0; stopped; ++step) {
            SteppedRing ring;
            auto writer = ring.make_writer();
            for (std::uint64_t position = 0; position < before; ++position)
                record(writer, position);
            stopped = stopped_at(step, [&] { record(writer, before); });
            const bool begun = ring.words.begin.load(Order::relaxed) != before;
            const bool counted = ring.words.end.load(Order::relaxed) != before;
            Log log{ring.make_reader()};
            log.read_all();
            EXPECT_EQ(
                log.count,
                std::min<std::uint64_t>(counted ? before + 1 : before,
                                        kCapacity - (begun && !counted && before >= kCapacity)));
            // Another goes on. What the first had begun and not counted is lost, unless it was
            // whole.
            auto next = ring.make_writer();
            const std::uint64_t from = begun ? before + 1 : before;
            for (std::uint64_t position = from; position < from + kCapacity - 1; ++position)
                EXPECT_TRUE(record(next, position));
            const std::uint64_t lost = log.lost;
            log.read_all();
            EXPECT_EQ(log.count + log.lost, from + kCapacity - 1);
            EXPECT_LE(log.lost - lost, 1u);
            EXPECT_EQ(log.next, from + kCapacity - 1);
        }
    }
}

TEST(TraceRing, a_reader_that_is_overtaken_at_any_step_keeps_what_is_whole) {
    for (std::uint64_t records = 1; records < 10; ++records) {
        bool interrupted = true;
        for (std::uint64_t step = 0; interrupted; ++step) {
            SteppedRing ring;
            auto writer = ring.make_writer();
            std::uint64_t position = 0;
            while (position < kCapacity + 2)
                record(writer, position++);
            Log log{ring.make_reader()};
            interrupted = false;
            Steps::at(step, [&] {
                interrupted = true;
                for (std::uint64_t n = 0; n < records; ++n)
                    record(writer, position++);
            });
            log.read(kCapacity);
            Steps::nowhere();
            log.read_all();
            EXPECT_EQ(log.count + log.lost, position);
            EXPECT_LE(log.lost, 2 + records) << "only what was overwritten";
        }
    }
}

TEST(TraceStress, readers_account_for_every_record) {
    const auto ring = make<TraceRing<1024>>();
    constexpr std::uint64_t kRecords = CW_TEST_MESSAGES / 4;
    std::uint64_t read[2]{};
    std::vector<std::thread> readers;
    for (std::uint64_t& count : read) {
        readers.emplace_back([&ring, &count] {
            Log log{ring->make_reader()};
            while (log.reader.position() < kRecords)
                log.read(256);
            count = log.count;
        });
    }
    auto writer = ring->make_writer<TracePolicy::overwrite>();
    for (std::uint64_t position = 0; position < kRecords; ++position)
        record(writer, position);
    for (std::thread& reader : readers)
        reader.join();
    EXPECT_GT(read[0] + read[1], 0u);
}

TEST(TraceStress, a_reader_with_a_cursor_has_every_record) {
    const auto ring = make<TraceRing<64>>();
    constexpr std::uint64_t kRecords = CW_TEST_MESSAGES / 10;
    std::thread reader{[&] {
        Log log{ring->make_reader_with(0)};
        while (log.reader.position() < kRecords) {
            if (log.read(32) == 0)
                std::this_thread::yield();
            log.reader.release();
        }
        EXPECT_EQ(log.lost, 0u);
        EXPECT_EQ(log.count, kRecords);
    }};
    ring->readers[0].cursor.taken.store(0, Order::relaxed);
    auto writer = ring->make_writer<TracePolicy::block>();
    for (std::uint64_t position = 0; position < kRecords;) {
        if (record(writer, position))
            ++position;
        else
            std::this_thread::yield();
    }
    reader.join();
}

TEST(TraceStress, a_writer_that_is_killed_leaves_whole_records) {
    SharedMemory<TraceRing<64>> ring;
    ring->initialise();
    std::uint64_t torn = 0;
    for (int kills = 0; kills < 100; ++kills) {
        const std::uint64_t from = ring->writer.words.begin.load(Order::relaxed);
        Log log{ring->make_reader(from)};
        log.count = from; // accounted for earlier
        KilledChild child{[&](std::atomic<std::uint64_t>& progress) {
            auto writer = ring->make_writer<TracePolicy::overwrite>();
            for (std::uint64_t position = from;; ++position) {
                record(writer, position);
                progress.store(position + 1, std::memory_order_relaxed);
            }
        }};
        log.read_all();
        EXPECT_GE(log.reader.position(), child.progress());
        EXPECT_LE(log.reader.position(), child.progress() + 1);
        torn += ring->writer.words.begin.load(Order::relaxed) - log.reader.position();
    }
    RecordProperty("torn", std::to_string(torn));
}

} // namespace
} // namespace cw::test
