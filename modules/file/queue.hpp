// Who waits for one of a few things, in order.
#pragma once
#include <cw/sdk/wait.hpp>

namespace file {

/// Coroutines that wait for something that others give back. What is given is not yet anybody's
/// when the one who waited goes on: it tries again.
class Queue {
public:
    Queue() noexcept = default;
    Queue(const Queue&) = delete;
    Queue& operator=(const Queue&) = delete;

    struct Place {
        cw::Signal signal;
        Place* next = nullptr;
    };
    void enter(Place& place) noexcept {
        Place** link = &first_;
        while (*link != nullptr)
            link = &(*link)->next;
        *link = &place;
    }
    void leave(Place& place) noexcept {
        Place** link = &first_;
        while (*link != nullptr && *link != &place)
            link = &(*link)->next;
        if (*link == &place)
            *link = place.next;
    }
    /// The first may go on.
    void call() noexcept {
        if (Place* const place = first_) {
            first_ = place->next;
            place->signal.notify();
        }
    }
    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }

private:
    Place* first_ = nullptr;
};

} // namespace file
