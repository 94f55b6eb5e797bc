// moodycamel's queue of one producer and one consumer. It has no batches.
#include "queue.hpp"

#include <readerwriterqueue/readerwriterqueue.h>

namespace {

template <class T>
struct ReaderWriter {
    using Message = T;
    // try_: as long as the first block lasts, without allocating, like the others here.
    bool push(const T& message) { return queue.try_enqueue(message); }
    bool pop(T& message) { return queue.try_dequeue(message); }

    moodycamel::ReaderWriterQueue<T> queue{bench::kQueueCapacity};
};

using bench::Line;
constexpr bench::Measurement kMeasurements[] = {
    {"readerwriterqueue.pingpong8B",
     [](const bench::Cpus& cpus) {
         bench::pingpong<ReaderWriter<std::uint64_t>>("readerwriterqueue.pingpong8B", cpus);
     }},
    {"readerwriterqueue.single8B",
     [](const bench::Cpus& cpus) {
         bench::stream<ReaderWriter<std::uint64_t>>("readerwriterqueue.single8B", cpus);
     }},
    {"readerwriterqueue.single64B",
     [](const bench::Cpus& cpus) {
         bench::stream<ReaderWriter<Line>>("readerwriterqueue.single64B", cpus);
     }},
};

} // namespace

int main(int count, char** arguments) {
    return bench::run(count, arguments, kMeasurements);
}
