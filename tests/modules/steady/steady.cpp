#include "steady.hpp"
#include <cw/core/atomic.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/wait.hpp>

CW_MODULE(steady, {.version = {1, 0}, .frame_bytes = 512 * 1024});
CW_REQUIRE(steady::turn_back, cw::abi::kMethodOptional);

namespace {

using steady::Word;

std::array<std::uint64_t, 1024> values;
steady::Counts counted;
cw::Atomic<std::uint64_t> inside;

/// While it lives, nobody else may run in this module: between two awaits of a handler.
class Stretch {
public:
    Stretch() noexcept {
        // Relaxed: it is the gate that is on trial, and only the count matters.
        if (inside.fetch_add(1, cw::Order::relaxed) != 0)
            ++counted.entered_twice;
        for (volatile int i = 0; i < 1000; i = i + 1) { // time for another one to come
        }
    }
    Stretch(const Stretch&) = delete;
    Stretch& operator=(const Stretch&) = delete;
    ~Stretch() { inside.fetch_add(~std::uint64_t{0}, cw::Order::relaxed); }
};

void start(std::uint64_t value) noexcept {
    values[counted.started++ % values.size()] = value;
}

Word note(Word word) noexcept {
    const Stretch stretch;
    start(word.value);
    ++counted.finished;
    return word;
}

cw::Task<Word> pause(steady::Pause wanted) noexcept {
    {
        const Stretch stretch;
        start(wanted.value);
    }
    const auto slept = co_await cw::sleep_ns(wanted.microseconds * 1000);
    const Stretch stretch;
    if (slept.error() != cw::Status::timed_out) {
        counted.cancelled += slept.error() == cw::Status::cancelled ? 1 : 0;
        co_return cw::refuse(slept.error());
    }
    ++counted.finished;
    co_return Word{wanted.value};
}

cw::Task<Word> insist(steady::Pause wanted) noexcept {
    {
        const Stretch stretch;
        start(wanted.value);
    }
    const std::uint64_t end = cw::ticks_after_ns(wanted.microseconds * 1000);
    while (cw_module.ops->now() < end) {
        const auto slept = co_await cw::sleep_ns(1'000'000);
        counted.cancelled += slept.error() == cw::Status::cancelled ? 1 : 0;
    }
    const Stretch stretch;
    ++counted.finished;
    co_return Word{wanted.value};
}

cw::Task<steady::Block> keep(steady::Block block) noexcept {
    static_cast<void>(co_await cw::sleep_ns(200'000));
    co_return block;
}

cw::Result<Word> refuse(Word word) noexcept {
    return cw::refuse(static_cast<cw::Status>(word.value));
}

cw::Task<Word> refuse_late(Word word) noexcept {
    static_cast<void>(co_await cw::sleep_ns(100'000));
    co_return cw::refuse(static_cast<cw::Status>(word.value));
}

cw::Result<Word> noted(Word index) noexcept {
    if (index.value >= counted.started || index.value >= values.size())
        return cw::refuse(cw::Status::out_of_range);
    return Word{values[index.value]};
}

cw::Task<Word> turn(Word word) noexcept {
    if (word.value == 0)
        co_return word;
    {
        const Stretch stretch;
    }
    CW_CO_TRY(answer, co_await steady::turn_back({word.value - 1}));
    co_return Word{answer.value + 1};
}

} // namespace

CW_PROVIDE(steady::note, note);
CW_PROVIDE(steady::pause, pause);
CW_PROVIDE(steady::insist, insist);
CW_PROVIDE(steady::keep, keep);
CW_PROVIDE(steady::refuse, refuse);
CW_PROVIDE(steady::refuse_late, refuse_late);
CW_PROVIDE(steady::noted, noted);
CW_PROVIDE(steady::counts, [](cw::Nothing) { return counted; });
CW_PROVIDE(steady::forget, [](cw::Nothing) { counted = {}; });
CW_PROVIDE(steady::turn, turn);
CW_PROVIDE(steady::die, [](cw::Nothing) { __builtin_trap(); });
