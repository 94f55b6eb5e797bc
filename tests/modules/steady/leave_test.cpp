// A caller that is unloaded while its calls are pending, by the shell as soon as its test has
// ended.
#include "steady.hpp"
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>
#include <optional>

CW_MODULE(leave_test, {.version = {1, 0}});
CW_REQUIRE(steady::insist);

CW_TEST(leaves_calls_behind) {
    static std::array<std::optional<cw::Future<steady::insist_method>>, 40> calls;
    for (std::uint64_t i = 0; i < calls.size(); ++i) {
        // The callee does not heed that nobody waits, and answers when the caller has gone.
        calls[i].emplace(steady::insist({i, 100'000}));
        if (i % 2 == 0)
            calls[i].reset();
    }
    CW_EXPECT(true);
    co_return;
}
