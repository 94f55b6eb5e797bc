// A test module that calls another one like itself, which calls back.
#include <cw/core/future.hpp>
#include <cw/sdk/module.hpp>

namespace chain {
struct Depth {
    std::uint64_t depth;
};
/// Asks the other module with one less, down to 0; gives the depth.
CW_METHOD(chain, down, Depth, Depth, 1, 0);
} // namespace chain

CW_MODULE(chain, {.version = {1, 0}, .frame_bytes = 1 << 20});
CW_REQUIRE(chain::down);

extern "C" {
[[gnu::visibility("default")]] std::uint64_t chain_overlaps = 0;
}

namespace {

std::uint64_t inside = 0;

cw::Task<chain::Depth> down(chain::Depth argument) noexcept {
    if (++inside != 1)
        ++chain_overlaps;
    if (argument.depth == 0) {
        --inside;
        co_return chain::Depth{0};
    }
    auto call = chain::down({argument.depth - 1});
    --inside;
    const auto below = co_await call;
    if (!below)
        co_return cw::refuse(below.error());
    co_return chain::Depth{below->depth + 1};
}

} // namespace

CW_PROVIDE(chain::down, down);
