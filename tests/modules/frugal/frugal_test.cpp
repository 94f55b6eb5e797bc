// A call whose handler does not suspend allocates nothing, however it is linked: no frame on either
// side, no page in the kernel.
#include "frugal.hpp"
#include <cw/core/batch.hpp>
#include <cw/core/service/memory.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>
#include <cw/sdk/wait.hpp>

CW_MODULE(frugal_test, {.version = {1, 0}});
CW_REQUIRE(frugal::add_one);
CW_REQUIRE(frugal::allocations);
CW_REQUIRE(cw::memory::statistics);

namespace {

constexpr std::uint64_t kCalls =
    250'000;                            ///< A quarter: a test has ten seconds, whatever its links.
constexpr std::uint64_t kTogether = 50; ///< Divides it.

struct Counts {
    std::uint64_t own_frames, its_frames, free_bytes;
};

cw::Task<Counts> count() noexcept {
    CW_CO_TRY(its, co_await frugal::allocations());
    CW_CO_TRY(memory, co_await cw::memory::statistics());
    co_return Counts{cw_module.frames.allocations, its.frames, memory.free_bytes};
}

/// How many of kCalls calls were answered rightly.
cw::Task<std::uint64_t> call() noexcept {
    static cw::Batch<frugal::add_one_method, kTogether> batch;
    std::uint64_t right = 0;
    for (std::uint64_t i = 0; i < kCalls; i += kTogether) {
        for (std::uint64_t k = 0; k < kTogether; ++k)
            batch.start({i + k});
        co_await batch;
        batch.take([&](std::size_t k, const cw::Result<frugal::Word>& reply) {
            right += reply && reply->value == i + k + 1 ? 1 : 0;
        });
        if (i % (kCalls / 10) == 0) // a task that never waits is taken for one that loops
            static_cast<void>(co_await cw::sleep_ns(100'000));
    }
    co_return right;
}

} // namespace

// Four tests of the same, which together make a million calls.
#define QUARTER(name)                                                                              \
    CW_TEST(name) {                                                                                \
        const auto before = co_await count();                                                      \
        CW_EXPECT(before.has_value());                                                             \
        const auto right = co_await call();                                                        \
        CW_EXPECT(right.has_value());                                                              \
        CW_EXPECT_EQUAL(*right, kCalls);                                                           \
        const auto after = co_await count();                                                       \
        CW_EXPECT(after.has_value());                                                              \
        CW_EXPECT_EQUAL(after->its_frames, before->its_frames);                                    \
        CW_EXPECT_EQUAL(after->own_frames, before->own_frames + 2); /* of call() and count() */    \
        CW_EXPECT_EQUAL(after->free_bytes, before->free_bytes);                                    \
    }
QUARTER(a_quarter_of_a_million_calls_allocates_nothing)
QUARTER(the_second_quarter_allocates_nothing)
QUARTER(the_third_quarter_allocates_nothing)
QUARTER(the_fourth_quarter_allocates_nothing)
