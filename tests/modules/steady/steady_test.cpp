// What a caller may rely on, wherever the two modules are: DESIGN section 3.
#include "steady.hpp"
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>
#include <cw/sdk/wait.hpp>
#include <optional>

CW_MODULE(steady_test, {.version = {1, 0}, .frame_bytes = 256 * 1024});
CW_REQUIRE(steady::note);
CW_REQUIRE(steady::pause);
CW_REQUIRE(steady::insist);
CW_REQUIRE(steady::keep);
CW_REQUIRE(steady::refuse);
CW_REQUIRE(steady::refuse_late);
CW_REQUIRE(steady::noted);
CW_REQUIRE(steady::counts);
CW_REQUIRE(steady::forget);
CW_REQUIRE(steady::turn);

namespace {

using cw::Status;
using steady::Word;

constexpr std::uint64_t kMany = 300; ///< More than a channel has credits, and than it has slots.
constexpr std::uint64_t kMillisecond = 1'000'000;

template <class M>
using Calls = std::array<std::optional<cw::Future<M>>, kMany>;
Calls<steady::pause_method> pauses;
Calls<steady::note_method> notes;
Calls<steady::keep_method> keeps;
Calls<steady::turn_method> turns;
Calls<steady::insist_method> insists;

/// Whatever an earlier test left, should it have failed.
cw::Task<> forget_all() noexcept {
    const auto clear = [](auto& calls) {
        for (auto& call : calls)
            call.reset();
    };
    clear(pauses);
    clear(notes);
    clear(keeps);
    clear(turns);
    clear(insists);
    co_return co_await steady::forget();
}

/// Awaits a call and gives its place free.
template <class M>
cw::Task<typename M::Reply> answer(std::optional<cw::Future<M>>* call) noexcept {
    auto reply = co_await **call;
    call->reset();
    co_return reply;
}

/// True once `counts` satisfies the condition; false if it does not within a few seconds.
cw::Task<bool> come_true(bool (*condition)(const steady::Counts&)) noexcept {
    for (int tries = 0; tries < 2000; ++tries) {
        CW_CO_TRY(counts, co_await steady::counts());
        if (condition(counts))
            co_return true;
        static_cast<void>(co_await cw::sleep_ns(2 * kMillisecond));
    }
    co_return false;
}

} // namespace

CW_TEST(replies_are_those_of_these_calls) {
    for (std::uint64_t i = 0; i < kMany; ++i) {
        CW_EXPECT_VALUE(at_once, co_await steady::note({i}));
        CW_EXPECT_EQUAL(at_once.value, i);
    }
    CW_EXPECT_VALUE(late, co_await steady::pause({7, 100}));
    CW_EXPECT_EQUAL(late.value, 7);
}

CW_TEST(errors_are_values) {
    for (std::uint64_t status = 1; status <= cw::kLastStatus; ++status) {
        const auto at_once = co_await steady::refuse({status});
        CW_EXPECT(!at_once.has_value());
        CW_EXPECT_EQUAL(at_once.error(), static_cast<Status>(status));
        const auto late = co_await steady::refuse_late({status});
        CW_EXPECT(!late.has_value());
        CW_EXPECT_EQUAL(late.error(), static_cast<Status>(status));
    }
}

CW_TEST(requests_start_in_the_order_in_which_they_were_issued) {
    CW_EXPECT((co_await forget_all()).has_value());
    for (std::uint64_t i = 0; i < kMany; ++i) {
        if (i % 3 == 0) // the earlier ones suspend before these start
            pauses[i].emplace(steady::pause({i, 500 - i}));
        else
            notes[i].emplace(steady::note({i}));
    }
    for (std::uint64_t i = kMany; i-- > 0;) {
        CW_EXPECT_VALUE(reply,
                        i % 3 == 0 ? co_await answer(&pauses[i]) : co_await answer(&notes[i]));
        CW_EXPECT_EQUAL(reply.value, i);
    }
    for (std::uint64_t i = 0; i < kMany; ++i) {
        CW_EXPECT_VALUE(noted, co_await steady::noted({i}));
        CW_EXPECT_EQUAL(noted.value, i);
    }
}

CW_TEST(the_order_survives_a_change_of_the_path) {
    CW_EXPECT((co_await forget_all()).has_value());
    std::uint64_t next = 0;
    for (std::uint64_t round = 0; round < 4; ++round) {
        // More than the credits: a synchronous path gives way to the ring, and comes back at some
        // time while the notes are issued one by one.
        for (std::uint64_t i = 0; i < 100; ++i)
            pauses[i].emplace(steady::pause({next++, 100}));
        for (std::uint64_t i = 0; i < 100; ++i) {
            notes[i].emplace(steady::note({next++}));
            CW_EXPECT((co_await answer(&pauses[i])).has_value());
        }
        for (std::uint64_t i = 0; i < 100; ++i)
            CW_EXPECT((co_await answer(&notes[i])).has_value());
    }
    for (std::uint64_t i = 0; i < next; ++i) {
        CW_EXPECT_VALUE(noted, co_await steady::noted({i}));
        CW_EXPECT_EQUAL(noted.value, i);
    }
}

CW_TEST(a_full_ring_suspends_and_every_call_completes_once) {
    CW_EXPECT((co_await forget_all()).has_value());
    for (std::uint64_t i = 0; i < kMany; ++i)
        pauses[i].emplace(steady::pause({i, 300}));
    for (std::uint64_t i = 0; i < kMany; ++i) {
        CW_EXPECT_VALUE(reply, co_await answer(&pauses[i]));
        CW_EXPECT_EQUAL(reply.value, i);
    }
    CW_EXPECT_VALUE(counts, co_await steady::counts());
    CW_EXPECT_EQUAL(counts.started, kMany);
    CW_EXPECT_EQUAL(counts.finished, kMany);
}

CW_TEST(a_module_is_never_entered_twice) {
    CW_EXPECT((co_await forget_all()).has_value());
    for (std::uint64_t round = 0; round < 4; ++round) {
        for (std::uint64_t i = 0; i < 60; ++i)
            pauses[i].emplace(steady::pause({i, 50 * i})); // end while others start
        for (std::uint64_t i = 0; i < kMany; ++i) {
            CW_EXPECT_VALUE(reply, co_await steady::note({i}));
            CW_EXPECT_EQUAL(reply.value, i);
        }
        for (std::uint64_t i = 0; i < 60; ++i)
            CW_EXPECT((co_await answer(&pauses[i])).has_value());
    }
    CW_EXPECT_VALUE(counts, co_await steady::counts());
    CW_EXPECT_EQUAL(counts.finished, 4 * (60 + kMany));
    CW_EXPECT_EQUAL(counts.entered_twice, 0);
}

CW_TEST(the_callee_never_sees_a_later_change_of_the_arguments) {
    steady::Block block{};
    for (std::uint64_t i = 0; i < kMany; ++i) {
        block.words.fill(i);
        keeps[i].emplace(steady::keep(block));
        block.words.fill(~i);
    }
    for (std::uint64_t i = 0; i < kMany; ++i) {
        CW_EXPECT_VALUE(kept, co_await answer(&keeps[i]));
        for (const std::uint64_t word : kept.words)
            CW_EXPECT_EQUAL(word, i);
    }
}

CW_TEST(a_deadline_ends_the_wait_and_the_callee_is_told) {
    CW_EXPECT((co_await forget_all()).has_value());
    const auto reply =
        co_await steady::pause({1, 3'600'000'000}).by(cw::ticks_after_ns(2 * kMillisecond));
    CW_EXPECT(!reply.has_value());
    CW_EXPECT_EQUAL(reply.error(), Status::timed_out);
    CW_EXPECT_VALUE(told,
                    co_await come_true([](const steady::Counts& c) { return c.cancelled == 1; }));
    CW_EXPECT(told);
}

CW_TEST(cancelling_ends_the_wait_and_the_callee_is_told) {
    CW_EXPECT((co_await forget_all()).has_value());
    auto call = steady::pause({1, 3'600'000'000});
    CW_EXPECT_VALUE(noted, co_await steady::note({2})); // so that it has started for certain
    CW_EXPECT_EQUAL(noted.value, 2);
    call.cancel();
    const auto reply = co_await call;
    CW_EXPECT(!reply.has_value());
    CW_EXPECT_EQUAL(reply.error(), Status::cancelled);
    CW_EXPECT_VALUE(told,
                    co_await come_true([](const steady::Counts& c) { return c.cancelled == 1; }));
    CW_EXPECT(told);
}

CW_TEST(late_answers_are_dropped) {
    CW_EXPECT((co_await forget_all()).has_value());
    for (std::uint64_t i = 0; i < 60; ++i) {
        // So much later than the deadline that a busy machine does not take one for the other.
        insists[i].emplace(steady::insist({1000 + i, 40'000}).by(cw::ticks_after_ns(kMillisecond)));
        if (i % 2 == 0)
            insists[i]->cancel();
    }
    for (std::uint64_t i = 0; i < 60; ++i) {
        const auto reply = co_await answer(&insists[i]);
        CW_EXPECT(!reply.has_value());
        CW_EXPECT_EQUAL(reply.error(), i % 2 == 0 ? Status::cancelled : Status::timed_out);
    }
    // While they come, and after.
    for (std::uint64_t i = 0; i < 60; ++i) {
        CW_EXPECT_VALUE(reply, co_await steady::pause({i, 1000}));
        CW_EXPECT_EQUAL(reply.value, i);
    }
    CW_EXPECT_VALUE(came,
                    co_await come_true([](const steady::Counts& c) { return c.finished == 120; }));
    CW_EXPECT(came);
    for (std::uint64_t i = 0; i < kMany; ++i)
        notes[i].emplace(steady::note({i}));
    for (std::uint64_t i = 0; i < kMany; ++i) {
        CW_EXPECT_VALUE(reply, co_await answer(&notes[i]));
        CW_EXPECT_EQUAL(reply.value, i);
    }
}

namespace {

bool in_body = false;     ///< The body of the test below runs, and awaits nothing.
bool met_in_body = false; ///< A handler of ours ran meanwhile.

cw::Task<Word> turn_back(Word word) noexcept {
    met_in_body = met_in_body || in_body;
    if (word.value == 0)
        co_return word;
    CW_CO_TRY(answer, co_await steady::turn({word.value - 1}));
    co_return Word{answer.value + 1};
}

} // namespace
CW_PROVIDE(steady::turn_back, turn_back);

CW_TEST(a_cycle_neither_reenters_nor_deadlocks) {
    for (int tries = 0; tries < 1000; ++tries) { // until steady is linked to us
        const auto reply = co_await steady::turn({1});
        if (reply || reply.error() != Status::not_found)
            break;
        static_cast<void>(co_await cw::sleep_ns(kMillisecond));
    }
    constexpr std::uint64_t kDepth = 12;
    constexpr std::uint64_t kCycles = 8; // all of them together hold less than the credits
    in_body = true;
    for (std::uint64_t i = 0; i < kCycles; ++i)
        turns[i].emplace(steady::turn({kDepth + i % 2}));
    in_body = false;
    for (std::uint64_t i = 0; i < kCycles; ++i) {
        CW_EXPECT_VALUE(reply, co_await answer(&turns[i]));
        CW_EXPECT_EQUAL(reply.value, kDepth + i % 2);
    }
    CW_EXPECT(!met_in_body);
    CW_EXPECT_VALUE(counts, co_await steady::counts());
    CW_EXPECT_EQUAL(counts.entered_twice, 0);
}
