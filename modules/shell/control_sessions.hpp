// Commands that run at the same time, each for somebody else. The commands' sources know of one at
// a time: they have one output, and memory of their own. So they take turns, and one that waits for
// something to change lets others have theirs.
#pragma once
#include "watching.hpp"
#include <array>
#include <cstdint>
#include <cw/core/service/control.hpp>
#include <cw/core/task.hpp>

namespace control {

/// A command of somebody who may go.
struct Session {
    std::uint64_t id = 0; ///< 0: free.
    bool gone = false;
    shell::Change* waits = nullptr; ///< Given up when they go.
    std::array<char, cw::control::kMaxWordBytes> words{};
};

/// Null: there are as many as there may be, which the nucleus keeps to.
[[nodiscard]] Session* new_session(std::uint64_t id) noexcept;
/// Null: it has ended.
[[nodiscard]] Session* session_of(std::uint64_t id) noexcept;

/// From now on the session's command runs, and no other; waits for its turn. Errors: no_memory.
cw::Task<> take_turn(Session& session) noexcept;
/// The next one's turn. Requires: it is this session's.
void end_turn() noexcept;
/// Whose turn it is.
[[nodiscard]] Session& current() noexcept;

} // namespace control
