// Locks of registers that say in the kernel's log when one of a module's claims took too long.
#pragma once
#include <cw/core/claim_watch.hpp>
#include <cw/core/module_state.hpp>
#include <cw/core/registers.hpp>
#include <cw/core/service/system.hpp>
#include <cw/core/text.hpp>

namespace cw {

/// What a ClaimWatch needs, in a module. Requires: CW_REQUIRE(cw::klog::write).
template <class Write = klog::write_method>
struct ClaimsOfModule {
    [[nodiscard]] static std::uint64_t now() noexcept { return cw_module.ops->now(); }
    [[nodiscard]] static std::uint64_t nanoseconds(std::uint64_t counts) noexcept {
        return counts * (1'000'000'000 / cw_module.ops->ticks_per_second);
    }
    /// Nobody waits for the answer; a module whose pool of calls is used up says nothing.
    static void report(std::string_view name, std::uint64_t held_ns) noexcept {
        klog::Line line{};
        TextWriter text{line.text.data(), line.text.size()};
        text.format("{}: claim held for {} us", name, held_ns / 1000);
        static_cast<void>(Method<Write>{}(line));
    }
};

/// `cw::WatchedRegisterLock<> lock{"probe/alarm"};`: counts claims that are held for more than
/// kLongClaimNs, and writes one line to the log at the first. The name has 16 characters at most,
/// to fit. Costs two looks at the clock for each claim. Requires: CW_REQUIRE(cw::klog::write).
template <class Write = klog::write_method>
using WatchedRegisterLock =
    RegisterLock<InterruptsStay, NativeSync, ClaimWatch<ClaimsOfModule<Write>>>;

} // namespace cw
