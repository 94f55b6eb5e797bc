// Random interleavings of several clients, callers and services, one step at a time: whatever the
// order, everything that was asked is answered, without anybody being rung for nothing else. Every
// seed is a test of lost wake-ups, since an executor runs only when it was rung.
#include "couple.hpp"

#include <random>

namespace cw::test {
namespace {

using errand::Kind;

class Soak {
public:
    explicit Soak(std::uint64_t seed) : random_{seed} {
        ticks.store(1, Order::relaxed);
        world_.link(caller_, service_, Path::ring);
        world_.link(neighbour_, service_, Path::direct);
        for (Module* server : {&caller_, &caller_, &neighbour_, &service_})
            clients_.push_back(&world_.raw_client(*server));
        world_.run();
        for (RawClient* client : clients_)
            client->prepare_wait();
    }

    void run(unsigned actions) {
        while (actions-- != 0)
            act();
        for (unsigned quiet = 0; quiet < 64; ++quiet) {
            ticks.fetch_add(200, Order::relaxed);
            release_all();
            world_.run();
            receive();
        }
        EXPECT_EQ(sent_, received_);
        for (ExecutorThread* executor : {&calling_, &serving_}) {
            EXPECT_EQ(executor->executor().deadline_count, 0u);
            EXPECT_EQ(executor->executor().ready, nullptr);
        }
    }

private:
    std::uint64_t pick(std::uint64_t limit) { return random_() % limit; }

    void act() {
        switch (pick(8)) {
        case 0:
        case 1:
            send();
            break;
        case 2:
            clients_[pick(clients_.size())]->flush();
            break;
        case 3:
            ticks.fetch_add(pick(20), Order::relaxed);
            break;
        case 4:
            receive();
            break;
        case 5:
            open_and_close();
            break;
        default:
            ExecutorThread& executor = pick(2) == 0 ? calling_ : serving_;
            if (executor.runnable())
                executor.step();
        }
    }

    /// A channel that nobody uses comes, and perhaps goes.
    void open_and_close() {
        if (channels_++ >= 40)
            return;
        Channel& spare = world_.connect(caller_, service_);
        if (pick(2) == 0) {
            world_.close_client_end(caller_, spare);
            world_.close_server_end(service_, spare);
        }
    }

    void send() {
        const std::size_t which = pick(clients_.size());
        RawClient& client = *clients_[which];
        if (in_flight_[which] == 32)
            return;
        ++in_flight_[which];
        ++sent_;
        if (which == 3) {
            client.submit(
                service_.opcode("work.sleep_until"), 0, {ticks.load(Order::relaxed) + pick(50)});
            return;
        }
        static constexpr Kind kKinds[] = {Kind::add_one,
                                          Kind::block,
                                          Kind::depth,
                                          Kind::hold,
                                          Kind::hold_until,
                                          Kind::sleep_cancel};
        const Kind kind = kKinds[pick(std::size(kKinds))];
        const std::uint64_t count =
            kind >= Kind::hold ? ticks.load(Order::relaxed) + pick(50) : pick(40);
        client.submit((which == 2 ? neighbour_ : caller_).opcode("errand.run"),
                      0,
                      {static_cast<std::uint64_t>(kind), count, pick(4)});
    }

    void receive() {
        for (std::size_t i = 0; i < clients_.size(); ++i) {
            if (!clients_[i]->bell.take().any)
                continue; // a client sleeps until it is rung, too
            do {
                const std::size_t count = clients_[i]->take().size();
                received_ += count;
                in_flight_[i] -= count;
            } while (!clients_[i]->prepare_wait());
        }
    }

    void release_all() {
        if (releaser_ == nullptr) {
            releaser_ = &world_.raw_client(service_);
            world_.run();
        }
        for (std::uint64_t key = 0; key < 4; ++key)
            releaser_->submit(service_.opcode("work.release"), 0, {key});
        for (RawClient* client : clients_)
            client->flush();
        releaser_->flush();
        world_.run();
        static_cast<void>(releaser_->take());
    }

    std::mt19937_64 random_;
    World world_;
    ExecutorThread& calling_ = world_.executor("calling");
    ExecutorThread& serving_ = world_.executor("serving");
    Module& caller_ = world_.load("caller_a", calling_);
    Module& neighbour_ = world_.load("caller_b", serving_);
    Module& service_ = world_.load("service_a", serving_);
    std::vector<RawClient*> clients_;
    std::array<std::uint64_t, 4> in_flight_{};
    RawClient* releaser_ = nullptr;
    unsigned channels_ = 0;
    std::uint64_t sent_ = 0, received_ = 0;
};

TEST(ExecutorSoak, every_request_is_answered_in_any_interleaving) {
    for (std::uint64_t seed = 1; seed <= 100 && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        Soak{seed}.run(400);
    }
}

} // namespace
} // namespace cw::test
