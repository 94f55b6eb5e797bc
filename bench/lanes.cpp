// Causeway's lanes: four producers, one consumer.
#include "producers.hpp"

#include <cw/core/lanes.hpp>
#include <memory>

namespace {

using Memory = cw::Lanes<std::uint64_t, bench::kProducers, bench::kQueueCapacity>;

struct alignas(256) Producer {
    cw::LaneProducer<std::uint64_t> lane;
};

void four(const bench::Cpus& cpus) {
    auto& memory = bench::shared<Memory>();
    memory.initialise();
    std::vector<Producer> producers(bench::kProducers);
    for (std::uint32_t p = 0; p < bench::kProducers; ++p)
        producers[p].lane = memory.make_producer(p);
    auto consumer = memory.make_consumer();
    bench::four_producers(
        "lanes.P4",
        cpus,
        [&](std::uint32_t p, std::uint64_t number, std::uint32_t most) -> std::uint32_t {
            auto& lane = producers[p].lane;
            const auto slots = lane.reserve(most);
            if (slots.empty())
                return 0;
            for (std::uint64_t& slot : slots)
                slot = number++;
            lane.commit(slots.size());
            // The consumer never sleeps here; a producer still asks, with the fence that takes.
            static_cast<void>(lane.flush());
            return static_cast<std::uint32_t>(slots.size());
        },
        [&](std::uint64_t& sum) -> std::uint32_t {
            const auto batch = consumer.next(bench::kBatch);
            for (const std::uint64_t number : batch.messages)
                sum += number;
            if (!batch.messages.empty())
                consumer.done(batch);
            return static_cast<std::uint32_t>(batch.messages.size());
        });
}

constexpr bench::Measurement kMeasurements[] = {{"lanes.P4", four}};

} // namespace

int main(int count, char** arguments) {
    return bench::run(count, arguments, kMeasurements);
}
