// One side of the ring storm; built for each CW_STORM_NODE, which calls the other.
#include "ring_node.hpp"
#include "random.hpp"
#include "reach.hpp"
#include <cw/sdk/module.hpp>
#include <optional>

#define CW_NODE_MODULE(name, ...) CW_MODULE(name, __VA_ARGS__)
#define CW_NODE CW_JOIN(node_, CW_STORM_NODE)
#define CW_PEER CW_JOIN(node_, CW_STORM_PEER)

CW_NODE_MODULE(CW_JOIN(ring_node_, CW_STORM_NODE), {.version = {1, 0}});
CW_REQUIRE(rings::CW_PEER::exchange, cw::abi::kMethodOptional);
CW_REQUIRE(rings::CW_PEER::served, cw::abi::kMethodOptional);

namespace {

rings::Served served;

rings::Answer exchange(rings::Item item) noexcept {
    ++served.count;
    if (item.number != served.count)
        ++served.out_of_order;
    return rings::answer_to(item);
}

/// Of the empty loop before a call: about as long as a server needs from its answer to its sleep.
constexpr std::uint64_t kMostTurns = 1000;

/// A call that is under way, and what it asked.
struct Sent {
    std::optional<cw::Future<rings::CW_PEER::exchange_method>> future;
    rings::Item item;
};
Sent sent[rings::kMaxDepth];
rings::Tally tally;
std::uint64_t salt;
storms::Random chance{CW_STORM_NODE};

void send(Sent& place) noexcept {
    salt += CW_STORM_NODE + 1;
    place.item = {++tally.sent, salt};
    place.future.emplace(rings::CW_PEER::exchange(place.item));
}

void check(const Sent& place, const cw::Result<rings::Answer>& answer) noexcept {
    if (!answer) {
        ++tally.refused;
        return;
    }
    const rings::Answer right = rings::answer_to(place.item);
    ++tally.answered;
    if (answer->number != right.number || answer->mixed != right.mixed)
        ++tally.wrong;
}

void dawdle(std::uint64_t most_turns) noexcept {
    for (std::uint64_t turns = chance.below(most_turns); turns != 0; --turns)
        asm volatile("");
}

/// `calls` calls with up to `depth` of them under way, and less than `most_turns` of an empty loop
/// before each.
cw::Task<>
call_many(std::uint64_t calls, std::uint32_t depth, std::uint64_t most_turns = 1) noexcept {
    for (std::uint64_t i = 0; i < calls + depth; ++i) {
        Sent& place = sent[i % depth];
        if (place.future) {
            const auto answer = co_await *place.future;
            place.future.reset();
            check(place, answer);
        }
        if (i < calls) {
            dawdle(most_turns);
            send(place);
        }
    }
    co_return cw::Nothing{};
}

cw::Task<rings::Tally> drive(rings::Orders orders) noexcept {
    if (orders.crowd_depth == 0 || orders.crowd_depth > rings::kMaxDepth)
        co_return cw::refuse(cw::Status::invalid_argument);
    CW_CO_CHECK(co_await storms::reach(rings::CW_PEER::served));
    for (std::uint64_t step = 0; step < orders.steps; ++step) {
        CW_CO_CHECK(co_await call_many(orders.crowd_calls, orders.crowd_depth));
        CW_CO_CHECK(co_await call_many(orders.lone_calls, 1));
        CW_CO_CHECK(co_await call_many(orders.pair_calls, 2, kMostTurns));
    }
    co_return tally;
}

} // namespace

CW_PROVIDE(rings::CW_NODE::exchange, exchange);
CW_PROVIDE(rings::CW_NODE::drive, drive);
CW_PROVIDE(rings::CW_NODE::served, [](cw::Nothing) { return served; });
