// A module whose handler returns what is no state of a call.
#include <cw/modules/echo.hpp>
#include <cw/sdk/module.hpp>

CW_MODULE(liar, {.version = {1, 0}});

namespace {

cw::abi::RawFuture lie(std::uint64_t value) noexcept {
    constexpr std::uint64_t kStates[] = {
        cw::kLastStatus + 1, 255, 300, 0xffff, ~std::uint64_t{0}, 0x8000'0000'0000'0000};
    return {value, kStates[value % 6]};
}
cw::abi::RawFuture direct(const cw::abi::Slot*, std::uint64_t value) noexcept {
    return lie(value);
}
cw::abi::RawFuture invoke(std::uint64_t*,
                          std::uint64_t value,
                          std::uint64_t,
                          std::uint64_t,
                          std::uint64_t,
                          std::uint64_t,
                          std::uint64_t) noexcept {
    return lie(value);
}

using Ping = std::remove_cvref_t<decltype(echo::ping)>::Declaration;
using Record = cw::ProvideInit<decltype(&direct), std::uint64_t>;
CW_RECORD Record record{.hash = cw::Signature<Ping>::kHash,
                        .name = Ping::kName,
                        .signature = cw::Signature<Ping>::kText.data(),
                        .direct = &direct,
                        .invoke = &invoke,
                        .version_major = 1,
                        .version_minor = 0,
                        .flags = 0,
                        .shape = cw::shape_of<Ping>(),
                        .remote_layout = 0,
                        .remote_stub = 0};

} // namespace
