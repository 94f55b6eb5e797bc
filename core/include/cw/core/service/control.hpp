// Service of the nucleus on Linux: commands that come from outside of the system, over its control
// socket (docs/linux.md). For the one module that runs them, `control`, and nobody else.
//
// Each command is a session: whoever has connected, its words, what is shown in answer, a status.
#pragma once
#include <cw/core/future.hpp>

namespace cw::control {

enum class What : std::uint64_t {
    command = 0, ///< A session begins; its words wait to be taken.
    gone = 1,    ///< Whoever asked has gone. The session goes on until its end(); nobody sees it.
};
struct Event {
    std::uint64_t session; ///< Never 0, and never that of another one before.
    What what;
    std::uint64_t bytes; ///< Of the words, at most kMaxWordBytes.
};
/// Waits for the next. The first module that calls this has the sessions until it ends; it needs
/// the grant "power". Errors: not_permitted (it has no such grant, or this nucleus is part of a
/// programme), already_exists (another module has them), busy (it waits already), no_memory.
CW_METHOD(control, next, Nothing, Event, 1, 0);
inline constexpr std::uint64_t kMaxWordBytes = 1024;
inline constexpr std::uint64_t kMostSessions = 16; ///< That have begun and not ended.

struct WordsArguments {
    std::uint64_t session;
    OutBuffer into;
};
struct Taken {
    std::uint64_t bytes;
};
/// Copies a session's words, each with a NUL behind it, as far as they fit. Untrusted: they come
/// from outside. Errors: not_permitted, not_found (there is no such session).
CW_METHOD(control, words, WordsArguments, Taken, 1, 0);

struct Output {
    std::uint64_t session;
    BufferRef text; ///< At most kMaxOutputBytes.
};
/// Passes on what is to be shown. Waits while whoever asked is slow to take what came before; who
/// takes nothing for some seconds is gone. Errors: not_permitted, not_found, invalid_argument (too
/// long), busy (the one before has not been answered), peer_died (gone: it was thrown away).
CW_METHOD(control, put, Output, Nothing, 1, 0);
inline constexpr std::uint64_t kMaxOutputBytes = 64 * 1024;

struct End {
    std::uint64_t session;
    std::uint64_t status; ///< Of the command: 0 to 255.
};
/// Ends a session. Errors: not_permitted, not_found.
CW_METHOD(control, end, End, Nothing, 1, 0);

} // namespace cw::control
