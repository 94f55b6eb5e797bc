// Four producers and one consumer, with fewer processors than threads: the consumer has one for
// itself, the producers share the other. Batches of kBatch on both sides, 8-byte messages.
#pragma once
#include "queue.hpp"

#include <cw/core/atomic.hpp>
#include <sched.h>
#include <thread>

namespace bench {

inline constexpr std::uint32_t kProducers = 4;
inline constexpr std::uint64_t kPerProducer = 50'000;

/// `produce(p, from, most)` sends up to `most` numbers from `from` on and returns how many;
/// `consume(sum)` takes some, adds them to `sum`, and returns how many.
template <class Produce, class Consume>
void four_producers(std::string_view name, const Cpus& cpus, Produce&& produce, Consume&& consume) {
    cw::Atomic<std::uint32_t> round; // a sample begins when it counts up
    std::vector<std::thread> threads;
    for (std::uint32_t p = 0; p < kProducers; ++p) {
        threads.emplace_back([&, p] {
            pin(cpus.second);
            for (std::uint32_t sample = 1; sample <= kSamples + 1; ++sample) {
                while (round.load(cw::Order::acquire) < sample)
                    sched_yield();
                for (std::uint64_t sent = 0; sent < kPerProducer;) {
                    const std::uint64_t left = kPerProducer - sent;
                    const auto most = static_cast<std::uint32_t>(left < kBatch ? left : kBatch);
                    const std::uint32_t some = produce(p, sent, most);
                    sent += some;
                    if (some == 0)
                        sched_yield(); // full: another producer may run meanwhile
                }
            }
        });
    }
    measure(name, kProducers * kPerProducer, [&] {
        round.fetch_add(1, cw::Order::release);
        std::uint64_t sum = 0;
        for (std::uint64_t got = 0; got < kProducers * kPerProducer;) {
            const std::uint32_t some = consume(sum);
            if (some == 0)
                relax();
            got += some;
        }
        require(sum == kProducers * expected<std::uint64_t>(kPerProducer), name);
    });
    for (std::thread& thread : threads)
        thread.join();
}

} // namespace bench
