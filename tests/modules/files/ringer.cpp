// Calls io_uring_enter itself, as echo.ping says: with a device of files or, built without, as any
// other process. Linux: number 426, the ring is descriptor 5.
#include <cw/abi/files.hpp>
#include <cw/modules/echo.hpp>
#include <cw/sdk/arch/raw_calls.hpp>
#include <cw/sdk/module.hpp>

#define DECLARE(name, ...) CW_MODULE(name, __VA_ARGS__)
DECLARE(CW_TEST_MODULE, {.version = {1, 0}});

namespace {

echo::Word ping(echo::Word word) noexcept {
    constexpr long kEnter = 426;
    switch (word.value) {
    case 1: // what a driver may
        return {static_cast<std::uint64_t>(cw::raw::system_call(kEnter, 5, 0, 0, 0))};
    case 2: // wait for a completion
        return {static_cast<std::uint64_t>(cw::raw::system_call(kEnter, 5, 0, 1, 1))};
    case 3: // of another descriptor
        return {static_cast<std::uint64_t>(cw::raw::system_call(kEnter, 4, 0, 0, 0))};
    case 4: // with a flag alone
        return {static_cast<std::uint64_t>(cw::raw::system_call(kEnter, 5, 0, 0, 1))};
    case 5: // io_uring_register
        return {static_cast<std::uint64_t>(cw::raw::system_call(427, 5, 4, 0, 0))};
    default: // io_uring_setup
        return {static_cast<std::uint64_t>(cw::raw::system_call(425, 1, 0, 0, 0))};
    }
}

#ifdef CW_TEST_WITH_FILES
cw::abi::DeviceGrant device{};
#endif

} // namespace

CW_PROVIDE(echo::ping, ping);
#ifdef CW_TEST_WITH_FILES
CW_DEVICE("causeway,files", device);
#endif
