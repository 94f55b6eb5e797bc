// A client that stops answering everybody, the kernel as well, some time after it has started.
#include <cw/sdk/arch/raw_calls.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/wait.hpp>
#include <cw/tests/hostile.hpp>

CW_MODULE(sleeper, {.version = {1, 0}});
CW_REQUIRE(innocent::ping, cw::abi::kMethodOptional);

static cw::Task<> fall_asleep() noexcept {
    static_cast<void>(co_await innocent::ping({1}));
    static_cast<void>(co_await cw::sleep_ns(1'000'000));
    for (;;)
        cw::raw::wait(cw::abi::kNoDeadline, cw::abi::kNoDoorbell);
}

CW_START {
    static_cast<void>(cw::spawn(fall_asleep()));
}
