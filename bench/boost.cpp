// Boost.Lockfree's queue of one producer and one consumer: one at a time, and in bulk.
#include "queue.hpp"

#include <boost/lockfree/spsc_queue.hpp>

namespace {

template <class T>
struct Boost {
    using Message = T;
    bool push(const T& message) { return queue.push(message); }
    bool pop(T& message) { return queue.pop(message); }
    template <class Make>
    std::uint32_t push_some(std::uint32_t most, Make&& make) {
        // It has no place to write to: a batch is made outside, then copied in. What does not fit
        // is kept and offered again.
        if (kept_begin == kept_end) {
            kept_begin = 0;
            for (kept_end = 0; kept_end < most; ++kept_end)
                kept[kept_end] = make();
        }
        const auto sent =
            static_cast<std::uint32_t>(queue.push(kept + kept_begin, kept_end - kept_begin));
        kept_begin += sent;
        return sent;
    }
    template <class Use>
    std::uint32_t pop_some(std::uint32_t most, Use&& use) {
        T some[bench::kBatch];
        const auto count = static_cast<std::uint32_t>(queue.pop(some, most));
        for (std::uint32_t i = 0; i < count; ++i)
            use(some[i]);
        return count;
    }

    boost::lockfree::spsc_queue<T, boost::lockfree::capacity<bench::kQueueCapacity>> queue;
    alignas(256) T kept[bench::kBatch];
    std::uint32_t kept_begin = 0;
    std::uint32_t kept_end = 0;
};

using bench::Line;
constexpr bench::Measurement kMeasurements[] = {
    {"boost.pingpong8B",
     [](const bench::Cpus& cpus) {
         bench::pingpong<Boost<std::uint64_t>>("boost.pingpong8B", cpus);
     }},
    {"boost.single8B",
     [](const bench::Cpus& cpus) { bench::stream<Boost<std::uint64_t>>("boost.single8B", cpus); }},
    {"boost.bulk8B",
     [](const bench::Cpus& cpus) { bench::batches<Boost<std::uint64_t>>("boost.bulk8B", cpus); }},
    {"boost.single64B",
     [](const bench::Cpus& cpus) { bench::stream<Boost<Line>>("boost.single64B", cpus); }},
    {"boost.bulk64B",
     [](const bench::Cpus& cpus) { bench::batches<Boost<Line>>("boost.bulk64B", cpus); }},
};

} // namespace

int main(int count, char** arguments) {
    return bench::run(count, arguments, kMeasurements);
}
