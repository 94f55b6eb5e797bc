// Commands from outside of the system: what the control socket's thread (control.cpp) and the
// service (control_service.cpp) know of each other.
#pragma once
#include "host.hpp"
#include <chrono>
#include <cw/core/executor.hpp>
#include <cw/core/service/control.hpp>
#include <cw/nucleus/modules.hpp>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace cw::hosted {

/// The module that runs commands.
inline constexpr std::string_view kControlDriver = "control";

/// A handler that waits. In its coroutine's frame.
struct ControlWaiter {
    Ready* ready = nullptr;
    Result<control::Event> outcome{refuse(Status::not_ready)};
};

/// One who has connected, and the session that comes of it.
struct ControlClient {
    enum class Stage : std::uint8_t {
        silent,  ///< Has not said yet what it wants.
        waiting, ///< Its command waits to be taken by the driver.
        running, ///< The driver has it.
        ending,  ///< What was shown is on its way; then it is closed.
    };
    int socket = -1; ///< -1: gone, while the driver has its command.
    std::uint64_t id = 0;
    Stage stage = Stage::silent;
    bool told_gone = false;                      ///< The driver knows.
    std::chrono::steady_clock::time_point since; ///< It is to do something from then on.
    std::string words;
    std::deque<std::string> output; ///< Messages.
    std::size_t queued_bytes = 0;   ///< Of them.
    ControlWaiter* putter = nullptr;

    /// Requires: it is not gone.
    void queue(std::string message);
};

/// All of it is guarded by `lock`, which may be taken under kernel_lock and not the other way
/// round.
struct ControlState {
    std::mutex lock;
    std::vector<std::unique_ptr<ControlClient>> clients;
    const ModuleInstance* driver = nullptr; ///< The module that runs commands; it calls next().
    bool loading = false;                   ///< It is on its way, and has not called next() yet.
    ControlWaiter* next = nullptr;          ///< The driver waits for an event.

    /// Null: there is no such session that the driver has.
    [[nodiscard]] ControlClient* session(std::uint64_t id) noexcept;
    /// What the driver is to be told next.
    [[nodiscard]] Result<control::Event> take_event() noexcept;
    /// Lets the driver have an event, if it waits and there is one.
    void tell_driver() noexcept;
};
[[nodiscard]] ControlState& control_state() noexcept;

/// Lets a handler go on. Context: any.
void resume(ControlWaiter& waiter, Result<control::Event> outcome) noexcept;
/// The socket's thread has something to send, or to close. Context: any.
void wake_control() noexcept;

/// Messages of a client that nobody waits for may be so long together.
inline constexpr std::size_t kControlRoom = 256 * 1024;

/// Opens the control socket and begins to serve it; says in the log if that cannot be done.
/// Context: the worker, when a system starts.
void start_control() noexcept;
/// Nobody finds the socket any more. Context: any, before the process ends.
void stop_control() noexcept;
/// The module has ended. Locks: kernel_lock held.
void control_driver_ended(const ModuleInstance& instance) noexcept;

} // namespace cw::hosted
