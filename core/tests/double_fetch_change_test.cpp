// The words that are looked at again by design: a peer that changes each of them behind each look
// at it, within one round of the executor, closes its own channel at most.
#include "double_fetch_world.hpp"

#include <random>

namespace cw::test {
namespace {

/// What the peer writes over a word that was just looked at: mostly near what was there.
class Changes {
public:
    explicit Changes(std::uint64_t seed) : random_{seed} {}

    /// Messages that are not there: they close the channel, most often, and so are not made at each
    /// look.
    void spare(const Atomic<std::uint32_t>& tail) {
        tail_ = reinterpret_cast<std::uint64_t>(&tail);
    }
    /// So many in the next run; else a peer that has something new at each look would keep the
    /// executor busy for ever, as it may.
    void allow(std::uint64_t count) { left_ = count; }
    void operator()(std::uint64_t field, std::size_t bytes) {
        if (left_ == 0 || bytes != sizeof(std::uint32_t))
            return;
        if (field == tail_ && random_() % 32 != 0)
            return;
        --left_;
        ++made;
        auto& word = *reinterpret_cast<Atomic<std::uint32_t>*>(field);
        const auto any = static_cast<std::uint32_t>(random_());
        const std::uint32_t now = word.load(Order::relaxed);
        word.store(random_() % 16 == 0 ? any : now + any % 4, Order::relaxed);
    }
    std::uint64_t pick(std::uint64_t limit) { return random_() % limit; }

    std::uint64_t made = 0;

private:
    std::mt19937_64 random_;
    std::uint64_t left_ = 0, tail_ = 0;
};

constexpr std::uint64_t kChannels = 60;

TEST(DoubleFetch, a_client_that_changes_its_words_behind_each_look_harms_nobody_else) {
    const Watchdog watchdog{"the server", std::chrono::seconds{100}};
    Changes changes{1};
    std::uint64_t closed = 0, answers = 0;
    for (std::uint64_t channel = 0; channel < kChannels && !HasFailure(); ++channel) {
        Serving it{{channel % 2 != 0, false, channel % 4 == 3}};
        RawClient& innocent = it.world.raw_client(it.service);
        it.world.run();
        changes.spare(it.client.channel.client_page().producer.tail);
        it.fetches.behind_each_look(std::ref(changes));
        for (int tries = 0; tries < 20; ++tries) {
            for (std::uint64_t count = changes.pick(5); count != 0; --count)
                it.send(count % 2 == 0 ? "work.add_one" : "work.block", {1, 2, 3, 4, 5, 6});
            innocent.submit(it.service.opcode("work.add_one"), 5, {41});
            innocent.flush();
            changes.allow(16);
            answers += it.run().size();
            it.fetches.forget(); // with other indices, messages are others
            const auto served = innocent.take();
            ASSERT_EQ(served.size(), 1u);
            EXPECT_EQ(served[0].words[0], 42u);
        }
        closed += it.closed() ? 1 : 0;
    }
    EXPECT_GT(closed, 5u);
    EXPECT_LT(closed, kChannels);
    EXPECT_GT(answers, kChannels);
    EXPECT_GT(changes.made, 3 * kChannels);
}

TEST(DoubleFetch, a_server_that_changes_its_words_behind_each_look_harms_nobody_else) {
    const Watchdog watchdog{"the client", std::chrono::seconds{100}};
    Changes changes{2};
    std::uint64_t closed = 0, right = 0;
    for (std::uint64_t channel = 0; channel < kChannels && !HasFailure(); ++channel) {
        Calling it{{channel % 2 != 0, false, channel % 4 == 3}};
        Module& other = it.world.load("caller_b", it.calling);
        it.world.link(other, it.service, Path::ring);
        RawClient& innocent = it.world.raw_client(other);
        it.world.run();
        changes.spare(it.server.channel.server_page().producer.tail);
        it.fetches.behind_each_look(std::ref(changes));
        for (int tries = 0; tries < 20; ++tries) {
            if (!it.closed())
                it.send(Kind::depth, 5, 0);
            for (int round = 0; round < 3; ++round) {
                changes.allow(8);
                it.run();
                it.fetches.forget();
                for (const RawServer::Request& request : it.server.take()) {
                    if (request.flags == 0)
                        it.answer(request);
                }
                it.server.flush();
            }
            for (const Message& back : it.client.take())
                right += back.words[1];
            innocent.submit(0, 1, {static_cast<std::uint64_t>(Kind::add_one), 3, 0});
            innocent.flush();
            changes.allow(8);
            it.run();
            it.fetches.forget();
            const auto served = innocent.take();
            ASSERT_EQ(served.size(), 1u);
            EXPECT_EQ(served[0].words[1], 3u);
        }
        closed += it.closed() ? 1 : 0;
    }
    EXPECT_GT(closed, 5u);
    EXPECT_GT(right, kChannels);
    EXPECT_GT(changes.made, 3 * kChannels);
}

} // namespace
} // namespace cw::test
