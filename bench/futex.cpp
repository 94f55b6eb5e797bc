// Two processes that wake each other by futex, and sleep meanwhile. Nobody spins.
#include "sleep.hpp"

namespace {

struct Words {
    alignas(128) cw::Atomic<std::uint32_t> there;
    alignas(128) cw::Atomic<std::uint32_t> back;
};

void ring(cw::Atomic<std::uint32_t>& word, std::uint32_t turn) {
    word.store(turn, cw::Order::release);
    bench::wake_one(word);
}
void wait_for(const cw::Atomic<std::uint32_t>& word, std::uint32_t turn) {
    for (std::uint32_t seen; (seen = word.load(cw::Order::acquire)) != turn;)
        bench::sleep_while(word, seen);
}
void answer(Words& words, std::uint64_t calls) {
    for (std::uint32_t turn = 1; turn <= calls; ++turn) {
        wait_for(words.there, turn);
        ring(words.back, turn);
    }
}
void call(Words& words, std::uint32_t turn) {
    ring(words.there, turn);
    wait_for(words.back, turn);
}

void from_rest(const bench::Cpus& cpus) {
    auto& words = bench::shared<Words>();
    std::uint32_t turn = 0;
    bench::beside_process(
        cpus,
        [&] { answer(words, bench::kCallsFromRest); },
        [&] { bench::measure_from_rest("futex.pingpong", [&] { call(words, ++turn); }); });
}

void at_once(const bench::Cpus& cpus) {
    constexpr std::uint64_t kRounds = 100;
    auto& words = bench::shared<Words>();
    std::uint32_t turn = 0;
    bench::beside_process(
        cpus,
        [&] { answer(words, kRounds * (bench::kSamples + 1)); },
        [&] {
            bench::measure("futex.pingpong.hot", kRounds, [&] {
                for (std::uint64_t i = 0; i < kRounds; ++i)
                    call(words, ++turn);
            });
        });
}

constexpr bench::Measurement kMeasurements[] = {
    {"futex.pingpong", from_rest},
    {"futex.pingpong.hot", at_once},
};

} // namespace

int main(int count, char** arguments) {
    return bench::run(count, arguments, kMeasurements);
}
