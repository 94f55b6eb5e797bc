// The fast paths of core's rings, each in a function of its own for codegen_test.py to look at.
//
// plain_*: loads and stores only. fenced_*: one full fence and nothing else that locks.
// With PLANT_x a thing is wrong that the test must find.
#include <cw/core/lanes.hpp>
#include <cw/core/latch.hpp>
#include <cw/core/registers.hpp>
#include <cw/core/trace_ring.hpp>

namespace {

#if defined(PLANT_exchange) || defined(PLANT_lock) || defined(PLANT_no_fence) ||                   \
    defined(PLANT_fence)
struct Sync {
    template <class T>
    struct Word : cw::Atomic<T> {
#ifdef PLANT_exchange
        void store(T value, cw::Order) noexcept { cw::Atomic<T>::store(value, cw::Order::seq_cst); }
#elif defined(PLANT_lock)
        void store(T value, cw::Order order) noexcept {
            this->fetch_add(static_cast<T>(value - this->load(cw::Order::relaxed)), order);
        }
#elif defined(PLANT_fence)
        void store(T value, cw::Order) noexcept {
            cw::fence(cw::Order::seq_cst);
            cw::Atomic<T>::store(value, cw::Order::relaxed);
        }
#endif
    };
    static void fence([[maybe_unused]] cw::Order order) noexcept {
#ifndef PLANT_no_fence
        cw::fence(order);
#endif
    }
};
#else
using Sync = cw::NativeSync;
#endif

struct Message {
    std::uint64_t words[8];
};
using Producer = cw::SpscProducer<Message, Sync>;
using Consumer = cw::SpscConsumer<Message, Sync>;
using LaneProducer = cw::LaneProducer<Message, Sync>;
using LanesConsumer = cw::LanesConsumer<Message, 8, Sync>;
using Writer = cw::TraceWriter<cw::TracePolicy::overwrite, 2, 1, Sync>;
using DroppingWriter = cw::TraceWriter<cw::TracePolicy::drop_newest, 2, 1, Sync>;
using Reader = cw::TraceReader<2, Sync>;

} // namespace

extern "C" {

bool plain_spsc_push(Producer& producer, const Message& message) {
    return producer.push(message);
}
void plain_spsc_fill(Producer& producer, std::uint64_t value) {
    const auto room = producer.reserve(4);
    for (Message& message : room)
        message.words[0] = value;
    producer.commit(room.size());
}
bool plain_spsc_pop(Consumer& consumer, Message& message) {
    return consumer.pop(message);
}
std::uint64_t plain_spsc_peek(Consumer& consumer) {
    std::uint64_t sum = 0;
    const auto messages = consumer.peek(4);
    for (const Message& message : messages)
        sum += message.words[0];
    consumer.release(messages.size());
    return sum;
}
bool fenced_spsc_flush(Producer& producer) {
    return producer.flush();
}
bool fenced_spsc_consumer_waits(Consumer& consumer) {
    return consumer.prepare_wait();
}
bool fenced_spsc_producer_waits(Producer& producer) {
    return producer.prepare_wait();
}

bool plain_lane_push(LaneProducer& producer, const Message& message) {
    return producer.push(message);
}
std::uint64_t plain_lanes_next(LanesConsumer& consumer) {
    std::uint64_t sum = 0;
    const auto batch = consumer.next(16);
    for (const Message& message : batch.messages)
        sum += message.words[0];
    consumer.done(batch);
    return sum;
}

bool plain_trace_record(Writer& writer, std::uint64_t now, std::uint64_t argument) {
    return writer.record(now, 7, argument, argument);
}
bool plain_trace_record_or_drop(DroppingWriter& writer, std::uint64_t now, std::uint64_t argument) {
    return writer.record(now, 7, argument, argument);
}
std::uint32_t plain_trace_read(Reader& reader, cw::TraceEvent<2>* events) {
    return reader.read(events, 8).count;
}

void plain_latch_publish(cw::LatchWriter<Message, Sync>& writer, const Message& message) {
    writer.publish(message);
}
bool plain_latch_read(const cw::LatchOf<Message, Sync>& latch, Message& message) {
    return cw::latch_read(latch, message) == cw::Latched::value;
}

void plain_word(Sync::Word<std::uint64_t>& word, const Sync::Word<std::uint64_t>& other) {
    word.store(other.load(cw::Order::acquire), cw::Order::release);
}
#ifdef PLANT_library
struct alignas(16) Two {
    std::uint64_t words[2];
};
Two plain_two_words(const Two& word) {
    Two copy;
    __atomic_load(&word, &copy, __ATOMIC_RELAXED);
    return copy;
}
#endif

} // extern "C"

// Registers: one store each, of no kind that a device would not understand.
namespace {
struct Leds : cw::reg::SetClear<std::uint32_t, 0x10, 0x14, 0x18> {};
struct Status : cw::reg::WriteOneToClear<std::uint32_t, 0x04> {};
struct Notify : cw::reg::WriteOnly<std::uint32_t, 0x50> {};
using Block = cw::RegisterBlock<0x60>;
} // namespace

extern "C" void plain_register_set(const Block& block, std::uint32_t bits) {
    block.set<Leds>(bits);
}
extern "C" void plain_register_acknowledge(const Block& block) {
    block.acknowledge<Status>(block.read<Status>() & 0xf0);
}
/// A descriptor is written, then the device is told.
extern "C" void doorbell_register(const Block& block, std::uint64_t* descriptor) {
    *descriptor = 7;
#ifdef PLANT_doorbell
    block.write<Notify>(1);
#else
    block.write_doorbell<Notify>(1);
#endif
}
