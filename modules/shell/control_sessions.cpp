#include "control_sessions.hpp"
#include <algorithm>
#include <cw/sdk/wait.hpp>
#include <utility>

namespace control {

namespace {

constinit std::array<Session, cw::control::kMostSessions> sessions{};

/// In the frame of who waits.
struct Place {
    cw::Signal turn;
    Session* session;
    Place* next = nullptr;
};
constinit Session* running = nullptr;
constinit Place* first = nullptr;
constinit Place** last = &first;

} // namespace

Session* session_of(std::uint64_t id) noexcept {
    const auto found = std::ranges::find(sessions, id, &Session::id);
    return found == sessions.end() ? nullptr : &*found;
}

Session* new_session(std::uint64_t id) noexcept {
    Session* const free = session_of(0);
    if (free != nullptr) {
        free->id = id;
        free->gone = false;
        free->waits = nullptr;
    }
    return free;
}

cw::Task<> take_turn(Session& session) noexcept {
    if (running == nullptr) {
        running = &session;
        co_return cw::Nothing{};
    }
    Place place;
    place.session = &session;
    CW_CO_CHECK(place.turn.prepare());
    *last = &place;
    last = &place.next;
    // Whoever ends a turn makes it this session's before it says so.
    while (!place.turn.set())
        static_cast<void>(co_await place.turn.wait());
    co_return cw::Nothing{};
}

void end_turn() noexcept {
    running = nullptr;
    if (first == nullptr)
        return;
    Place& next = *first;
    first = next.next;
    if (first == nullptr)
        last = &first;
    running = next.session;
    next.turn.notify();
}

Session& current() noexcept {
    return *running;
}

} // namespace control
