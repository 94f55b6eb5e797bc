// Causeway's ring between two processes that sleep when there is nothing to do: a stream of 64-byte
// messages one at a time, and how often somebody had to be woken for it.
#include "sleep.hpp"

#include <cw/core/spsc.hpp>
#include <string>

namespace {

struct Message {
    std::uint64_t words[8];
};
constexpr std::uint64_t kMessages = 4'000;
constexpr std::uint32_t kCapacity = 1024; // 64 KiB, as a pipe has
/// How many messages a side moves before it looks whether the other one sleeps.
constexpr std::uint32_t kFlushEvery = 16;
/// How often a side looks again before it sleeps: about what one wake costs.
constexpr int kSpins = 100;

struct Memory {
    cw::SpscRing<Message, kCapacity> ring;
    alignas(128) cw::Atomic<std::uint32_t> data;  // doorbell of the consumer
    alignas(128) cw::Atomic<std::uint32_t> space; // of the producer
    alignas(128) cw::Atomic<std::uint64_t> wakes[2];
    alignas(128) cw::Atomic<std::uint64_t> samples; // done, with the right sum
};

void ring(cw::Atomic<std::uint32_t>& bell, cw::Atomic<std::uint64_t>& wakes) {
    bell.fetch_add(1, cw::Order::release);
    bench::wake_one(bell);
    wakes.store(wakes.load(cw::Order::relaxed) + 1, cw::Order::relaxed);
}

/// Spins, then sleeps until the side's `ready` or its bell. `prepare` announces the sleep.
template <class Ready, class Prepare>
void wait_until(cw::Atomic<std::uint32_t>& bell, Ready&& ready, Prepare&& prepare) {
    for (int i = 0; i < kSpins; ++i) {
        if (ready())
            return;
        bench::relax();
    }
    const std::uint32_t seen = bell.load(cw::Order::acquire);
    if (prepare())
        bench::sleep_while(bell, seen);
}

void produce(Memory& memory, cw::SpscProducer<Message>& producer) {
    const auto flush = [&] {
        if (producer.flush())
            ring(memory.data, memory.wakes[0]);
    };
    for (std::uint64_t sent = 0; sent < kMessages;) {
        Message message;
        for (std::uint64_t& word : message.words)
            word = sent;
        if (producer.push(message)) {
            if (++sent % kFlushEvery == 0)
                flush();
            continue;
        }
        flush();
        wait_until(
            memory.space,
            [&] { return !producer.reserve(1).empty(); },
            [&] { return producer.prepare_wait(); });
    }
    flush();
}

void consume(Memory& memory, cw::SpscConsumer<Message>& consumer) {
    std::uint64_t sum = 0;
    for (std::uint64_t got = 0; got < kMessages;) {
        Message message;
        if (consumer.pop(message)) {
            for (const std::uint64_t word : message.words)
                sum += word;
            if (++got % kFlushEvery == 0 && consumer.wake_producer())
                ring(memory.space, memory.wakes[1]);
            continue;
        }
        if (consumer.wake_producer())
            ring(memory.space, memory.wakes[1]);
        wait_until(
            memory.data,
            [&] { return !consumer.peek(1).empty(); },
            [&] { return consumer.prepare_wait(); });
    }
    bench::check(sum == 8 * (kMessages * (kMessages - 1) / 2), "the sum of the messages");
}

void blocking(const bench::Cpus& cpus) {
    auto& memory = bench::shared<Memory>();
    memory.ring.initialise();
    auto producer = memory.ring.make_producer();
    auto consumer = memory.ring.make_consumer();
    std::vector<std::uint64_t> times;
    std::vector<std::uint64_t> wakes;
    bench::beside_process(
        cpus,
        [&] {
            for (int i = 0; i <= bench::kSamples; ++i) {
                consume(memory, consumer);
                memory.samples.store(static_cast<std::uint64_t>(i) + 1, cw::Order::release);
            }
        },
        [&] {
            for (std::uint64_t i = 1; i <= bench::kSamples + 1; ++i) {
                const auto count = [&] {
                    return memory.wakes[0].load(cw::Order::relaxed) +
                           memory.wakes[1].load(cw::Order::relaxed);
                };
                const std::uint64_t before = count();
                const std::uint64_t begin = bench::now_ns();
                produce(memory, producer);
                while (memory.samples.load(cw::Order::acquire) != i)
                    bench::relax();
                if (i == 1)
                    continue;
                times.push_back((bench::now_ns() - begin) * 1000 / kMessages);
                wakes.push_back((count() - before) * 1000 / kMessages);
            }
        });
    bench::print_figure("stream.blocking", "ps", std::move(times));
    bench::print_figure("stream.blocking.wakes", "wakes/1000", std::move(wakes));
}

constexpr bench::Measurement kMeasurements[] = {{"stream.blocking", blocking}};

} // namespace

int main(int count, char** arguments) {
    return bench::run(count, arguments, kMeasurements);
}
