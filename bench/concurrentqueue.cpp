// moodycamel's queue of many producers, with a token for each of them and for the consumer. It has
// no bound: it allocates while the consumer is behind. (With try_enqueue, which does not, one
// producer can take all blocks for good.)
#include "producers.hpp"

#include <concurrentqueue/concurrentqueue.h>

namespace {

using Queue = moodycamel::ConcurrentQueue<std::uint64_t>;

void in_bulk(const bench::Cpus& cpus) {
    Queue queue{bench::kProducers * bench::kQueueCapacity};
    moodycamel::ConsumerToken consumer{queue};
    std::vector<moodycamel::ProducerToken> producers;
    for (std::uint32_t p = 0; p < bench::kProducers; ++p)
        producers.emplace_back(queue);
    bench::four_producers(
        "concurrentqueue.tokens.bulk.P4",
        cpus,
        [&](std::uint32_t p, std::uint64_t number, std::uint32_t most) -> std::uint32_t {
            std::uint64_t some[bench::kBatch];
            for (std::uint32_t i = 0; i < most; ++i)
                some[i] = number + i;
            return queue.enqueue_bulk(producers[p], some, most) ? most : 0;
        },
        [&](std::uint64_t& sum) -> std::uint32_t {
            std::uint64_t some[bench::kBatch];
            const std::size_t count = queue.try_dequeue_bulk(consumer, some, bench::kBatch);
            for (std::size_t i = 0; i < count; ++i)
                sum += some[i];
            return static_cast<std::uint32_t>(count);
        });
}

/// The same one at a time: what its users write who have no batches.
void singly(const bench::Cpus& cpus) {
    Queue queue{bench::kProducers * bench::kQueueCapacity};
    moodycamel::ConsumerToken consumer{queue};
    std::vector<moodycamel::ProducerToken> producers;
    for (std::uint32_t p = 0; p < bench::kProducers; ++p)
        producers.emplace_back(queue);
    bench::four_producers(
        "concurrentqueue.tokens.P4",
        cpus,
        [&](std::uint32_t p, std::uint64_t number, std::uint32_t) -> std::uint32_t {
            return queue.enqueue(producers[p], number) ? 1 : 0;
        },
        [&](std::uint64_t& sum) -> std::uint32_t {
            std::uint64_t number = 0;
            if (!queue.try_dequeue(consumer, number))
                return 0;
            sum += number;
            return 1;
        });
}

constexpr bench::Measurement kMeasurements[] = {
    {"concurrentqueue.tokens.bulk.P4", in_bulk},
    {"concurrentqueue.tokens.P4", singly},
};

} // namespace

int main(int count, char** arguments) {
    return bench::run(count, arguments, kMeasurements);
}
