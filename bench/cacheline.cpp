// The floor: two flags in two cache lines, each written by one processor and read by the other.
#include "harness.hpp"

#include <cw/core/atomic.hpp>

namespace {

using cw::Order;
struct Flags {
    alignas(256) cw::Atomic<std::uint64_t> there;
    alignas(256) cw::Atomic<std::uint64_t> back;
};

constexpr std::uint64_t kRounds = 4'000;
constexpr std::uint64_t kAll = kRounds * (bench::kSamples + 1);

[[gnu::always_inline]] inline void
wait_for(const cw::Atomic<std::uint64_t>& flag, std::uint64_t value, bool pauses) {
    while (flag.load(Order::acquire) != value) {
        if (pauses)
            bench::relax();
    }
}

/// Polling is part of the cost: a line that is asked for without a pause is slower to leave, two-
/// to fourfold on a bad day. So the floor pauses, as the rings do; the others are printed beside
/// it.
template <Order kStore, bool kPauses>
void pingpong(std::string_view name, const bench::Cpus& cpus) {
    static Flags flags;
    std::uint64_t turn = 0;
    bench::beside_thread(
        cpus,
        [] {
            for (std::uint64_t i = 1; i <= kAll; ++i) {
                wait_for(flags.there, i, kPauses);
                flags.back.store(i, kStore);
            }
        },
        [&] {
            bench::measure(name, kRounds, [&] {
                for (std::uint64_t i = 0; i < kRounds; ++i) {
                    flags.there.store(++turn, kStore);
                    wait_for(flags.back, turn, kPauses);
                }
            });
        });
}

constexpr bench::Measurement kMeasurements[] = {
    {"cacheline.pingpong",
     [](const bench::Cpus& cpus) { pingpong<Order::release, true>("cacheline.pingpong", cpus); }},
    {"cacheline.pingpong.tight",
     [](const bench::Cpus& cpus) {
         pingpong<Order::release, false>("cacheline.pingpong.tight", cpus);
     }},
    {"cacheline.pingpong.exchange",
     [](const bench::Cpus& cpus) {
         pingpong<Order::seq_cst, true>("cacheline.pingpong.exchange", cpus);
     }},
};

} // namespace

int main(int count, char** arguments) {
    return bench::run(count, arguments, kMeasurements);
}
