// Causeway's ring, one producer and one consumer on two processors, both running.
#include "queue.hpp"

#include <cw/core/spsc.hpp>

namespace {

template <class T>
struct Ring {
    using Message = T;
    static constexpr std::uint32_t kCapacity = bench::kQueueCapacity;

    Ring() : memory{bench::shared<cw::SpscRing<T, kCapacity>>()} {
        memory.initialise();
        producer = memory.make_producer();
        consumer = memory.make_consumer();
    }
    [[gnu::always_inline]] bool push(const T& message) { return producer.push(message); }
    [[gnu::always_inline]] bool pop(T& message) { return consumer.pop(message); }
    /// In place: what fits is written straight into the slots.
    template <class Make>
    [[gnu::always_inline]] std::uint32_t push_some(std::uint32_t most, Make&& make) {
        const auto slots = producer.reserve(most);
        for (T& slot : slots)
            slot = make();
        if (!slots.empty()) // storing the same index again would take the line from the other side
            producer.commit(slots.size());
        return static_cast<std::uint32_t>(slots.size());
    }
    template <class Use>
    [[gnu::always_inline]] std::uint32_t pop_some(std::uint32_t most, Use&& use) {
        const auto slots = consumer.peek(most);
        for (const T& slot : slots)
            use(slot);
        if (!slots.empty())
            consumer.release(slots.size());
        return static_cast<std::uint32_t>(slots.size());
    }

    cw::SpscRing<T, kCapacity>& memory;
    alignas(256) cw::SpscProducer<T> producer; // private to its side, so in a line of its own
    alignas(256) cw::SpscConsumer<T> consumer;
};

using bench::Line;
constexpr bench::Measurement kMeasurements[] = {
    {"ring.pingpong8B",
     [](const bench::Cpus& cpus) {
         bench::pingpong<Ring<std::uint64_t>>("ring.pingpong8B", cpus);
     }},
    {"ring.single8B",
     [](const bench::Cpus& cpus) { bench::stream<Ring<std::uint64_t>>("ring.single8B", cpus); }},
    {"ring.stream8B",
     [](const bench::Cpus& cpus) { bench::batches<Ring<std::uint64_t>>("ring.stream8B", cpus); }},
    {"ring.single64B",
     [](const bench::Cpus& cpus) { bench::stream<Ring<Line>>("ring.single64B", cpus); }},
    {"ring.64B", [](const bench::Cpus& cpus) { bench::batches<Ring<Line>>("ring.64B", cpus); }},
};

} // namespace

int main(int count, char** arguments) {
    return bench::run(count, arguments, kMeasurements);
}
