// Four producers and one consumer that sleeps on a single word. One of the producers ends early;
// its lane closes, and the others go on.
#include "host.hpp"

#include <cw/core/lanes.hpp>
#include <memory>
#include <thread>
#include <vector>

namespace {

constexpr std::uint32_t kProducers = 4;
constexpr std::uint64_t kMessages = 200'000;
struct Message {
    std::uint64_t number;
    char text[56];
};
using Memory = cw::Lanes<Message, kProducers, 64>;

/// Producers wake the word on which the consumer sleeps.
void wake_if(bool wanted, Memory& memory) {
    if (wanted)
        host::wake(memory.bell.words.epoch);
}

void produce(Memory& memory, std::uint32_t lane) {
    auto producer = memory.make_producer(lane);
    const std::uint64_t count = lane == 0 ? kMessages / 10 : kMessages;
    for (std::uint64_t sent = 0; sent < count;) {
        if (producer.push({sent, "a message"})) {
            if (++sent % 16 == 0) // a batch
                wake_if(producer.flush(), memory);
        } else {
            wake_if(producer.flush(), memory); // before waiting for anything
            std::this_thread::yield();
        }
    }
    wake_if(producer.close(), memory);
}

} // namespace

int main() {
    const auto memory = std::make_unique<Memory>();
    memory->initialise();
    std::vector<std::thread> threads;
    for (std::uint32_t lane = 0; lane < kProducers; ++lane)
        threads.emplace_back(produce, std::ref(*memory), lane);

    auto consumer = memory->make_consumer();
    std::uint64_t received[kProducers]{}, wrong = 0;
    while (consumer.open() != 0) {
        const auto batch = consumer.next(16); // no lane gets more than 16 in its turn
        for (const Message& message : batch.messages)
            wrong += message.number != received[batch.lane]++ ? 1 : 0;
        if (!batch.messages.empty()) {
            consumer.done(batch);
        } else if (consumer.open() != 0 && consumer.prepare_wait()) {
            host::sleep_while(memory->bell.words.epoch, consumer.sleeping());
            consumer.awake();
        }
    }
    for (std::thread& thread : threads)
        thread.join();
    std::printf("%llu %llu %llu %llu messages, %llu wrong\n",
                static_cast<unsigned long long>(received[0]),
                static_cast<unsigned long long>(received[1]),
                static_cast<unsigned long long>(received[2]),
                static_cast<unsigned long long>(received[3]),
                static_cast<unsigned long long>(wrong));
    return wrong == 0 && received[0] == kMessages / 10 && received[3] == kMessages ? 0 : 1;
}
