// One node of the wake storm; built once for each CW_STORM_NODE. Its handler sleeps in the system
// call, which no ordinary module does: that is what is tested.
#include "wake_node.hpp"
#include "random.hpp"
#include "reach.hpp"
#include <cw/core/executor.hpp>
#include <cw/sdk/arch/raw_calls.hpp>
#include <cw/sdk/module.hpp>

#define CW_NODE_MODULE(name, ...) CW_MODULE(name, __VA_ARGS__)
#define CW_NODE CW_JOIN(node_, CW_STORM_NODE)

CW_NODE_MODULE(CW_JOIN(wake_node_, CW_STORM_NODE), {.version = {1, 0}});
CW_REQUIRE(wakes::node_0::touch, cw::abi::kMethodOptional);
CW_REQUIRE(wakes::node_1::touch, cw::abi::kMethodOptional);
CW_REQUIRE(wakes::node_2::touch, cw::abi::kMethodOptional);
CW_REQUIRE(wakes::node_3::touch, cw::abi::kMethodOptional);

namespace {

using wakes::kNodes;

constexpr std::uint32_t kMe = CW_STORM_NODE;

std::uint64_t doorbells[kNodes];

template <class M>
cw::Task<> meet_one(const cw::Method<M>& touch, std::uint32_t node) noexcept {
    if (node == kMe)
        co_return cw::Nothing{};
    CW_CO_CHECK(co_await storms::reach(touch));
    doorbells[node] = cw::SlotOf<M>::value.edge->end->submissions.doorbell;
    co_return cw::Nothing{};
}

cw::Task<cw::Nothing> meet(cw::Nothing) noexcept {
    CW_CO_CHECK(co_await meet_one(wakes::node_0::touch, 0));
    CW_CO_CHECK(co_await meet_one(wakes::node_1::touch, 1));
    CW_CO_CHECK(co_await meet_one(wakes::node_2::touch, 2));
    CW_CO_CHECK(co_await meet_one(wakes::node_3::touch, 3));
    co_return cw::Nothing{};
}

/// This node in one phase.
class Run {
public:
    Run(wakes::Board& board, const wakes::Orders& orders) noexcept :
        board_{board}, orders_{orders}, chance_{kMe} {
        for (std::uint32_t node = 0; node < kNodes; ++node) {
            if (node != kMe && (orders.shape == wakes::Shape::mesh || kMe == 0 || node == 0))
                neighbours_[neighbour_count_++] = node;
        }
    }

    wakes::Tally to_the_end() noexcept {
        for (std::uint64_t round = 1; round <= orders_.rounds; ++round) {
            if (orders_.pause_one_in != 0 && chance_.below(orders_.pause_one_in) == 0)
                pause();
            ring_all(round);
            wait_for_all(round);
        }
        for (std::uint32_t i = 0; i < neighbour_count_; ++i)
            tally_.seen += board_.lanes[neighbours_[i]][kMe].rings.load(cw::Order::relaxed);
        return tally_;
    }

private:
    static std::uint64_t now() noexcept { return cw_module.ops->now(); }

    void wait(std::uint64_t deadline, std::uint64_t doorbell) noexcept {
        ++tally_.waits;
        if (cw::raw::wait(deadline, doorbell) == static_cast<std::uint64_t>(cw::Status::timed_out))
            ++tally_.timed_out;
    }

    /// Sleeps, and lets rings go by: what they said is on the board.
    void pause() noexcept {
        const std::uint64_t end = now() + chance_.below(orders_.pause_ticks);
        while (now() < end)
            wait(end, cw::abi::kNoDoorbell);
    }

    /// The ring that counts goes to the last neighbour together with the first wait every other
    /// time, as an executor rings.
    void ring_all(std::uint64_t round) noexcept {
        for (std::uint32_t i = 0; i < neighbour_count_; ++i) {
            const std::uint32_t node = neighbours_[i];
            const std::uint64_t rings = 1 + (5 * round + node) % orders_.burst;
            for (std::uint64_t k = 1; k < rings; ++k)
                cw::raw::wake(doorbells[node]);
            tally_.rung += rings;
            sent_[node] += rings;
            wakes::Lane& lane = board_.lanes[kMe][node];
            lane.rings.store(sent_[node], cw::Order::relaxed);
            lane.round.store(round, cw::Order::release); // [W1]
            if (i + 1 == neighbour_count_ && round % 2 == 0)
                with_wait_ = doorbells[node];
            else
                cw::raw::wake(doorbells[node]);
        }
    }

    void wait_for_all(std::uint64_t round) noexcept {
        bool hurry = false;
        while (!arrived(round)) {
            hurry = !hurry && orders_.deadline_ticks != 0;
            const std::uint64_t deadline =
                hurry ? now() + chance_.below(orders_.deadline_ticks) : cw::abi::kNoDeadline;
            wait(deadline, with_wait_);
            with_wait_ = cw::abi::kNoDoorbell;
        }
        if (with_wait_ != cw::abi::kNoDoorbell)
            cw::raw::wake(with_wait_);
        with_wait_ = cw::abi::kNoDoorbell;
    }

    /// True if every neighbour has rung for this round. It can be one ahead, and never two: it
    /// waits for us.
    bool arrived(std::uint64_t round) noexcept {
        bool all = true;
        for (std::uint32_t i = 0; i < neighbour_count_; ++i) {
            const std::uint32_t node = neighbours_[i];
            const std::uint64_t theirs =
                board_.lanes[node][kMe].round.load(cw::Order::acquire); // [W2]
            if (theirs + 1 < round || theirs > round + 1 || theirs < reached_[node])
                ++tally_.wrong;
            reached_[node] = theirs;
            all = all && theirs >= round;
        }
        return all;
    }

    wakes::Board& board_;
    const wakes::Orders orders_;
    storms::Random chance_;
    std::uint32_t neighbours_[kNodes]{};
    std::uint32_t neighbour_count_ = 0;
    std::uint64_t sent_[kNodes]{};
    std::uint64_t reached_[kNodes]{};
    std::uint64_t with_wait_ = cw::abi::kNoDoorbell;
    wakes::Tally tally_{};
};

cw::Result<wakes::Tally> run(wakes::Orders orders) noexcept {
    if (orders.board.size_bytes < sizeof(wakes::Board) || orders.burst == 0)
        return cw::refuse(cw::Status::invalid_argument);
    return Run{*reinterpret_cast<wakes::Board*>(orders.board.address), orders}.to_the_end();
}

} // namespace

CW_PROVIDE(wakes::CW_NODE::touch, [](cw::Nothing) {});
CW_PROVIDE(wakes::CW_NODE::meet, meet);
CW_PROVIDE(wakes::CW_NODE::run, run);
