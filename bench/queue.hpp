// What every queue of one producer and one consumer is asked to do: the same loops for ours and for
// the others, over an adapter with push() and pop(), and push_some() and pop_some() where the queue
// has batches.
#pragma once
#include "harness.hpp"

#include <cstdio>
#include <cstdlib>
#include <memory>

namespace bench {

inline constexpr std::uint32_t kQueueCapacity = 1024;
inline constexpr std::uint32_t kBatch = 32;
inline constexpr std::uint64_t kMessages = 50'000;
inline constexpr std::uint64_t kRoundTrips = 4'000;

/// A message of a cache line. All of it is written and read.
struct alignas(64) Line {
    std::uint64_t words[8];
};

/// Messages of both sizes carry their number; the rest of a line depends on it.
template <class T>
[[gnu::always_inline]] inline T make_message(std::uint64_t number) {
    if constexpr (sizeof(T) == 8) {
        return number;
    } else {
        T message;
        for (std::uint64_t i = 0; i < 8; ++i)
            message.words[i] = number + i;
        return message;
    }
}
template <class T>
[[gnu::always_inline]] inline std::uint64_t sum_of(const T& message) {
    if constexpr (sizeof(T) == 8) {
        return message;
    } else {
        std::uint64_t sum = 0;
        for (const std::uint64_t word : message.words)
            sum += word;
        return sum;
    }
}
/// What the sums of `count` messages from number 0 on add up to.
template <class T>
[[nodiscard]] constexpr std::uint64_t expected(std::uint64_t count) {
    const std::uint64_t numbers = count * (count - 1) / 2;
    return sizeof(T) == 8 ? numbers : 8 * numbers + 28 * count;
}
inline void require(bool right, std::string_view name) {
    if (right)
        return;
    std::fprintf(
        stderr, "%.*s: messages were lost or spoilt\n", static_cast<int>(name.size()), name.data());
    std::exit(1);
}

/// Round trips through two queues, one at a time.
template <class Queue>
void pingpong(std::string_view name, const Cpus& cpus) {
    const auto there = std::make_unique<Queue>();
    const auto back = std::make_unique<Queue>();
    constexpr std::uint64_t kAll = kRoundTrips * (kSamples + 1);
    beside_thread(
        cpus,
        [&] {
            for (std::uint64_t i = 0; i < kAll; ++i) {
                typename Queue::Message message;
                while (!there->pop(message))
                    relax();
                while (!back->push(message))
                    relax();
            }
        },
        [&] {
            measure(name, kRoundTrips, [&] {
                std::uint64_t sum = 0;
                for (std::uint64_t i = 0; i < kRoundTrips; ++i) {
                    typename Queue::Message message;
                    while (!there->push(make_message<typename Queue::Message>(i)))
                        relax();
                    while (!back->pop(message))
                        relax();
                    sum += sum_of(message);
                }
                require(sum == expected<typename Queue::Message>(kRoundTrips), name);
            });
        });
}

/// A stream in one direction; the sample ends when the consumer has them all. `send` and `receive`
/// move some messages and return how many.
template <class Queue, std::uint64_t kCount, class Send, class Receive>
void one_way(std::string_view name, const Cpus& cpus, Send&& send, Receive&& receive) {
    const auto queue = std::make_unique<Queue>();
    const auto done = std::make_unique<Queue>(); // answers one message for each sample
    using Message = typename Queue::Message;
    beside_thread(
        cpus,
        [&] {
            for (int sample = 0; sample <= kSamples; ++sample) {
                std::uint64_t sum = 0;
                for (std::uint64_t got = 0; got < kCount;) {
                    const std::uint32_t some = receive(*queue, kCount - got, sum);
                    if (some == 0)
                        relax();
                    got += some;
                }
                require(sum == expected<Message>(kCount), name);
                while (!done->push(make_message<Message>(0)))
                    relax();
            }
        },
        [&] {
            measure(name, kCount, [&] {
                for (std::uint64_t sent = 0; sent < kCount;) {
                    const std::uint32_t some = send(*queue, kCount - sent, sent);
                    if (some == 0)
                        relax();
                    sent += some;
                }
                Message message;
                while (!done->pop(message))
                    relax();
            });
        });
}

template <class Queue, std::uint64_t kCount = kMessages>
void stream(std::string_view name, const Cpus& cpus) {
    using Message = typename Queue::Message;
    one_way<Queue, kCount>(
        name,
        cpus,
        [](Queue& queue, std::uint64_t, std::uint64_t number) -> std::uint32_t {
            return queue.push(make_message<Message>(number)) ? 1 : 0;
        },
        [](Queue& queue, std::uint64_t, std::uint64_t& sum) -> std::uint32_t {
            Message message;
            if (!queue.pop(message))
                return 0;
            sum += sum_of(message);
            return 1;
        });
}

/// The same in batches of kBatch.
template <class Queue>
void batches(std::string_view name, const Cpus& cpus) {
    using Message = typename Queue::Message;
    one_way<Queue, kMessages>(
        name,
        cpus,
        [](Queue& queue, std::uint64_t left, std::uint64_t number) -> std::uint32_t {
            const auto most = static_cast<std::uint32_t>(left < kBatch ? left : kBatch);
            return queue.push_some(most, [&] { return make_message<Message>(number++); });
        },
        [](Queue& queue, std::uint64_t left, std::uint64_t& sum) -> std::uint32_t {
            const auto most = static_cast<std::uint32_t>(left < kBatch ? left : kBatch);
            return queue.pop_some(most, [&](const Message& message) { sum += sum_of(message); });
        });
}

} // namespace bench
