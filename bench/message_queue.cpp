// POSIX message queues between two processes, one in each direction.
#include "descriptors.hpp"

#include <cstdio>
#include <fcntl.h>
#include <mqueue.h>

namespace {

mqd_t make(const char* direction, long message_bytes) {
    char name[64];
    std::snprintf(name, sizeof(name), "/causeway-bench-%d-%s", getpid(), direction);
    mq_attr wanted{};
    wanted.mq_maxmsg = 10; // what Linux grants without privilege
    wanted.mq_msgsize = message_bytes;
    const mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &wanted);
    if (queue < 0 && errno == ENOSYS)
        bench::absent("this Linux has no POSIX message queues");
    bench::check(queue >= 0, "mq_open");
    mq_unlink(name);
    return queue;
}
template <class T>
void send(mqd_t queue, const T& message) {
    const auto* bytes = reinterpret_cast<const char*>(&message);
    bench::check(mq_send(queue, bytes, sizeof(T), 0) == 0, "mq_send");
}
template <class T>
void receive(mqd_t queue, T& message) {
    auto* bytes = reinterpret_cast<char*>(&message);
    bench::check(mq_receive(queue, bytes, sizeof(T), nullptr) == sizeof(T), "mq_receive");
}

void pingpong(const bench::Cpus& cpus) {
    const mqd_t there = make("there", 8), back = make("back", 8);
    bench::beside_process(
        cpus,
        [&] {
            for (std::uint64_t i = 0; i < bench::kCallsFromRest; ++i) {
                std::uint64_t number;
                receive(there, number);
                send(back, number);
            }
        },
        [&] {
            bench::measure_from_rest("mq.pingpong", [&] {
                std::uint64_t number = 1;
                send(there, number);
                receive(back, number);
            });
        });
}

constexpr bench::Measurement kMeasurements[] = {{"mq.pingpong", pingpong}};

} // namespace

int main(int count, char** arguments) {
    return bench::run(count, arguments, kMeasurements);
}
