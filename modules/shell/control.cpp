// Runs commands for who is outside of the system: `causeway sv` and the like on Linux. The nucleus
// has the socket; here the commands are the shell's, from the same sources.
#include "commands.hpp"
#include "commands_observe.hpp"
#include "control_sessions.hpp"
#include "output.hpp"
#include "requires_observe.hpp"
#include "services.hpp"
#include "sink.hpp"
#include "watching.hpp"
#include "workspace.hpp"
#include <algorithm>
#include <cw/core/service/control.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/wait.hpp>

CW_MODULE(control, {.version = {1, 0}, .frame_bytes = 256 * 1024});
CW_REQUIRE(cw::control::next);
CW_REQUIRE(cw::control::words);
CW_REQUIRE(cw::control::put);
CW_REQUIRE(cw::control::end);

// What the shell's sources want of whoever runs them.
namespace shell {

constinit const bool kForTerminal = false;

namespace {
constexpr Command kCommands[] = {kCell, kKmemtop, kSv, kTrace};
constexpr std::uint64_t kSoonNs = 1'000'000;
} // namespace

std::span<const Command> all_commands() noexcept {
    return kCommands;
}

void say_unknown(std::string_view name) noexcept {
    out.format("{}: no such command; cell, kmemtop, sv and trace are\n", name);
}

/// A command whose output nobody takes any more goes on all the same: it may have something to give
/// back at its end.
cw::Task<> send_output(std::uint64_t bytes) noexcept {
    control::Session& session = control::current();
    if (!session.gone)
        static_cast<void>(co_await cw::control::put({session.id, workspace.output.ref(0, bytes)}));
    co_return cw::Nothing{};
}

cw::Task<cw::variables::Seen> change_of(cw::variables::Watch watch) noexcept {
    control::Session& session = control::current();
    control::end_turn();
    cw::Result<cw::variables::Seen> now{cw::refuse(cw::Status::cancelled)};
    while (!session.gone) {
        Change call = cw::variables::wait(watch);
        session.waits = &call;
        now = co_await call;
        session.waits = nullptr;
        if (now || (now.error() != cw::Status::timed_out && now.error() != cw::Status::cancelled))
            break;
    }
    for (;;) {
        const auto turn = co_await control::take_turn(session);
        if (turn)
            break;
        static_cast<void>(co_await cw::sleep_ns(kSoonNs)); // no memory: others give some back
    }
    if (session.gone)
        co_return cw::refuse(cw::Status::cancelled);
    co_return now;
}

} // namespace shell

namespace control {

namespace {

using shell::out;
using shell::workspace;

constexpr std::size_t kMostWords = 32;

/// Requires: it is the session's turn.
cw::Task<int> run(Session& session) noexcept {
    CW_CO_TRY(
        taken,
        co_await cw::control::words({session.id, workspace.names.out(0, session.words.size())}));
    std::copy_n(workspace.names.text(), taken.bytes, session.words.begin());
    std::string_view rest{session.words.data(), taken.bytes};
    std::array<std::string_view, kMostWords> words;
    std::size_t count = 0;
    for (; !rest.empty(); ++count) {
        if (count == kMostWords) {
            out.put("a command has at most 32 words\n");
            co_return shell::kFailed;
        }
        const std::size_t size = rest.find('\0');
        words[count] = rest.substr(0, size);
        rest.remove_prefix(size == rest.npos ? rest.size() : size + 1);
    }
    if (count == 0)
        co_return shell::kFailed;
    co_return co_await shell::run_words({words.data(), count});
}

cw::Task<> serve(Session& session) noexcept {
    const auto turn = co_await take_turn(session);
    int status = shell::kFailed;
    if (turn) {
        const auto result = co_await run(session);
        status = result ? *result : shell::kFailed;
        static_cast<void>(co_await out.flush());
    }
    static_cast<void>(co_await cw::control::end({session.id, static_cast<std::uint64_t>(status)}));
    session.id = 0;
    if (turn)
        end_turn();
    co_return cw::Nothing{};
}

cw::Task<> attend() noexcept {
    for (;;) {
        const auto event = co_await cw::control::next();
        if (!event)
            co_return cw::refuse(event.error()); // another module has the sessions: nothing to do
        if (event->what == cw::control::What::gone) {
            if (Session* const session = session_of(event->session)) {
                session->gone = true;
                if (session->waits != nullptr)
                    session->waits->cancel();
            }
            continue;
        }
        Session* const session = new_session(event->session);
        if (session == nullptr || cw::spawn(serve(*session)) != cw::Status::ok) {
            if (session != nullptr)
                session->id = 0;
            static_cast<void>(co_await cw::control::end({event->session, shell::kFailed}));
        }
    }
}

cw::Task<> start() noexcept {
    CW_CO_TRY(output, co_await cw::Area::create(shell::kOutputBytes));
    CW_CO_TRY(reply, co_await cw::Area::create(shell::kReplyBytes));
    CW_CO_TRY(names, co_await cw::Area::create(shell::kNamesBytes));
    workspace = {.output = output, .reply = reply, .names = names, .data = {}};
    co_return co_await attend();
}

} // namespace

} // namespace control

CW_START {
    static_cast<void>(cw::spawn(control::start()));
}
