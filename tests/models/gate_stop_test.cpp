// Model (f): a module is stopped by the thread that is inside. Nobody gets in afterwards, and every
// request is answered once: by whoever was inside before, at the gate, or when the mailbox is
// emptied.
#include "check.hpp"
#include "tracked.hpp"

#include <cw/core/gate.hpp>

namespace cw::model {
namespace {

struct Item {
    Tracked<Item*> next;
    Tracked<unsigned> answers;
};

using ModelGate = Gate<RelacySync, Item>;

enum class Misuse : std::uint8_t {
    none,
    drains_then_stops,      ///< The stopper empties the mailbox and closes the gate then.
    does_not_look_again,    ///< Who has queued does not look whether the gate was closed meanwhile.
    leaves_without_closing, ///< The thread that stops leaves, and has not closed the gate.
};

/// Two callers, and the one who is inside and stops the module.
template <std::uint32_t kCalls, Misuse kMisuse = Misuse::none>
struct GateStopModel : rl::test_suite<GateStopModel<kCalls, kMisuse>, 3> {
    static constexpr unsigned kCallers = 2;
    ModelGate::Word gate;
    ModelGate::Mailbox mailbox;
    Tracked<bool> broken; ///< Guarded by the gate.
    std::array<std::array<Item, kCalls>, kCallers> items;

    void before() {
        gate.initialise(Name::gate, ModelGate::kHeld);
        mailbox.initialise(Name::mailbox, nullptr);
    }
    void after() {
        for (auto& of_caller : items) {
            for (Item& item : of_caller)
                RL_ASSERT(item.answers == 1);
        }
    }
    void thread(unsigned index) {
        if (index == kCallers) {
            stop();
        } else {
            for (Item& item : items[index])
                call(item);
        }
    }

    void answer(Item& item) { item.answers = item.answers + 1; }
    void refuse_mailbox() {
        Item* item = ModelGate::oldest_first(mailbox.exchange(nullptr, Order::acquire));
        while (item != nullptr) {
            Item* next = item->next;
            answer(*item);
            item = next;
        }
    }
    void stop() {
        broken = true;
        if constexpr (kMisuse == Misuse::drains_then_stops)
            refuse_mailbox();
        if constexpr (kMisuse != Misuse::leaves_without_closing)
            ModelGate::stop(gate);
        if constexpr (kMisuse != Misuse::drains_then_stops)
            refuse_mailbox();
        static_cast<void>(ModelGate::leave(gate)); // as an executor does
    }
    void call(Item& item) {
        const Entry entry = ModelGate::enter(gate);
        if (entry == Entry::inside) {
            RL_ASSERT(!broken);
            answer(item);
        } else if (ModelGate::stopped(gate)) {
            answer(item);
        } else {
            static_cast<void>(ModelGate::enqueue(gate, mailbox, item));
            if (kMisuse != Misuse::does_not_look_again && ModelGate::stopped(gate))
                refuse_mailbox();
        }
        if (entry != Entry::queue)
            static_cast<void>(ModelGate::leave(gate));
    }
};

TEST(GateStopModel, every_request_is_answered_once) {
    expect_clean<GateStopModel<1>>(200'000, 3);
    expect_clean<GateStopModel<2>>(200'000, 2);
}
TEST(GateStopModel, finds_a_mailbox_emptied_before_the_gate_is_closed) {
    expect_found<GateStopModel<2, Misuse::drains_then_stops>>({}, 50'000);
}
TEST(GateStopModel, finds_a_caller_that_does_not_look_again) {
    expect_found<GateStopModel<2, Misuse::does_not_look_again>>({}, 50'000);
}
TEST(GateStopModel, finds_a_gate_that_is_left_open) {
    expect_found<GateStopModel<2, Misuse::leaves_without_closing>>({}, 50'000);
}

} // namespace
} // namespace cw::model
