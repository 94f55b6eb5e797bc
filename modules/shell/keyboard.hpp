// What is typed, byte by byte.
#pragma once
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

private:
    cw::Task<> receive() noexcept;
    void begin() noexcept;

    std::optional<cw::Future<console::read_method>> reading_;
    std::array<char, 256> bytes_{};
    std::size_t added_ = 0;
    std::size_t taken_ = 0;
};

extern Keyboard keyboard;

/// For commands that take long: true (and says so) if the user wants to stop.
cw::Task<bool> wants_to_stop() noexcept;

} // namespace shell
