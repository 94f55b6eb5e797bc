// The shared memory of one ring for a model: index words with their names, and slots that relacy
// watches for races.
#pragma once
#include "relacy_sync.hpp"

#include <cw/core/ring.hpp>

namespace cw::model {

/// Indices start here, so that models with more than two messages cross the wrap.
inline constexpr std::uint32_t kFirst = 0u - 2u;

template <std::uint32_t kCapacity>
struct SharedRing {
    ProducerWords<RelacySync> producer;
    ConsumerWords<RelacySync> consumer;
    std::array<rl::var<std::uint32_t>, kCapacity> slots;

    void initialise(std::uint32_t first = kFirst) {
        producer.tail.initialise(Name::tail, first);
        producer.copied.initialise(Name::other, first);
        for (auto& word : producer.copy)
            word.initialise(Name::other, 0);
        producer.space_event.initialise(Name::space_event, first);
        consumer.head.initialise(Name::head, first);
        consumer.data_event.initialise(Name::data_event, first);
        for (auto& slot : slots)
            slot(RL_INFO) = 0;
    }
    RingProducer<RelacySync> make_producer(std::uint32_t first = kFirst) {
        return {&producer, &consumer, kCapacity, first};
    }
    RingConsumer<RelacySync> make_consumer(std::uint32_t first = kFirst) {
        return {&consumer, &producer, kCapacity, first};
    }
    void fill(std::uint32_t slot, std::uint32_t value) { slots[slot](RL_INFO) = value; }
    std::uint32_t read(std::uint32_t slot) { return slots[slot](RL_INFO); }
};

using Producer = RingProducer<RelacySync>;
using Consumer = RingConsumer<RelacySync>;

// The members with a fence in them, so that the fence can be named.

[[nodiscard]] inline bool flush(Producer& producer) {
    next_fence[rl::thread_index()] = Site::F1;
    return producer.flush();
}
[[nodiscard]] inline bool prepare_wait(Consumer& consumer) {
    next_fence[rl::thread_index()] = Site::F2;
    return consumer.prepare_wait();
}
[[nodiscard]] inline bool prepare_wait(Producer& producer) {
    next_fence[rl::thread_index()] = Site::F3;
    return producer.prepare_wait();
}
[[nodiscard]] inline bool wake_producer(Consumer& consumer, std::uint32_t before) {
    next_fence[rl::thread_index()] = Site::F4;
    return consumer.wake_producer(before);
}

[[nodiscard]] inline bool take_copy(Consumer& consumer, std::uint64_t* words, std::uint32_t count) {
    next_fence[rl::thread_index()] = Site::F7;
    return consumer.take_copy(words, count);
}
template <class... W>
void copy_beside(Producer& producer, W... words) {
    next_fence[rl::thread_index()] = Site::F6;
    producer.copy_beside({std::uint64_t{words}...});
}

} // namespace cw::model
