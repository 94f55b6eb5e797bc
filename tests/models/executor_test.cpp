// Model (b), the whole of it: executors that are client and server of each other and share one
// fence among all their rings.
#include "check.hpp"
#include "executor_model.hpp"

namespace cw::model {
namespace {

/// Party i is a client of party i + 1 and the server of party i - 1, around a circle.
template <unsigned kParties,
          std::uint32_t kRequests,
          std::uint32_t kCredits,
          Misuse kMisuse = Misuse::none>
struct Circle : rl::test_suite<Circle<kParties, kRequests, kCredits, kMisuse>, kParties> {
    static constexpr std::uint32_t kCapacity = 2 * kCredits;
    std::array<Channel<kCapacity>, kParties> channels; // of client i
    std::array<Doorbell, kParties> doorbells;

    void before() {
        for (auto& channel : channels)
            channel.initialise();
        for (Doorbell& doorbell : doorbells)
            doorbell.initialise();
    }
    void after() {
        for (Doorbell& doorbell : doorbells)
            doorbell.finish();
    }

    void thread(unsigned index) {
        Party party{*this, index};
        party.run();
    }

    struct Party {
        static constexpr std::size_t kClient = 0, kServer = 1;
        Channel<kCapacity>& as_client;
        Channel<kCapacity>& as_server;
        ExecutorModel<2, 2, kMisuse> executor;
        std::uint32_t submitted = 0, received = 0, served = 0, credits = kCredits;

        Party(Circle& world, unsigned index) :
            as_client{world.channels[index]},
            as_server{world.channels[(index + kParties - 1) % kParties]} {
            executor.incoming[kClient] = as_client.completions.make_consumer();
            executor.incoming[kServer] = as_server.submissions.make_consumer();
            executor.outgoing[kClient].producer = as_client.submissions.make_producer();
            executor.outgoing[kClient].peer = &world.doorbells[(index + 1) % kParties];
            executor.outgoing[kClient].tag = 1 + kServer;
            executor.outgoing[kServer].producer = as_server.completions.make_producer();
            executor.outgoing[kServer].peer = &world.doorbells[(index + kParties - 1) % kParties];
            executor.outgoing[kServer].tag = 1 + kClient;
            executor.doorbell = &world.doorbells[index];
        }

        void run() {
            submit();
            for (;;) {
                if (executor.looks_at(kClient))
                    poll_client();
                if (executor.looks_at(kServer))
                    poll_server();
                if (received == kRequests && served == kRequests)
                    break;
                executor.rest();
            }
            executor.leave();
        }
        void submit() {
            Outgoing& out = executor.outgoing[kClient];
            for (; credits != 0 && submitted < kRequests; --credits) {
                as_client.submissions.fill(out.producer.slot(), ++submitted);
                out.producer.publish();
                out.dirty = true;
            }
        }
        void poll_client() {
            Consumer& completions = executor.incoming[kClient];
            const std::uint32_t count = completions.available();
            RL_ASSERT(!completions.faulted());
            executor.had(kClient, count);
            for (std::uint32_t n = 0; n < count; ++n) {
                RL_ASSERT(as_client.completions.read(completions.slot()) == ++received + 100);
                completions.take();
                ++credits;
                submit();
            }
            completions.release();
        }
        void poll_server() {
            Consumer& submissions = executor.incoming[kServer];
            Outgoing& out = executor.outgoing[kServer];
            const std::uint32_t count = submissions.available();
            RL_ASSERT(!submissions.faulted());
            executor.had(kServer, count);
            for (std::uint32_t n = 0; n < count; ++n) {
                const std::uint32_t value = as_server.submissions.read(submissions.slot());
                RL_ASSERT(value == ++served);
                submissions.take();
                RL_ASSERT(out.producer.free_slots() != 0); // credits
                as_server.completions.fill(out.producer.slot(), value + 100);
                out.producer.publish();
                out.dirty = true;
            }
            submissions.release();
        }
    };
};

using Pair = Circle<2, 3, 2>;
TEST(ExecutorModel, two_are_client_and_server_of_each_other) {
    expect_clean<Pair>(200'000, 2);
}
TEST(ExecutorModel, one_request_at_a_time) {
    expect_clean<Circle<2, 3, 1>>(200'000, 1);
}
TEST(ExecutorModel, three_in_a_circle) {
    expect_clean<Circle<3, 2, 1>>(150'000, 0);
}

TEST(ExecutorModel, finds_missing_shared_fence) {
    expect_found<Pair>({Site::F12, Order::relaxed}, 50'000);
}
TEST(ExecutorModel, finds_acq_rel_shared_fence) {
    expect_found<Pair>({Site::F12, Order::acq_rel}, 50'000);
}
TEST(ExecutorModel, finds_release_shared_fence) {
    expect_found<Pair>({Site::F12, Order::release}, 50'000);
}
TEST(ExecutorModel, finds_relaxed_R1) {
    expect_found<Pair>({Site::R1, Order::relaxed}, 50'000);
}
TEST(ExecutorModel, finds_relaxed_A1) {
    expect_found<Pair>({Site::A1, Order::relaxed}, 50'000);
}

// On a channel a slot is reused only for a call whose credit came back, and the completion that
// brought it orders the reuse after the read already: here R2 and A2 could be relaxed. The data
// path and back-pressure, which have no credits, need them.
using Reuse = Circle<2, 5, 1>;
TEST(ExecutorModel, credits_order_the_reuse_of_slots_without_R2) {
    expect_clean<Reuse>(100'000, 0, {Site::R2, Order::relaxed});
}
TEST(ExecutorModel, credits_order_the_reuse_of_slots_without_A2) {
    expect_clean<Reuse>(100'000, 0, {Site::A2, Order::relaxed});
}

TEST(ExecutorModel, finds_events_read_before_the_fence) {
    expect_found<Circle<2, 3, 2, Misuse::events_before_fence>>({}, 50'000);
}
TEST(ExecutorModel, finds_rings_armed_after_the_fence) {
    expect_found<Circle<2, 3, 2, Misuse::arm_after_fence>>({}, 50'000);
}
TEST(ExecutorModel, finds_a_missing_second_look) {
    expect_found<Circle<2, 3, 2, Misuse::forgets_second_look>>({}, 50'000);
}
TEST(ExecutorModel, finds_a_ring_that_is_not_armed) {
    expect_found<Circle<2, 3, 2, Misuse::forgets_one_ring>>({}, 50'000);
}
TEST(ExecutorModel, finds_a_doorbell_taken_for_another_rings) {
    expect_found<Circle<2, 3, 2, Misuse::takes_any_for_rung>>({}, 200'000);
}
TEST(ExecutorModel, finds_publishes_that_are_not_flushed) {
    expect_found<Circle<2, 3, 2, Misuse::no_flush>>({}, 50'000);
}

} // namespace
} // namespace cw::model
