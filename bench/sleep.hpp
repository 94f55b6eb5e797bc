// Sleeping on a word that processes share.
#pragma once
#include "harness.hpp"

#include <ctime>
#include <cw/core/atomic.hpp>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace bench {

/// How long a caller rests between two calls, so that the other side is asleep at each: as long as
/// where `bench paths` measures rpc.asleep.
inline constexpr std::uint64_t kRestNs = 200'000;
inline constexpr std::uint64_t kRests = 8; ///< In a sample: it takes long, and is counted out.

inline void sleep_while(const cw::Atomic<std::uint32_t>& word, std::uint32_t value) {
    syscall(SYS_futex, &word, FUTEX_WAIT, value, nullptr, nullptr, 0);
}
inline void wake_one(const cw::Atomic<std::uint32_t>& word) {
    syscall(SYS_futex, &word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}
inline void rest() {
    const timespec time{0, static_cast<long>(kRestNs)};
    nanosleep(&time, nullptr);
}

/// Prints the figure of round trips from rest: `call` is timed, what is between is not.
template <class Call>
void measure_from_rest(std::string_view name, Call&& call) {
    std::vector<std::uint64_t> values;
    for (int sample = 0; sample <= kSamples; ++sample) {
        std::uint64_t sum = 0;
        for (std::uint64_t i = 0; i < kRests; ++i) {
            rest();
            const std::uint64_t begin = now_ns();
            call();
            sum += now_ns() - begin;
        }
        if (sample > 0)
            values.push_back(sum * 1000 / kRests);
    }
    print_figure(name, "ps", std::move(values));
}
inline constexpr std::uint64_t kCallsFromRest = kRests * (kSamples + 1);

} // namespace bench
