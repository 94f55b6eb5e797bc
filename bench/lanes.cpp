// Causeway's lanes: four producers, one consumer.
#include "producers.hpp"

#include <cw/core/lanes.hpp>
#include <memory>

namespace {

using Memory = cw::Lanes<std::uint64_t, bench::kProducers, bench::kQueueCapacity>;

struct alignas(256) Producer {
    cw::LaneProducer<std::uint64_t> lane;
};

/// Up to `kMost` messages at a time.
template <std::uint32_t kMost>
void four(std::string_view name, const bench::Cpus& cpus) {
    auto& memory = bench::shared<Memory>();
    memory.initialise();
    std::vector<Producer> producers(bench::kProducers);
    for (std::uint32_t p = 0; p < bench::kProducers; ++p)
        producers[p].lane = memory.make_producer(p);
    auto consumer = memory.make_consumer();
    bench::four_producers(
        name,
        cpus,
        [&](std::uint32_t p, std::uint64_t number, std::uint32_t most) -> std::uint32_t {
            auto& lane = producers[p].lane;
            const auto slots = lane.reserve(most < kMost ? most : kMost);
            if (slots.empty()) {
                static_cast<void>(lane.flush()); // before it waits
                return 0;
            }
            for (std::uint64_t& slot : slots)
                slot = number++;
            lane.commit(slots.size());
            // The consumer never sleeps here; a producer still asks once per kBatch, with the fence
            // that takes.
            if (number % bench::kBatch < slots.size())
                static_cast<void>(lane.flush());
            return static_cast<std::uint32_t>(slots.size());
        },
        [&](std::uint64_t& sum) -> std::uint32_t {
            const auto batch = consumer.next(kMost);
            for (const std::uint64_t number : batch.messages)
                sum += number;
            if (!batch.messages.empty())
                consumer.done(batch);
            return static_cast<std::uint32_t>(batch.messages.size());
        });
}

constexpr bench::Measurement kMeasurements[] = {
    {"lanes.P4", [](const bench::Cpus& cpus) { four<bench::kBatch>("lanes.P4", cpus); }},
    {"lanes.single.P4", [](const bench::Cpus& cpus) { four<1>("lanes.single.P4", cpus); }},
};

} // namespace

int main(int count, char** arguments) {
    return bench::run(count, arguments, kMeasurements);
}
