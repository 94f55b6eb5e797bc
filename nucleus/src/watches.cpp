// Waiting for variables to change. Publishers only store; so whoever is waited for is looked at
// from time to time, as long as somebody waits, and at once if its publisher says so.
#include "watches.hpp"
#include "caller.hpp"
#include "directory.hpp"
#include "modules.hpp"
#include "periodic.hpp"
#include <cw/nucleus/variables.hpp>
#include <utility>

namespace cw::kernel {

namespace {

constexpr std::uint32_t kMostWaiting = 256;
constexpr std::uint64_t kMostMs = 1000; ///< So nobody who has given up is waited with for long.

/// In the frame of the coroutine that waits.
struct Waiting {
    std::uint32_t index;
    variables::Seen seen;
    Status outcome;
    std::uint64_t until; ///< Ticks.
    Ready* ready;
    Waiting* next;
};

// Guarded by kernel_lock.
Waiting* first;
std::uint32_t waiting_count;

/// Untrusted: the value, in which the publisher may write what it likes; it is only compared.
variables::Seen seen_now(std::uint32_t index) noexcept {
    const directory::Private& own = directory::private_of(index);
    const directory::Entry& entry = directory::entry_of(index);
    const std::uint64_t version = entry.version.load();
    if (own.group == nullptr)
        return {version, 0};
    return {version,
            variables::mark_of(segment_view(*own.group->segment, entry.offset.load(Order::relaxed)),
                               entry.form.load(Order::relaxed),
                               entry.bytes.load(Order::relaxed))};
}

bool has_changed(const Waiting& waiting, variables::Seen& now) noexcept {
    now = seen_now(waiting.index);
    return now.version != waiting.seen.version || now.value != waiting.seen.value;
}

void count_watchers(std::uint32_t index, std::uint32_t change) noexcept {
    auto& watchers = directory::entry_of(index).watchers;
    watchers.store(watchers.load(Order::relaxed) + change, Order::relaxed);
}

/// Takes out whoever is through, and lets it go on.
template <class F>
void look_at(F&& concerned) noexcept {
    for (Waiting** link = &first; *link != nullptr;) {
        Waiting& waiting = **link;
        variables::Seen now{};
        const bool changed = concerned(waiting) && has_changed(waiting, now);
        if (!changed && platform::now() < waiting.until) {
            link = &waiting.next;
            continue;
        }
        *link = waiting.next;
        --waiting_count;
        count_watchers(waiting.index, 0u - 1);
        waiting.outcome = changed ? Status::ok : Status::timed_out;
        waiting.seen = now;
        runtime::push_from_outside(*waiting.ready->module->home, *waiting.ready);
    }
}

std::uint64_t look_at_all() noexcept {
    look_at([](const Waiting&) { return true; });
    return first == nullptr ? 0 : variables::kWatchTickMs;
}

Periodic rounds{look_at_all};

/// Suspends the handler until it has changed, or has not for too long.
struct Change {
    Waiting waiting;

    bool await_ready() const noexcept { return false; }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> handle) noexcept {
        PromiseBase& promise = handle.promise();
        promise.ready.coroutine = handle.address();
        const Locked hold{kernel_lock};
        variables::Seen now{};
        if (has_changed(waiting, now)) {
            waiting.seen = now;
            return false;
        }
        if (waiting_count == kMostWaiting || rounds.start(variables::kWatchTickMs) != Status::ok) {
            waiting.outcome = Status::no_resource;
            return false;
        }
        ++waiting_count;
        count_watchers(waiting.index, 1);
        waiting.until = platform::now() + kMostMs * (ticks_per_second() / 1000);
        waiting.ready = &promise.ready;
        waiting.next = std::exchange(first, &waiting);
        return true;
    }
    const Waiting& await_resume() const noexcept { return waiting; }
};

} // namespace

Task<variables::Seen> watch(variables::Watch watch) noexcept {
    {
        const Locked hold{kernel_lock};
        if (watch.index >= directory::count())
            co_return refuse(Status::out_of_range);
        const Domain* domain = caller().domain;
        const auto& entry = directory::entry_of(static_cast<std::uint32_t>(watch.index));
        if (domain == nullptr || !variable_may_be_seen(directory::name_of(entry), *domain))
            co_return refuse(Status::not_permitted);
    }
    const Waiting waited = co_await Change{
        {static_cast<std::uint32_t>(watch.index), watch.seen, Status::ok, 0, nullptr, nullptr}};
    if (waited.outcome != Status::ok)
        co_return refuse(waited.outcome);
    co_return waited.seen;
}

Status look_at_watches(std::uint64_t index) noexcept {
    if (index >= directory::count())
        return Status::out_of_range;
    look_at([&](const Waiting& waiting) { return waiting.index == index; });
    return Status::ok;
}

} // namespace cw::kernel
