// Reads the commands of the nucleus before its runtime does, until it is shown the lender's area,
// and keeps that in a way of its own: CW_TEST_WAY. Linux only.
#include "../../../hosted/domain/agent.hpp"
#include <cw/core/executor.hpp>
#include <cw/nucleus/host_offset.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/wait.hpp>
#include <cw/tests/keeper.hpp>

#define CW_KEEPER_MODULE(name, ...) CW_MODULE(name, __VA_ARGS__) // expands the name first
CW_KEEPER_MODULE(CW_TEST_MODULE, {.version = {1, 0}});

namespace {

using namespace cw::hosted;

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kElsewhere = 0x7000'0000'0000;

CallPage& call_page() noexcept {
    return *reinterpret_cast<CallPage*>(cw_module.home->start->run_base + cw::kernel::kHostOffset);
}
const HostWords& host_words() noexcept {
    return *reinterpret_cast<const HostWords*>(
        reinterpret_cast<std::uint64_t>(cw_module.home->start) + cw::kernel::kHostOffset);
}

/// Gives it back when it is told to.
[[maybe_unused]] void honest(const Command&, int) noexcept {}

/// A descriptor, with which it can be mapped again.
[[maybe_unused]] void descriptor(const Command&, int given) noexcept {
    system_call(number::kDup3, static_cast<std::uint64_t>(given), 400, 0);
}

/// A mapping at another address than it is told to give back.
[[maybe_unused]] void mapping(const Command& command, int given) noexcept {
    system_call(number::kMmap,
                kElsewhere,
                command.bytes,
                command.rights,
                kMapShared | kMapFixed,
                static_cast<std::uint64_t>(given),
                command.offset);
}

/// Nothing beside, but it can no longer be told anything.
[[maybe_unused]] void deaf(const Command& command, int given) noexcept {
    obey(command, given);
    system_call(number::kClose, kSocket);
}

/// Does what it is told, and never says so.
[[maybe_unused]] void silent(const Command&, int) noexcept {
    call_page().commands_done = 0; // and from now on less than were sent
}

cw::Task<> wait_for_area() noexcept {
    static_cast<void>(co_await cw::sleep_ns(1'000)); // what this module starts with is done
    CallPage& page = call_page();
    for (const std::uint64_t end = cw_module.ops->now() + 20 * kSecond;
         cw_module.ops->now() < end;) {
        cw_module.home->statistics.received.add(); // so that the watchdog sees progress
        if (page.commands_done == host_words().commands_sent.load(cw::Order::acquire))
            continue;
        Command command{};
        int given = -1;
        if (!receive(command, given, kDontWait))
            continue;
        ++page.commands_done;
        const bool found = command.kind == CommandKind::map && command.bytes >= keeper::kAreaBytes;
        if (found)
            CW_TEST_WAY(command, given);
        obey(command, given);
        if (found)
            break;
    }
    co_return cw::Nothing{};
}

} // namespace

CW_START {
    static_cast<void>(cw::spawn(wait_for_area()));
}
CW_PROVIDE(keeper::hold, [](keeper::Paper) { return cw::Nothing{}; });
