// The client of the churn.
#include "churn.hpp"
#include "random.hpp"
#include <cw/sdk/module.hpp>
#include <cw/sdk/wait.hpp>
#include <optional>

CW_MODULE(churn_client, {.version = {1, 0}, .frame_bytes = 1 << 20});
CW_REQUIRE(churn::work);

namespace {

constexpr std::uint64_t kMostDelayUs = 200;
constexpr std::uint64_t kMostDeadlineNs = 300'000;
/// Later than anything a worker asks for: once it is answered, all before it are.
constexpr std::uint64_t kAfterAllUs = 5'000;

using Future = cw::Future<churn::work_method>;

/// A call that is under way, and what was done to it.
struct Place {
    std::optional<Future> future;
    bool has_deadline;
    bool was_cancelled;
};
Place places[churn::kMostWorkers];
std::optional<cw::Task<>> workers[churn::kMostWorkers];
std::uint64_t sent;
churn::Tally tally;
storms::Random chance{1};

void count(const Place& place,
           const churn::Request& request,
           const cw::Result<storms::Answer>& answer) noexcept {
    if (answer && answer->number == request.number &&
        answer->mixed == churn::answer_to(request).mixed)
        ++tally.values;
    else if (!answer && answer.error() == cw::Status::timed_out && place.has_deadline)
        ++tally.timed_out;
    else if (!answer && answer.error() == cw::Status::cancelled && place.was_cancelled)
        ++tally.cancelled;
    else if (!answer && answer.error() == cw::Status::no_memory)
        ++tally.refused;
    else
        ++tally.wrong;
}

void cancel_somebody(std::uint64_t worker_count) noexcept {
    Place& place = places[chance.below(worker_count)];
    if (!place.future || place.future->ready())
        return;
    place.was_cancelled = true;
    place.future->cancel();
}

/// One call of worker `me`. True: it was cut off, and its answer may still be to come.
cw::Task<churn::Beyond> one_call(std::uint32_t me, std::uint64_t worker_count, bool drop) noexcept {
    Place& place = places[me];
    const std::uint64_t delay = drop || chance.below(2) == 0 ? 0 : 1 + chance.below(kMostDelayUs);
    const churn::Request request{++sent, delay};
    place.has_deadline = !drop && chance.below(2) == 0;
    place.was_cancelled = false;
    place.future.emplace(churn::work(request));
    if (place.has_deadline)
        static_cast<void>(
            std::move(*place.future).by(cw::ticks_after_ns(chance.below(kMostDeadlineNs))));
    if (chance.below(4) == 0)
        cancel_somebody(worker_count);
    if (drop && !place.future->ready()) {
        place.future.reset();
        ++tally.dropped;
        co_return churn::Beyond{0};
    }
    const auto answer = co_await *place.future;
    place.future.reset();
    count(place, request, answer);
    co_return churn::Beyond{answer ? 0u : 1u};
}

/// Waits until the server has seen to every earlier call, also those that were cut off.
cw::Task<> settle(std::uint64_t delay_us) noexcept {
    const churn::Request request{++sent, delay_us};
    const auto answer = co_await churn::work(request);
    count({std::nullopt, false, false}, request, answer);
    co_return cw::Nothing{};
}

/// A call is dropped only if the one before gave its value: then what was dropped before is gone,
/// since the server answers it first.
cw::Task<> work(std::uint32_t me, churn::Orders orders) noexcept {
    bool may_drop = false;
    for (std::uint64_t i = 0; i < orders.calls; ++i) {
        const bool drop = may_drop && me % 8 == 0 && chance.below(8) == 0;
        CW_CO_TRY(cut, co_await one_call(me, orders.workers, drop));
        may_drop = cut.calls == 0 && !drop;
        if (cut.calls != 0 && orders.careful != 0 && i + 1 < orders.calls) {
            CW_CO_CHECK(co_await settle(1));
            ++i;
        }
    }
    co_return cw::Nothing{};
}

cw::Task<churn::Tally> drive(churn::Orders orders) noexcept {
    if (orders.workers == 0 || orders.workers > churn::kMostWorkers)
        co_return cw::refuse(cw::Status::invalid_argument);
    tally = {};
    for (std::uint32_t i = 0; i < orders.workers; ++i)
        workers[i].emplace(work(i, orders));
    for (std::uint32_t i = 0; i < orders.workers; ++i) {
        const auto worked = co_await *workers[i];
        workers[i].reset();
        if (!worked)
            co_return cw::refuse(worked.error());
    }
    co_return tally;
}

cw::Task<churn::Capacity> fill(churn::Beyond beyond) noexcept {
    static std::optional<Future> crowd[churn::kMostUnderWay + churn::kMostWorkers];
    if (beyond.calls > churn::kMostWorkers)
        co_return cw::refuse(cw::Status::invalid_argument);
    CW_CO_CHECK(co_await settle(kAfterAllUs));
    churn::Capacity capacity{};
    for (std::uint64_t i = 0; i < churn::kMostUnderWay + beyond.calls; ++i)
        crowd[i].emplace(churn::work({++sent, kAfterAllUs}));
    for (std::uint64_t i = 0; i < churn::kMostUnderWay + beyond.calls; ++i) {
        const auto answer = co_await *crowd[i];
        crowd[i].reset();
        capacity.answered += answer ? 1u : 0u;
        capacity.refused += !answer && answer.error() == cw::Status::no_memory ? 1u : 0u;
    }
    co_return capacity;
}

} // namespace

CW_PROVIDE(churn::drive, drive);
CW_PROVIDE(churn::fill, fill);
