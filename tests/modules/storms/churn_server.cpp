// The server of the churn.
#include "churn.hpp"
#include <cw/sdk/module.hpp>
#include <cw/sdk/wait.hpp>

CW_MODULE(churn_server, {.version = {1, 0}});

namespace {

churn::Account account;
std::uint64_t seen[churn::kMostCalls / 64 + 1]; ///< Bit per number.

void start(std::uint64_t number) noexcept {
    ++account.started;
    if (number == 0 || number > churn::kMostCalls) {
        ++account.started_twice;
        return;
    }
    const std::uint64_t bit = std::uint64_t{1} << number % 64;
    if ((seen[number / 64] & bit) != 0)
        ++account.started_twice;
    seen[number / 64] |= bit;
}

cw::Task<storms::Answer> work(churn::Request request) noexcept {
    start(request.number);
    if (request.delay_us != 0) {
        const auto slept = co_await cw::sleep_ns(request.delay_us * 1000);
        if (slept || slept.error() != cw::Status::timed_out) {
            ++account.cut;
            co_return cw::refuse(cw::Status::cancelled);
        }
    }
    ++account.finished;
    co_return churn::answer_to(request);
}

} // namespace

CW_PROVIDE(churn::work, work);
CW_PROVIDE(churn::account, [](cw::Nothing) { return account; });
