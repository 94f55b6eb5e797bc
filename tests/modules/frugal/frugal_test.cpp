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

constexpr std::uint64_t kCalls = 1'000'000;
constexpr std::uint64_t kTogether = 50; ///< Divides it.

struct Counts {
    std::uint64_t own_frames, its_frames, free_bytes;
    bool operator==(const Counts&) const = default;
};

} // namespace

CW_TEST(a_million_calls_allocate_nothing) {
    const auto count = [](Counts& counts) -> cw::Task<> {
        CW_CO_TRY(its, co_await frugal::allocations());
        CW_CO_TRY(memory, co_await cw::memory::statistics());
        counts = {cw_module.frames.allocations, its.frames, memory.free_bytes};
        co_return cw::Nothing{};
    };
    Counts before{}, after{};
    CW_EXPECT((co_await count(before)).has_value());
    static cw::Batch<frugal::add_one_method, kTogether> batch;
    std::uint64_t right = 0;
    for (std::uint64_t i = 0; i < kCalls; i += kTogether) {
        for (std::uint64_t k = 0; k < kTogether; ++k)
            batch.start({i + k});
        co_await batch;
        batch.take([&](std::size_t k, const cw::Result<frugal::Word>& reply) {
            right += reply && reply->value == i + k + 1 ? 1 : 0;
        });
        if (i % (kCalls / 50) == 0) // a task that never waits is taken for one that loops
            static_cast<void>(co_await cw::sleep_ns(100'000));
    }
    CW_EXPECT_EQUAL(right, kCalls);
    CW_EXPECT((co_await count(after)).has_value());
    CW_EXPECT_EQUAL(after.its_frames, before.its_frames);
    CW_EXPECT_EQUAL(after.own_frames, before.own_frames + 1); // that of the second count
    CW_EXPECT_EQUAL(after.free_bytes, before.free_bytes);
}
