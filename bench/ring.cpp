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
    /// Numbers are written straight into the slots. Larger messages are made outside and copied in
    /// with wide stores, which keeps more lines on their way than eight narrow ones for each.
    static constexpr bool kInPlace = sizeof(T) <= 8;

    template <class Make>
    [[gnu::always_inline]] std::uint32_t push_some(std::uint32_t most, Make&& make) {
        if constexpr (!kInPlace) {
            if (kept_begin == kept_end) {
                kept_begin = 0;
                for (kept_end = 0; kept_end < most; ++kept_end)
                    kept[kept_end] = make();
            }
            const std::size_t sent = producer.push_some({kept + kept_begin, kept_end - kept_begin});
            kept_begin += sent;
            return static_cast<std::uint32_t>(sent);
        }
        const auto slots = producer.reserve(most);
        for (T& slot : slots)
            slot = make();
        if (!slots.empty()) // storing the same index again would take the line from the other side
            producer.commit(slots.size());
        return static_cast<std::uint32_t>(slots.size());
    }
    template <class Use>
    [[gnu::always_inline]] std::uint32_t pop_some(std::uint32_t most, Use&& use) {
        if constexpr (!kInPlace) {
            alignas(64) T some[bench::kBatch];
            const std::size_t count = consumer.pop_some({some, most});
            for (std::size_t i = 0; i < count; ++i)
                use(some[i]);
            return static_cast<std::uint32_t>(count);
        }
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
    alignas(256) T kept[kInPlace ? 1 : bench::kBatch]; ///< Made, and not sent yet.
    std::size_t kept_begin = 0;
    std::size_t kept_end = 0;
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
