// Two processes and a ring between them. Each maps the memory at an address of its own; each may
// write only its own pages, and the hardware sees to that. Both sleep when there is nothing to do.
#include "host.hpp"

#include <cw/core/spsc.hpp>
#include <sys/wait.h>

namespace {

struct Message {
    std::uint64_t number;
    std::uint64_t square;
};
struct Shared {
    cw::SpscRing<Message, 256> ring;
    alignas(4096) host::Doorbell data; // both write this page
    host::Doorbell space;
};
constexpr std::uint64_t kMessages = 1'000'000;

void produce(Shared& shared) {
    host::check(mprotect(&shared.ring.consumer, sizeof shared.ring.consumer, PROT_READ) == 0,
                "mprotect");
    auto producer = shared.ring.make_producer();
    for (std::uint64_t sent = 0; sent < kMessages;) {
        const auto room = producer.reserve(32);
        if (room.empty()) {
            if (producer.prepare_wait())
                shared.space.wait();
            continue;
        }
        std::uint32_t filled = 0;
        for (; filled < room.size() && sent < kMessages; ++filled, ++sent)
            room[filled] = {sent, sent * sent};
        producer.commit(filled);
        if (producer.flush()) // once for the whole batch
            shared.data.ring();
    }
}

int consume(Shared& shared) {
    host::check(shared.ring.valid(), "the ring is of another kind");
    host::check(mprotect(&shared.ring.producer, sizeof shared.ring.producer, PROT_READ) == 0,
                "mprotect");
    auto consumer = shared.ring.make_consumer();
    std::uint64_t wrong = 0;
    for (std::uint64_t received = 0; received < kMessages;) {
        const auto messages = consumer.peek(64);
        if (messages.empty()) {
            if (consumer.prepare_wait())
                shared.data.wait();
            continue;
        }
        for (const Message& message : messages) {
            wrong += message.number != received || message.square != received * received ? 1 : 0;
            ++received;
        }
        consumer.release(messages.size());
        if (consumer.wake_producer())
            shared.space.ring();
    }
    std::printf("%llu messages, %llu wrong\n",
                static_cast<unsigned long long>(kMessages),
                static_cast<unsigned long long>(wrong));
    return wrong == 0 ? 0 : 1;
}

} // namespace

int main() {
    const int file = host::create_memory<Shared>();
    Shared& mine = host::map<Shared>(file);
    mine.ring.initialise();
    const pid_t child = fork();
    if (child == 0) {
        produce(host::map<Shared>(file)); // a mapping of its own: another address
        _exit(0);
    }
    const int result = consume(mine);
    int status = 0;
    host::check(waitpid(child, &status, 0) == child && status == 0, "the producer");
    return result;
}
