// A client of the storms: numbered calls with several of them under way.
#pragma once
#include "numbered.hpp"
#include "random.hpp"
#include <cw/core/future.hpp>
#include <cw/core/task.hpp>
#include <cw/sdk/wait.hpp>
#include <optional>

namespace storms {

/// How a client calls for a while.
struct Pace {
    std::uint64_t calls;
    std::uint32_t depth;       ///< Calls under way at a time, 1 to kMaxDepth.
    std::uint32_t most_before; ///< Turns of an empty loop before a call are fewer than this.
    std::uint32_t most_inside; ///< Turns for the server are fewer than this.
    std::uint32_t pause_us;    ///< About so long between two calls. 0: none.
};
/// More than a channel has credits, so that calls wait for one.
inline constexpr std::uint32_t kMaxDepth = 120;

/// Calls method M (Answer of Item) and checks the answers, in the order in which they were asked
/// for.
template <class M>
class Caller {
public:
    explicit constexpr Caller(std::uint32_t client) noexcept : client_{client}, chance_{client} {}

    /// Returns when every call has been answered. Errors: invalid_argument.
    cw::Task<> call(Pace pace) noexcept {
        if (pace.depth == 0 || pace.depth > kMaxDepth || pace.most_before == 0 ||
            pace.most_inside == 0)
            co_return cw::refuse(cw::Status::invalid_argument);
        for (std::uint64_t i = 0; i < pace.calls + pace.depth; ++i) {
            Sent& place = sent_[i % pace.depth];
            if (place.future) {
                const auto answer = co_await *place.future;
                place.future.reset();
                check(place.item, answer);
            }
            if (i >= pace.calls)
                continue;
            if (pace.pause_us != 0)
                static_cast<void>(co_await cw::sleep_ns(
                    (pace.pause_us / 2 + chance_.below(pace.pause_us)) * 1000));
            spend(chance_.below(pace.most_before));
            send(place, chance_.below(pace.most_inside));
        }
        co_return cw::Nothing{};
    }
    [[nodiscard]] const Tally& tally() const noexcept { return tally_; }

private:
    struct Sent {
        std::optional<cw::Future<M>> future;
        Item item;
    };

    void send(Sent& place, std::uint64_t turns) noexcept {
        place.item = {++tally_.sent, client_, static_cast<std::uint32_t>(turns)};
        place.future.emplace(cw::Method<M>{}(place.item));
        if (!place.future->ready())
            ++tally_.pending;
    }
    void check(const Item& item, const cw::Result<Answer>& answer) noexcept {
        if (!answer) {
            ++tally_.refused;
            return;
        }
        ++tally_.answered;
        const Answer right = answer_to(item);
        if (answer->number != right.number || answer->mixed != right.mixed)
            ++tally_.wrong;
    }

    std::uint32_t client_;
    Random chance_;
    Tally tally_{};
    Sent sent_[kMaxDepth]{};
};

} // namespace storms
