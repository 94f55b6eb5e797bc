// Model (d): a server that vanishes at any point of its loop. The kernel tells the client through
// its control ring; every request completes exactly once, by its answer or as peer_died, and the
// client never sleeps on a channel that is dead.
#include "check.hpp"
#include "executor_model.hpp"

namespace cw::model {
namespace {

enum class Kernel : std::uint8_t { tells, forgets_to_ring };

template <std::uint32_t kRequests,
          std::uint32_t kCredits,
          Kernel kKernel,
          Misuse kMisuse = Misuse::none>
struct PeerDeath : rl::test_suite<PeerDeath<kRequests, kCredits, kKernel, kMisuse>, 3> {
    static constexpr std::uint32_t kCapacity = 2 * kCredits;
    static constexpr std::uint32_t kSomethingElse = 1, kClose = 2;
    Channel<kCapacity> channel;
    SharedRing<2> control;
    Doorbell client_bell, server_bell, kernel_bell;

    void before() {
        channel.initialise();
        control.initialise();
        for (Doorbell* doorbell : {&client_bell, &server_bell, &kernel_bell})
            doorbell->initialise();
    }
    void after() {
        for (Doorbell* doorbell : {&client_bell, &server_bell, &kernel_bell})
            doorbell->finish();
    }

    void thread(unsigned index) {
        if (index == 0)
            client();
        else if (index == 1)
            server();
        else
            kernel();
    }

    void client() {
        constexpr std::size_t kControl = 0, kCompletions = 1;
        ExecutorModel<2, 1, kMisuse> executor;
        executor.incoming[kControl] = control.make_consumer();
        executor.incoming[kCompletions] = channel.completions.make_consumer();
        executor.outgoing[0].producer = channel.submissions.make_producer();
        executor.outgoing[0].peer = &server_bell;
        executor.doorbell = &client_bell;
        Consumer& completions = executor.incoming[kCompletions];
        Outgoing& submissions = executor.outgoing[0];
        std::array<bool, kRequests> completed{};
        std::uint32_t submitted = 0, credits = kCredits;
        for (bool closed = false; !closed;) {
            closed = take_control(executor.incoming[kControl]);
            const std::uint32_t count = completions.available();
            RL_ASSERT(!completions.faulted());
            for (std::uint32_t n = 0; n < count; ++n) {
                const std::uint32_t request = channel.completions.read(completions.slot());
                RL_ASSERT(request < submitted && !completed[request]);
                completed[request] = true;
                completions.take();
                ++credits;
            }
            completions.release();
            for (; !closed && credits != 0 && submitted < kRequests; --credits) {
                channel.submissions.fill(submissions.producer.slot(), submitted++);
                submissions.producer.publish();
                submissions.dirty = true;
            }
            if (!closed)
                executor.rest();
        }
        // close_client(): what is in flight now is peer_died; an answer that comes later is never
        // looked at.
        for (std::uint32_t request = 0; request < kRequests; ++request) {
            RL_ASSERT(request < submitted || !completed[request]);
            completed[request] = true;
        }
    }

    /// True if the entry that closes the channel has come.
    bool take_control(Consumer& entries) {
        bool closed = false;
        for (std::uint32_t count = entries.available(); count != 0; --count) {
            closed = control.read(entries.slot()) == kClose;
            entries.take();
            entries.release();
        }
        return closed;
    }

    void server() {
        ExecutorModel<1, 1> executor;
        executor.incoming[0] = channel.submissions.make_consumer();
        executor.outgoing[0].producer = channel.completions.make_producer();
        executor.outgoing[0].peer = &client_bell;
        executor.doorbell = &server_bell;
        serve(executor, rl::rand(kRequests * 4));
        kernel_bell.ring(); // the trap that ended it
    }

    /// Serves until `steps` are used up: it may stop between any two of them.
    void serve(ExecutorModel<1, 1>& executor, unsigned steps) {
        Consumer& submissions = executor.incoming[0];
        Outgoing& out = executor.outgoing[0];
        for (std::uint32_t served = 0; served < kRequests;) {
            const std::uint32_t count = submissions.available();
            for (std::uint32_t n = 0; n < count; ++n, ++served) {
                const std::uint32_t request = channel.submissions.read(submissions.slot());
                submissions.take();
                if (steps-- == 0)
                    return;
                channel.completions.fill(out.producer.slot(), request);
                if (steps-- == 0)
                    return;
                out.producer.publish();
                out.dirty = true;
                if (steps-- == 0)
                    return;
            }
            submissions.release();
            if (steps-- == 0)
                return;
            if (served < kRequests)
                executor.rest();
        }
        executor.leave();
    }

    void kernel() {
        auto producer = control.make_producer();
        tell(producer, kSomethingElse);
        kernel_bell.wait();
        tell(producer, kClose);
    }
    void tell(Producer& producer, std::uint32_t entry) {
        control.fill(producer.slot(), entry);
        producer.publish();
        if (flush(producer) && kKernel == Kernel::tells)
            client_bell.ring();
    }
};

using Death = PeerDeath<3, 2, Kernel::tells>;
TEST(PeerDeath, every_request_completes_once) {
    expect_clean<Death>(300'000, 1);
}
TEST(PeerDeath, finds_missing_F1_in_the_kernel) {
    expect_found<Death>({Site::F1, Order::relaxed}, 100'000);
}
TEST(PeerDeath, finds_acq_rel_F1_in_the_kernel) {
    expect_found<Death>({Site::F1, Order::acq_rel}, 100'000);
}
TEST(PeerDeath, finds_missing_shared_fence) {
    expect_found<Death>({Site::F12, Order::relaxed}, 100'000);
}
TEST(PeerDeath, finds_a_kernel_that_does_not_ring) {
    expect_found<PeerDeath<3, 2, Kernel::forgets_to_ring>>({}, 100'000);
}
TEST(PeerDeath, finds_a_control_ring_that_is_not_armed) {
    expect_found<PeerDeath<3, 2, Kernel::tells, Misuse::forgets_one_ring>>({}, 100'000);
}

} // namespace
} // namespace cw::model
