// What is typed, byte by byte.
#pragma once
#include "watching.hpp"
#include <array>
#include <cstddef>
#include <cw/core/future.hpp>
#include <cw/core/task.hpp>
#include <cw/modules/console.hpp>
#include <optional>

namespace shell {

class Keyboard {
public:
    /// The next byte. Blocks: until there is one. Errors: those of console.read.
    cw::Task<char> next() noexcept;
    /// True if next() would not wait.
    [[nodiscard]] bool holds_input() const noexcept { return taken_ != added_; }
    /// True if Ctrl-C was typed: what was typed before it is forgotten, what came after it is kept.
    cw::Task<bool> interrupted() noexcept;
    /// The same for Ctrl-C or the end of a line; which of them, or nothing.
    cw::Task<std::optional<char>> ended() noexcept;
    /// From now on `call` is given up as soon as something comes in, at once if something has that
    /// ended() has not seen; null: no call is any more.
    void gives_up(Change* call) noexcept;

private:
    cw::Task<> receive() noexcept;
    cw::Task<> take_what_came() noexcept;
    void begin() noexcept;

    std::optional<cw::Task<>> reading_; ///< Under way, or done and not looked at.
    Change* given_up_ = nullptr;
    std::array<char, 256> bytes_{};
    std::size_t added_ = 0;
    std::size_t taken_ = 0;
};

extern Keyboard keyboard;

/// For commands that take long: true (and says so) if the user wants to stop.
cw::Task<bool> wants_to_stop() noexcept;

} // namespace shell
