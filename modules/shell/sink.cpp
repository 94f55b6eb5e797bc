#include "sink.hpp"
#include "services.hpp"
#include "workspace.hpp"

namespace shell {

constinit const bool kForTerminal = true;

cw::Task<> send_output(std::uint64_t bytes) noexcept {
    console::Inline few{};
    if (bytes <= few.bytes.size()) {
        __builtin_memcpy(few.bytes.data(), workspace.output.data(), bytes);
        few.size = bytes;
        CW_CO_CHECK(co_await console::put(few));
    } else {
        CW_CO_CHECK(co_await console::write({workspace.output.ref(0, bytes)}));
    }
    co_return cw::Nothing{};
}

} // namespace shell
