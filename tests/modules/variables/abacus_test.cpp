// Counts in lanes: counted by two threads at once, and summed by a reader in another domain.
#include "abacus.hpp"
#include <cw/core/variables/snapshot.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>
#include <cw/sdk/variables.hpp>
#include <cw/sdk/wait.hpp>

CW_MODULE(abacus_test, {.version = {1, 0}, .watchdog_ms = 20'000});
CW_REQUIRE(abacus::hit);
CW_REQUIRE(abacus::beat);
CW_REQUIRE(cw::variables::show);
CW_REQUIRE(cw::variables::wait);
CW_READ(abacus::hits);

namespace readers {
/// The same variable in a record of other fields.
struct Weight {
    std::uint32_t weight;
};
CW_VARIABLE_NAMED(weight, "abacus/hits", Weight);
} // namespace readers
CW_READ(readers::weight);

CW_TEST(a_sum_never_goes_back_and_is_exact_in_the_end) {
    constexpr std::uint64_t kBeats = 400, kWeight = 5;
    constexpr std::uint64_t kHits = abacus::kHits;
    CW_EXPECT_VALUE(before, abacus::hits.read());
    auto beating = abacus::beat({kBeats});
    static_cast<void>(co_await cw::sleep_ns(100'000)); // so that it is sent
    abacus::Hits last = before;
    for (std::uint64_t i = 0; i < kBeats; ++i) {
        CW_EXPECT((co_await abacus::hit({kWeight})).has_value());
        CW_EXPECT_VALUE(now, abacus::hits.read());
        CW_EXPECT(now.calls >= last.calls + kHits && now.weight >= last.weight + kHits * kWeight);
        last = now;
    }
    CW_EXPECT((co_await beating).has_value());
    CW_EXPECT_VALUE(after, abacus::hits.read());
    CW_EXPECT_EQUAL(after.calls, before.calls + 2 * kBeats * kHits);
    CW_EXPECT_EQUAL(after.weight, before.weight + (3 + kWeight) * kBeats * kHits);
}

CW_TEST(it_is_read_by_field_by_name_and_as_it_is) {
    CW_EXPECT((co_await abacus::hit({1})).has_value());
    CW_EXPECT_VALUE(hits, abacus::hits.read());
    CW_EXPECT_VALUE(weight, readers::weight.read());
    CW_EXPECT_EQUAL(weight.weight, hits.weight);
    CW_EXPECT_VALUE(bound, co_await cw::variables::bind<abacus::Hits>("abacus/hits"));
    CW_EXPECT_VALUE(same, bound.read());
    CW_EXPECT_EQUAL(same.calls, hits.calls);
    static cw::variables::Raw raw;
    CW_EXPECT_EQUAL(cw::variables::read_raw(abacus::hits.entry(), raw), cw::Status::ok);
    CW_EXPECT_EQUAL(raw.words[0], hits.calls);
    // A latch of two words would be something else.
    CW_EXPECT_EQUAL(cw::snapshot(abacus::hits, abacus::hits).error(), cw::Status::mismatch);
}

CW_TEST(who_waits_is_told_of_any_lane) {
    const cw::variables::Entry& entry = abacus::hits.entry();
    const cw::variables::Seen seen = cw::variables::seen(entry);
    auto beating = abacus::beat({1});
    CW_EXPECT((co_await cw::variables::changed(entry, seen)).has_value());
    CW_EXPECT((co_await beating).has_value());
}
