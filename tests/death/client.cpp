// A client of both providers; built as client_a and client_b.
#include "death.hpp"
#include <cw/sdk/module.hpp>
#include <optional>

#define CW_CLIENT_MODULE(name, ...) CW_MODULE(name, __VA_ARGS__) // expands the name first
CW_CLIENT_MODULE(CW_DEATH_NAME, {.version = {1, 0}, .frame_bytes = 1 << 20});
CW_REQUIRE(death::target_a::exchange, cw::abi::kMethodOptional);
CW_REQUIRE(death::target_a::doze, cw::abi::kMethodOptional);
CW_REQUIRE(death::target_b::exchange, cw::abi::kMethodOptional);
CW_REQUIRE(death::target_b::doze, cw::abi::kMethodOptional);

namespace {

using namespace death;

constexpr Side kSelf = Side::CW_DEATH_SIDE;

void count(Findings& findings,
           std::uint64_t& right,
           const cw::Result<Value>& answer,
           std::uint64_t number,
           Side provider) noexcept {
    if (answer)
        ++(answer->value == answer_to(item_of(number, kSelf), provider).value ? right
                                                                              : findings.wrong);
    else if (answer.error() == cw::Status::peer_died)
        ++findings.died;
    else if (answer.error() == cw::Status::not_found)
        ++findings.absent;
    else
        ++findings.other;
}

template <class M>
using Calls = std::optional<cw::Future<M>>[kOfEach];

cw::Task<Findings> run(Order order) noexcept {
    Findings findings{};
    Calls<target_a::exchange_method> at_once_a;
    Calls<target_b::exchange_method> at_once_b;
    Calls<target_a::doze_method> later_a;
    Calls<target_b::doze_method> later_b;
    std::uint64_t number = order.first;
    for (std::uint64_t i = 0; i < kOfEach; ++i) {
        const Item item = item_of(number++, kSelf);
        at_once_a[i].emplace(target_a::exchange(item));
        at_once_b[i].emplace(target_b::exchange(item));
    }
    for (std::uint64_t i = 0; i < kOfEach && order.kinds > 1; ++i) {
        const Item item = item_of(number++, kSelf);
        later_a[i].emplace(target_a::doze(item));
        later_b[i].emplace(target_b::doze(item));
    }
    number = order.first;
    for (std::uint64_t i = 0; i < kOfEach; ++i, ++number) {
        const auto a = co_await *at_once_a[i];
        count(findings, findings.right_a, a, number, Side::a);
        const auto b = co_await *at_once_b[i];
        count(findings, findings.right_b, b, number, Side::b);
    }
    for (std::uint64_t i = 0; i < kOfEach && order.kinds > 1; ++i, ++number) {
        const auto a = co_await *later_a[i];
        count(findings, findings.right_a, a, number, Side::a);
        const auto b = co_await *later_b[i];
        count(findings, findings.right_b, b, number, Side::b);
    }
    co_return findings;
}

} // namespace

CW_PROVIDE(death::CW_DEATH_NAME::run, run);
