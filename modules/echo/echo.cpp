#include <cw/modules/echo.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/wait.hpp>

CW_MODULE(echo, {.version = {1, 0}});

CW_PROVIDE(echo::ping, [](echo::Word word) { return echo::Word{word.value + 1}; });
CW_PROVIDE(echo::null, [](cw::Nothing) {});
CW_PROVIDE(echo::block, [](echo::Block block) {
    for (std::uint64_t& word : block.words)
        ++word;
    return block;
});

static cw::Task<echo::Word> late(echo::Word word) noexcept {
    static_cast<void>(co_await cw::sleep_ns(word.value * 1000));
    co_return echo::Word{word.value + 1};
}
CW_PROVIDE(echo::late, late);
