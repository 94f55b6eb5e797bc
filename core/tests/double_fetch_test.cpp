// That the tool finds double fetches, each kind that a compiler or a programmer makes; and that the
// rings, lanes, traces and latches of core/ have none. The runtime's are in
// double_fetch_runtime_test.cpp.
#include "double_fetch.hpp"
#include "operand.hpp"

#include <array>
#include <cstring>
#include <cw/core/lanes.hpp>
#include <cw/core/latch.hpp>
#include <cw/core/spsc.hpp>
#include <cw/core/trace_ring.hpp>
#include <memory>
#include <numeric>

namespace cw::test {
namespace {

constexpr std::size_t kPage = 4096;

struct alignas(kPage) PageOfBytes {
    alignas(64) std::uint8_t bytes[kPage];
};

/// A message that says how long it is, and has room beside the tail.
struct Parcel {
    std::uint64_t length;
    std::uint8_t bytes[48];
};
static_assert(sizeof(Parcel) == abi::kCopyWords * 8);
using Ring = SpscRing<Parcel, 8>;

Parcel parcel(std::uint64_t length, std::uint8_t first = 1) {
    Parcel made{.length = length, .bytes = {}};
    std::iota(made.bytes, made.bytes + sizeof made.bytes, first);
    return made;
}

struct RingOfParcels {
    std::unique_ptr<Ring> ring = std::make_unique<Ring>();
    SpscProducer<Parcel> producer = made().make_producer();
    SpscConsumer<Parcel> consumer = ring->make_consumer();
    Fetches fetches;

    RingOfParcels() {
        fetches.watch(&ring->header, sizeof ring->header);
        fetches.once("header", &ring->header, sizeof ring->header);
        fetches.watch(&ring->producer, sizeof ring->producer);
        name_fields(fetches, "producer", ring->producer.words);
        fetches.once("slots", ring->producer.slots, sizeof ring->producer.slots);
    }
    /// The n-th ever, counted from 0; `alone`: it lies beside the tail too.
    void push(std::uint32_t n, const Parcel& message, bool alone) {
        const Parcel& slot = ring->producer.slots[(abi::kFirstIndex + n) % 8];
        fetches.renewed(&slot, sizeof slot);
        const bool pushed = alone ? producer.push(message) : producer.push_some({&message, 1}) == 1;
        ASSERT_TRUE(pushed);
        fetches.same(&ring->producer.words.copy, &slot, alone ? sizeof slot : 0);
    }

private:
    Ring& made() {
        ring->initialise();
        return *ring;
    }
};

// What the tool finds.

TEST(DoubleFetch, sizes_of_loads_are_those_of_their_instructions) {
    const auto page = std::make_unique<PageOfBytes>();
    std::iota(page->bytes, page->bytes + 64, std::uint8_t{1});
    const std::uint8_t* const from = page->bytes;
    std::uint64_t out = 0;
    const auto loaded = [&](auto&& load) {
        Fetches fetches;
        fetches.watch(page.get(), sizeof *page);
        fetches.again("page", page.get(), sizeof *page, "the test's own");
        fetches.during(load);
        expect_none(fetches);
        return fetches.loaded("page");
    };
    EXPECT_EQ(loaded([&] { asm volatile("movb (%1), %b0" : "=r"(out) : "r"(from)); }), 1u);
    EXPECT_EQ(loaded([&] { asm volatile("movzbl (%1), %k0" : "=r"(out) : "r"(from)); }), 1u);
    EXPECT_EQ(loaded([&] { asm volatile("movswq (%1), %0" : "=r"(out) : "r"(from)); }), 2u);
    EXPECT_EQ(loaded([&] { asm volatile("movw (%1), %w0" : "=r"(out) : "r"(from)); }), 2u);
    EXPECT_EQ(loaded([&] { asm volatile("movl 8(%1), %k0" : "=r"(out) : "r"(from)); }), 4u);
    EXPECT_EQ(loaded([&] { asm volatile("movslq (%1), %0" : "=r"(out) : "r"(from)); }), 4u);
    EXPECT_EQ(loaded([&] { asm volatile("movq (%1), %0" : "=r"(out) : "r"(from)); }), 8u);
    EXPECT_EQ(loaded([&] { asm volatile("addq (%1), %0" : "+r"(out) : "r"(from) : "cc"); }), 8u);
    EXPECT_EQ(loaded([&] { asm volatile("cmpl $5, (%0)" : : "r"(from) : "cc"); }), 4u);
    EXPECT_EQ(loaded([&] { asm volatile("testb $5, (%0)" : : "r"(from) : "cc"); }), 1u);
    EXPECT_EQ(loaded([&] { asm volatile("cmoveq (%1), %0" : "+r"(out) : "r"(from)); }), 8u);
    EXPECT_EQ(loaded([&] { asm volatile("movups (%0), %%xmm0" : : "r"(from) : "xmm0"); }), 16u);
    EXPECT_EQ(loaded([&] { asm volatile("movdqa (%0), %%xmm0" : : "r"(from) : "xmm0"); }), 16u);
    EXPECT_EQ(loaded([&] { asm volatile("movdqu (%0), %%xmm9" : : "r"(from) : "xmm9"); }), 16u);
    EXPECT_EQ(loaded([&] { asm volatile("paddq (%0), %%xmm0" : : "r"(from) : "xmm0"); }), 16u);
    EXPECT_EQ(loaded([&] { asm volatile("movsd (%0), %%xmm0" : : "r"(from) : "xmm0"); }), 8u);
    EXPECT_EQ(loaded([&] { asm volatile("movq (%0), %%xmm0" : : "r"(from) : "xmm0"); }), 8u);
    EXPECT_EQ(loaded([&] { asm volatile("movd (%0), %%xmm0" : : "r"(from) : "xmm0"); }), 4u);
    EXPECT_EQ(loaded([&] { asm volatile("lock xaddl %k0, (%1)" : "+r"(out) : "r"(from)); }), 4u);
    EXPECT_EQ(loaded([&] { asm volatile("movl %k0, (%1)" : : "r"(out), "r"(from)); }), 0u);
    EXPECT_EQ(loaded([&] { asm volatile("movups %%xmm0, (%0)" : : "r"(from)); }), 0u);
    EXPECT_EQ(loaded([&] {
                  std::uint64_t to[3];
                  void *source = page->bytes, *target = to;
                  std::uint64_t count = 3;
                  asm volatile("rep movsq" : "+S"(source), "+D"(target), "+c"(count) : : "memory");
              }),
              24u);
    // Processors that have no AVX do not run it.
    const std::uint8_t avx[] = {0xc5, 0xfe, 0x6f, 0x06};                // vmovdqu (%rsi), %ymm0
    const std::uint8_t avx512[] = {0x62, 0xf1, 0xfe, 0x48, 0x6f, 0x06}; // vmovdqu64 (%rsi), %zmm0
    EXPECT_EQ(memory_operand(avx).bytes, 32u);
    EXPECT_EQ(memory_operand(avx512).bytes, 64u);
}

TEST(DoubleFetch, finds_a_length_that_is_checked_and_then_loaded_again) {
    for (const bool alone : {false, true}) {
        RingOfParcels box;
        box.push(0, parcel(3), alone);
        std::array<std::uint8_t, 48> out{};
        box.fetches.during([&] {
            const volatile Parcel& message = box.consumer.peek(1)[0];
            if (message.length <= sizeof out) {
                for (std::uint64_t i = 0; i < message.length; ++i) // planted
                    out[i] = message.bytes[i];
            }
        });
        const auto found = box.fetches.findings();
        ASSERT_EQ(found.size(), 4u) << "the condition of the loop, as often as it is asked";
        EXPECT_EQ(found[0].rfind("slots+", 0), 0u) << found[0];
        EXPECT_NE(found[0].find("(8 bytes)"), std::string::npos) << found[0];
        EXPECT_EQ(out[2], 3);
    }
}

TEST(DoubleFetch, what_a_double_fetch_loads_is_another_value_where_that_is_wanted) {
    RingOfParcels box;
    box.push(0, parcel(3), false);
    std::uint64_t checked = 0, used = 0;
    box.fetches.spoil_what_was_loaded();
    box.fetches.during([&] {
        const volatile Parcel& message = box.consumer.peek(1)[0];
        checked = message.length;
        used = message.length; // planted
    });
    EXPECT_EQ(checked, 3u);
    EXPECT_EQ(used, ~std::uint64_t{3});
    EXPECT_EQ(box.fetches.findings().size(), 1u);
}

TEST(DoubleFetch, finds_a_word_within_what_was_loaded_as_a_vector) {
    RingOfParcels box;
    box.push(0, parcel(3), false);
    box.fetches.during([&] {
        const Parcel* const message = box.consumer.peek(1).data();
        std::uint8_t last;
        asm volatile("movups (%1), %%xmm0\n\tmovb 15(%1), %0" // planted
                     : "=r"(last)
                     : "r"(message)
                     : "xmm0");
    });
    const auto found = box.fetches.findings();
    ASSERT_EQ(found.size(), 1u);
    EXPECT_NE(found[0].find("(16 bytes)"), std::string::npos) << found[0];
}

TEST(DoubleFetch, finds_a_message_that_is_checked_beside_the_tail_and_used_in_its_slot) {
    RingOfParcels box;
    box.push(0, parcel(3), true);
    box.fetches.during([&] {
        const std::uint64_t length = box.ring->producer.words.copy[0].load(Order::relaxed);
        EXPECT_LE(length, sizeof(Parcel::bytes));
        const volatile Parcel& message = box.consumer.peek(1)[0];
        static_cast<void>(message.length); // planted
    });
    const auto found = box.fetches.findings();
    ASSERT_EQ(found.size(), 1u);
    EXPECT_NE(found[0].find("producer.copy+0"), std::string::npos) << found[0];
}

TEST(DoubleFetch, finds_a_message_that_is_copied_twice) {
    RingOfParcels box;
    box.push(0, parcel(48), false);
    Parcel checked, used;
    const auto copy = [](Parcel& to, const Parcel& from) {
        std::memcpy(&to, &from, sizeof to);
        asm volatile("" : : "r"(&to) : "memory"); // is used here
    };
    box.fetches.during([&] {
        const Parcel& message = box.consumer.peek(1)[0];
        copy(checked, message);
        copy(used, message); // planted
    });
    EXPECT_FALSE(box.fetches.findings().empty());
    EXPECT_EQ(box.fetches.loaded("slots"), 2 * sizeof(Parcel));
}

TEST(DoubleFetch, finds_what_a_test_does_not_name) {
    const auto page = std::make_unique<PageOfBytes>();
    Fetches fetches;
    fetches.watch(page.get(), sizeof *page);
    fetches.once("half", page.get(), sizeof *page / 2);
    fetches.during([&] {
        const volatile PageOfBytes& bytes = *page;
        static_cast<void>(bytes.bytes[100]);
        static_cast<void>(bytes.bytes[3000]);
    });
    const auto found = fetches.findings();
    ASSERT_EQ(found.size(), 1u);
    EXPECT_NE(found[0].find("no field"), std::string::npos) << found[0];
    fetches.renewed(page.get(), sizeof *page);
    fetches.during([&] {
        const volatile PageOfBytes& bytes = *page;
        static_cast<void>(bytes.bytes[100]); // of another message
    });
    EXPECT_EQ(fetches.findings().size(), 1u);
}

// What ships has none.

TEST(DoubleFetch, a_message_of_a_ring_is_loaded_once) {
    for (const bool alone : {false, true}) {
        RingOfParcels box;
        box.fetches.during([&] { EXPECT_TRUE(box.ring->valid()); });
        Parcel got{};
        for (std::uint32_t n = 0; n < 20; ++n) {
            box.push(n, parcel(n, static_cast<std::uint8_t>(n)), alone);
            box.fetches.during([&] {
                EXPECT_TRUE(box.consumer.pop(got));
                EXPECT_FALSE(box.consumer.pop(got));
                EXPECT_TRUE(box.consumer.prepare_wait());
                static_cast<void>(box.consumer.wake_producer());
            });
            EXPECT_EQ(got.length, n);
            EXPECT_EQ(got.bytes[47], static_cast<std::uint8_t>(n + 47));
        }
        expect_none(box.fetches);
        EXPECT_EQ(box.fetches.loaded("slots"), alone ? 0 : 20 * sizeof(Parcel));
        EXPECT_EQ(box.fetches.loaded("producer.copy"), alone ? 20 * sizeof(Parcel) : 0);
    }
}

TEST(DoubleFetch, messages_that_are_taken_together_are_loaded_once) {
    RingOfParcels box;
    std::array<Parcel, 8> got{};
    for (std::uint32_t n = 0, count = 1; n < 64; n += count, count = count % 8 + 1) {
        for (std::uint32_t i = 0; i < count; ++i)
            box.push(n + i, parcel(n + i), false);
        box.fetches.during([&] { EXPECT_EQ(box.consumer.pop_some(got), count); });
        for (std::uint32_t i = 0; i < count; ++i)
            EXPECT_EQ(got[i].length, n + i);
    }
    expect_none(box.fetches);
    EXPECT_GE(box.fetches.loaded("slots"), 64 * sizeof(Parcel));
}

TEST(DoubleFetch, a_producer_that_looks_for_room_checks_what_it_loads) {
    const auto ring = std::make_unique<Ring>();
    ring->initialise();
    auto producer = ring->make_producer();
    auto consumer = ring->make_consumer();
    Fetches fetches;
    fetches.watch(&ring->consumer, sizeof ring->consumer);
    name_fields(fetches, "consumer", ring->consumer.words);
    Parcel got{};
    for (std::uint32_t n = 0; n < 40; ++n) {
        fetches.during([&] {
            if (!producer.push(parcel(n))) {
                EXPECT_TRUE(producer.prepare_wait());
            }
            static_cast<void>(producer.flush());
        });
        if (n % 3 == 0) {
            EXPECT_TRUE(consumer.pop(got));
        }
    }
    expect_none(fetches);
    EXPECT_GT(fetches.loaded("consumer.head"), 4u);
    EXPECT_EQ(fetches.loaded("consumer.data_event"), 40 * 4u);
}

TEST(DoubleFetch, the_consumer_of_lanes_loads_nothing_of_a_message) {
    constexpr std::uint32_t kLanes = 3;
    using Memory = Lanes<Parcel, kLanes, 8>;
    const auto memory = std::make_unique<Memory>();
    memory->initialise();
    std::vector<LaneProducer<Parcel>> producers;
    Fetches fetches;
    fetches.watch(&memory->bell, sizeof memory->bell);
    fetches.again("ready",
                  &memory->bell.words.ready,
                  8,
                  "a hint which lanes to look at, masked by those that are open");
    fetches.again("epoch", &memory->bell.words.epoch, 4, "compared with the consumer's own");
    for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
        producers.push_back(memory->make_producer(lane));
        const std::string name = "lane " + std::to_string(lane);
        fetches.watch(&memory->producers[lane], sizeof memory->producers[lane]);
        name_fields(fetches, name, memory->producers[lane].words.ring);
        fetches.again(name + ".closed",
                      &memory->producers[lane].words.closed,
                      4,
                      "goes one way; each value only decides whether the tail is looked at again");
        fetches.once(name + ".slots", memory->producers[lane].slots, 8 * sizeof(Parcel));
    }
    auto consumer = memory->make_consumer();
    std::uint64_t taken = 0;
    for (std::uint64_t n = 0; n < 60; ++n) {
        const std::uint64_t lane = n % kLanes;
        fetches.renewed(memory->producers[lane].slots, 8 * sizeof(Parcel));
        ASSERT_TRUE(producers[lane].push(parcel(n)));
        static_cast<void>(producers[lane].flush());
        if (n % 5 != 0)
            continue;
        fetches.during([&] {
            for (;;) {
                const auto batch = consumer.next();
                if (batch.messages.empty())
                    break;
                // As docs/core.md has it: copy, then check.
                for (const Parcel& message : batch.messages)
                    taken += detail::copy_once(message).length <= n ? 1 : 0;
                consumer.done(batch);
                static_cast<void>(consumer.wake_producer(batch.lane));
            }
            if (consumer.prepare_wait())
                consumer.awake();
        });
    }
    EXPECT_EQ(taken, 56u);
    for (auto& producer : producers)
        static_cast<void>(producer.close());
    fetches.during([&] {
        while (consumer.open() != 0)
            consumer.done(consumer.next());
    });
    expect_none(fetches);
    EXPECT_GT(fetches.loaded("lane 0.closed"), 0u);
}

TEST(DoubleFetch, a_record_of_a_trace_is_loaded_once) {
    using Memory = TraceRing<16>;
    const auto memory = std::make_unique<Memory>();
    memory->initialise();
    auto writer = memory->make_writer<TracePolicy::overwrite>();
    auto reader = memory->make_reader();
    auto& words = memory->writer.words;
    auto& slots = memory->writer.slots;
    Fetches fetches;
    fetches.watch(&memory->writer, sizeof memory->writer);
    fetches.again("begin", &words.begin, 8, "once in each read(), and bounds what is kept");
    fetches.again("end", &words.end, 8, "once in each read(), and bounds what is read");
    fetches.again("dropped", &words.dropped, 8, "a number that is shown");
    fetches.again("space_event", &words.space_event, 8, "polled; says once whether to ring");
    fetches.once("records", slots, sizeof slots);
    std::uint64_t got = 0;
    for (std::uint64_t n = 0; n < 100; ++n) {
        const auto& slot = slots[n % 16];
        fetches.renewed(&slot, sizeof slot);
        writer.record(n, static_cast<std::uint32_t>(n), n, ~n);
        if (n % 7 != 0 && n < 50)
            continue;
        fetches.during([&] {
            TraceEvent<> events[16];
            const auto read = reader.read(events, 16);
            for (std::uint32_t i = 0; i < read.count; ++i)
                got += events[i].args[1] == ~events[i].timestamp ? 1 : 0;
            EXPECT_EQ(reader.dropped(), 0u);
        });
    }
    EXPECT_EQ(got, 100u);
    expect_none(fetches);
    EXPECT_EQ(fetches.loaded("records"), 100 * sizeof slots[0]);
}

TEST(DoubleFetch, the_writer_of_a_trace_loads_a_cursor_once_in_each_look) {
    const auto memory = std::make_unique<TraceRing<16>>();
    memory->initialise();
    auto writer = memory->make_writer<TracePolicy::block>();
    auto reader = memory->make_reader_with(0);
    reader.release();
    auto& cursor = memory->readers[0].cursor;
    Fetches fetches;
    fetches.watch(&cursor, sizeof cursor);
    fetches.once("cursor", &cursor, sizeof cursor);
    std::uint32_t full = 0;
    for (std::uint64_t n = 0; n < 100; ++n) {
        fetches.renewed(&cursor, sizeof cursor); // one look may load it once
        bool recorded = false;
        fetches.during([&] { recorded = writer.record(n, 1, n, n); });
        if (recorded)
            continue;
        ++full;
        fetches.renewed(&cursor, sizeof cursor);
        fetches.during([&] { EXPECT_TRUE(writer.prepare_wait()); });
        TraceEvent<> events[16];
        static_cast<void>(reader.read(events, 16));
        reader.release();
    }
    EXPECT_GT(full, 4u);
    expect_none(fetches);
    EXPECT_GT(fetches.loaded("cursor"), 2 * 8u);
}

TEST(DoubleFetch, a_value_of_a_latch_is_loaded_once) {
    struct Six {
        std::uint64_t words[6];
    };
    struct alignas(kPage) Page {
        SharedLatch<Six> latch;
    };
    const auto page = std::make_unique<Page>();
    page->latch.initialise();
    auto& latch = page->latch.latch;
    LatchWriter<Six> writer{latch};
    Fetches fetches;
    fetches.watch(page.get(), sizeof *page);
    fetches.once("header", &page->latch.header, sizeof page->latch.header);
    fetches.again("current", &latch.current, 8, "once in each try; the slot's number is masked");
    for (std::uint32_t i = 0; i < kLatchSlots; ++i) {
        auto& slot = latch.slots[i];
        const std::string name = "slot " + std::to_string(i);
        fetches.again(name + ".stamp", &slot.stamp, 8, "compared with that of `current`");
        fetches.once(name + ".words", slot.words, sizeof slot.words);
    }
    fetches.during([&] { EXPECT_TRUE(page->latch.valid()); });
    for (std::uint64_t n = 1; n < 20; ++n) {
        for (auto& slot : latch.slots)
            fetches.renewed(slot.words, sizeof slot.words); // one read() may load it once
        writer.publish({{n, n, n, n, n, n}});
        Six six{};
        fetches.during([&] { EXPECT_EQ(page->latch.read(six), Latched::value); });
        EXPECT_EQ(six.words[5], n);
    }
    expect_none(fetches);
    std::size_t loaded = 0;
    for (std::uint32_t i = 0; i < kLatchSlots; ++i)
        loaded += fetches.loaded("slot " + std::to_string(i) + ".words");
    EXPECT_EQ(loaded, 19 * sizeof(Six));
}

} // namespace
} // namespace cw::test
