// Model (h): the trace ring. Events are whole, in order, and what is missing is counted; a record
// that a reader's cursor spares is not overwritten; a writer that waits for room is woken.
#include "check.hpp"

#include <cw/core/trace.hpp>
#include <cw/core/trace_ring.hpp>

namespace cw::model {
namespace {

constexpr std::uint64_t kFirst = (std::uint64_t{1} << 32) - 2; ///< Tags wrap soon.

template <std::uint32_t kCapacity, bool kPlain>
struct TraceMemory {
    TraceWords<RelacySync> words;
    std::array<TraceSlot<RelacySync, 1>, kCapacity> slots;

    void initialise() {
        words.begin.initialise(Name::other, kFirst);
        words.end.initialise(Name::end, kFirst);
        words.dropped.initialise(Name::other, 0);
        words.space_event.initialise(Name::other, kFirst - 1);
        for (auto& slot : slots) {
            slot.timestamp.initialise(kPlain ? Name::plain : Name::other, 0);
            slot.tag.initialise(kPlain ? Name::plain : Name::other, 0);
            slot.args[0].initialise(kPlain ? Name::plain : Name::other, 0);
        }
    }
};

/// What record `position` says.
constexpr std::uint64_t stamp(std::uint64_t position) {
    return position * 3 + 1;
}
inline void check(const TraceEvent<1>& event) {
    RL_ASSERT(event.timestamp == stamp(event.position));
    RL_ASSERT(event.args[0] == ~event.timestamp);
    RL_ASSERT(event.id == (event.position & 0xff));
}
template <class Writer>
bool record(Writer& writer, std::uint64_t position) {
    next_fence[rl::thread_index()] = Site::F31;
    return writer.record(
        stamp(position), static_cast<std::uint32_t>(position & 0xff), ~stamp(position));
}

/// One writer, kReaders readers that each read a few times, with room for kMost events.
template <std::uint32_t kCapacity,
          std::uint32_t kRecords,
          unsigned kReaders,
          std::uint32_t kMost = kCapacity>
struct Overwrite : rl::test_suite<Overwrite<kCapacity, kRecords, kReaders, kMost>, kReaders + 1> {
    TraceMemory<kCapacity, false> memory;

    void before() { memory.initialise(); }
    void thread(unsigned index) {
        if (index == 0)
            write();
        else
            read();
    }
    void write() {
        TraceWriter<TracePolicy::overwrite, 1, 1, RelacySync> writer{
            &memory.words, memory.slots.data(), kCapacity};
        for (std::uint64_t position = kFirst; position != kFirst + kRecords; ++position)
            RL_ASSERT(record(writer, position));
    }
    void read() {
        next_fence[rl::thread_index()] = Site::F32;
        TraceReader<1, RelacySync> reader{&memory.words, memory.slots.data(), kCapacity, kFirst};
        std::uint64_t next = kFirst;
        for (int times = 0; times < 3; ++times) {
            std::array<TraceEvent<1>, kMost> events;
            const auto got = reader.read(events.data(), kMost);
            RL_ASSERT(kRecords > kCapacity || got.lost == 0);
            RL_ASSERT(next + got.count + got.lost == reader.position());
            for (std::uint32_t i = 0; i < got.count; ++i) {
                check(events[i]);
                RL_ASSERT(events[i].position >= next);
                next = events[i].position + 1;
            }
            next = reader.position();
            RL_ASSERT(next <= kFirst + kRecords);
        }
    }
};

/// A reader with a cursor, and a writer that drops what finds no room.
template <std::uint32_t kCapacity, std::uint32_t kTries>
struct DropNewest : rl::test_suite<DropNewest<kCapacity, kTries>, 2> {
    TraceMemory<kCapacity, true> memory;
    TraceCursor<RelacySync> cursor;

    void before() {
        memory.initialise();
        cursor.taken.initialise(Name::taken, kFirst);
    }
    void thread(unsigned index) {
        if (index == 0)
            write();
        else
            read();
    }
    void write() {
        TraceWriter<TracePolicy::drop_newest, 1, 1, RelacySync> writer{
            &memory.words, memory.slots.data(), kCapacity};
        writer.set_cursor(0, &cursor);
        std::uint64_t position = kFirst, dropped = 0;
        for (std::uint32_t tries = 0; tries < kTries; ++tries) {
            if (record(writer, position))
                ++position;
            else
                ++dropped;
        }
        RL_ASSERT(memory.words.dropped.load(Order::relaxed) == dropped);
        RL_ASSERT(position - kFirst + dropped == kTries);
    }
    void read() {
        TraceReader<1, RelacySync> reader{
            &memory.words, memory.slots.data(), kCapacity, kFirst, &cursor};
        next_fence[rl::thread_index()] = Site::F32;
        std::uint64_t next = kFirst;
        for (int times = 0; times < 4; ++times) {
            std::array<TraceEvent<1>, kCapacity> events;
            const auto got = reader.read(events.data(), kCapacity);
            RL_ASSERT(got.lost == 0);
            for (std::uint32_t i = 0; i < got.count; ++i) {
                check(events[i]);
                RL_ASSERT(events[i].position == next++);
            }
            reader.release();
        }
    }
};

enum class Death : std::uint8_t {
    none,
    cleaned_up,        ///< Somebody detaches the dead reader and wakes the writer.
    wakes_as_it_would, ///< Wakes only as the dead reader would have.
};

/// A writer that sleeps while there is no room; kReaders readers that all must have everything. The
/// last one may die after its first read: before it gives that back, or before it wakes.
template <std::uint32_t kCapacity,
          std::uint32_t kRecords,
          unsigned kReaders,
          Death kDeath = Death::none>
struct Block : rl::test_suite<Block<kCapacity, kRecords, kReaders, kDeath>, kReaders + 1> {
    TraceMemory<kCapacity, true> memory;
    std::array<TraceCursor<RelacySync>, kReaders> cursors;
    Doorbell space;

    void before() {
        memory.initialise();
        for (auto& cursor : cursors)
            cursor.taken.initialise(Name::taken, kFirst);
        space.initialise();
    }
    void after() { space.finish(); }
    void thread(unsigned index) {
        if (index == 0)
            write();
        else
            read(index - 1);
    }
    void write() {
        TraceWriter<TracePolicy::block, 1, kReaders, RelacySync> writer{
            &memory.words, memory.slots.data(), kCapacity};
        for (unsigned i = 0; i < kReaders; ++i)
            writer.set_cursor(i, &cursors[i]);
        for (std::uint64_t position = kFirst; position != kFirst + kRecords;) {
            if (record(writer, position)) {
                ++position;
                continue;
            }
            next_fence[rl::thread_index()] = Site::F33;
            if (writer.prepare_wait())
                space.wait();
        }
    }
    void read(unsigned index) {
        TraceReader<1, RelacySync> reader{
            &memory.words, memory.slots.data(), kCapacity, kFirst, &cursors[index]};
        std::uint64_t next = kFirst;
        while (next != kFirst + kRecords) {
            std::array<TraceEvent<1>, kCapacity> events;
            next_fence[rl::thread_index()] = Site::F32;
            const auto got = reader.read(events.data(), kCapacity);
            RL_ASSERT(got.lost == 0);
            for (std::uint32_t i = 0; i < got.count; ++i) {
                check(events[i]);
                RL_ASSERT(events[i].position == next++);
            }
            if (got.count == 0) {
                rl::yield(1, RL_INFO);
                continue;
            }
            next_fence[rl::thread_index()] = Site::F34;
            if (kDeath != Death::none && index == kReaders - 1)
                return die(reader);
            reader.release();
            if (reader.wake_writer())
                space.ring();
        }
    }
    void die(TraceReader<1, RelacySync>& reader) {
        if (rl::rand(2) != 0)
            reader.release();
        bool wakes = true;
        if constexpr (kDeath == Death::wakes_as_it_would) {
            // Made at the position of the cursor, as it was left.
            auto& cursor = cursors[kReaders - 1];
            TraceReader<1, RelacySync> cleaner{&memory.words,
                                               memory.slots.data(),
                                               kCapacity,
                                               cursor.taken.load(Order::relaxed),
                                               &cursor};
            cleaner.detach();
            wakes = cleaner.wake_writer();
        } else {
            reader.detach();
        }
        if (wakes)
            space.ring();
    }
};

/// A writer that goes on in a second, larger ring, and a reader that goes on there when the first
/// one is over: what was recorded is what was read and what was lost, exactly.
template <std::uint32_t kCapacity, std::uint32_t kRecords>
struct HandOver : rl::test_suite<HandOver<kCapacity, kRecords>, 2> {
    static constexpr std::uint32_t kLarger = 2 * kCapacity;
    trace::BlockOf<RelacySync> blocks[2];
    std::array<TraceSlot<RelacySync, 1>, kCapacity> first;
    std::array<TraceSlot<RelacySync, 1>, kLarger> second;

    void before() {
        for (auto& block : blocks) {
            block.words.begin.initialise(Name::other, kFirst);
            block.words.end.initialise(Name::end, kFirst);
            block.words.dropped.initialise(Name::other, 0);
            block.words.space_event.initialise(Name::other, kFirst - 1);
            block.closed.initialise(Name::over, 0);
        }
        const auto clear = [](auto& slots) {
            for (auto& slot : slots) {
                slot.timestamp.initialise(Name::other, 0);
                slot.tag.initialise(Name::other, 0);
                slot.args[0].initialise(Name::other, 0);
            }
        };
        clear(first);
        clear(second);
    }
    void thread(unsigned index) {
        if (index == 0) {
            write(blocks[0], first);
            write(blocks[1], second);
        } else {
            read(blocks[0], first);
            read(blocks[1], second);
        }
    }
    template <std::size_t N>
    void write(trace::BlockOf<RelacySync>& block, std::array<TraceSlot<RelacySync, 1>, N>& slots) {
        TraceWriter<TracePolicy::block, 1, 1, RelacySync> writer{&block.words, slots.data(), N};
        for (std::uint64_t position = kFirst; position != kFirst + kRecords; ++position)
            RL_ASSERT(record(writer, position));
        block.close();
    }
    template <std::size_t N>
    void read(trace::BlockOf<RelacySync>& block, std::array<TraceSlot<RelacySync, 1>, N>& slots) {
        trace::RingReaderOf<1, RelacySync> reader{&block, slots.data(), N, nullptr, kFirst};
        std::uint64_t seen = 0;
        for (bool over = false; !over;) {
            std::array<TraceEvent<1>, N> events;
            next_fence[rl::thread_index()] = Site::F32;
            const auto got = reader.read(events.data(), N);
            for (std::uint32_t i = 0; i < got.count; ++i)
                check(events[i]);
            seen += got.count + got.lost;
            over = got.over;
            if (got.count == 0 && !over)
                rl::yield(1, RL_INFO);
        }
        RL_ASSERT(seen == kRecords);
    }
};

using HandsOver = HandOver<2, 3>;
TEST(TraceModel, nothing_is_lost_uncounted_when_a_writer_goes_on_in_another_ring) {
    expect_clean<HandsOver>(100'000, 1);
}
TEST(TraceModel, finds_relaxed_R81) {
    expect_found<HandsOver>({Site::R81, Order::relaxed}, 50'000);
}
TEST(TraceModel, finds_relaxed_A81) {
    expect_found<HandsOver>({Site::A81, Order::relaxed}, 50'000);
}

using Small = Overwrite<2, 5, 1>;
using Fits = Overwrite<4, 4, 1>;
TEST(TraceModel, events_are_whole_and_losses_are_counted) {
    expect_clean<Small>(300'000, 2);
    expect_clean<Fits>(100'000, 2);
    expect_clean<Overwrite<2, 4, 2>>(200'000, 1);
    expect_clean<Overwrite<4, 7, 1, 2>>(100'000, 1);
}
TEST(TraceModel, finds_relaxed_R31) {
    expect_found<Small>({Site::R31, Order::relaxed}, 50'000);
    expect_found<Fits>({Site::R31, Order::relaxed}, 50'000);
}
TEST(TraceModel, finds_relaxed_A31) {
    expect_found<Small>({Site::A31, Order::relaxed}, 50'000);
    expect_found<Fits>({Site::A31, Order::relaxed}, 50'000);
}
TEST(TraceModel, finds_missing_F31) {
    expect_found<Small>({Site::F31, Order::relaxed}, 50'000);
}
TEST(TraceModel, finds_acquire_F31) {
    expect_found<Small>({Site::F31, Order::acquire}, 50'000);
}
TEST(TraceModel, finds_missing_F32) {
    expect_found<Small>({Site::F32, Order::relaxed}, 50'000);
}
TEST(TraceModel, finds_release_F32) {
    expect_found<Small>({Site::F32, Order::release}, 50'000);
}

using Drops = DropNewest<2, 6>;
TEST(TraceModel, spared_records_are_not_overwritten) {
    expect_clean<Drops>(200'000, 2);
}
TEST(TraceModel, finds_relaxed_R32) {
    expect_found<Drops>({Site::R32, Order::relaxed}, 50'000);
}
TEST(TraceModel, finds_relaxed_A32) {
    expect_found<Drops>({Site::A32, Order::relaxed}, 50'000);
}
TEST(TraceModel, finds_relaxed_R31_among_spared_records) {
    expect_found<Drops>({Site::R31, Order::relaxed}, 50'000);
}

using Blocks = Block<2, 5, 1>;
TEST(TraceModel, a_writer_that_waits_is_woken) {
    expect_clean<Blocks>(200'000, 2);
    expect_clean<Block<1, 3, 2>>(200'000, 1);
    expect_clean<Block<1, 3, 2, Death::cleaned_up>>(200'000, 1);
    expect_clean<Block<2, 4, 1, Death::cleaned_up>>(100'000, 2);
}
TEST(TraceModel, finds_missing_F33) {
    expect_found<Blocks>({Site::F33, Order::relaxed}, 50'000);
}
TEST(TraceModel, finds_acq_rel_F33) {
    expect_found<Blocks>({Site::F33, Order::acq_rel}, 50'000);
}
TEST(TraceModel, finds_missing_F34) {
    expect_found<Blocks>({Site::F34, Order::relaxed}, 50'000);
}
TEST(TraceModel, finds_acq_rel_F34) {
    expect_found<Blocks>({Site::F34, Order::acq_rel}, 50'000);
}
TEST(TraceModel, finds_a_reader_that_dies_between_release_and_wake) {
    expect_found<Block<2, 4, 1, Death::wakes_as_it_would>>({}, 50'000);
}

} // namespace
} // namespace cw::model
