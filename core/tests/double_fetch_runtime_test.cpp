// That the runtime loads each byte of a message once, whatever becomes of it: requests in a
// server's executor, completions in a client's, what the kernel says, and that from the first load
// on the peer may write there what it likes.
#include "double_fetch_world.hpp"

namespace cw::test {
namespace {

TEST(DoubleFetch, a_request_is_loaded_once_by_the_server) {
    for (const Manner manner : kManners) {
        Serving it{manner};
        for (std::uint64_t n = 0; n < 300; ++n) { // more than twice round the ring
            it.send("work.block", {n, 2, 3, 4, 5, 6});
            const Message answer = it.run_for_one();
            EXPECT_EQ(answer.status, Status::ok);
            EXPECT_EQ(answer.words, (std::array<std::uint64_t, 6>{n + 1, 3, 4, 5, 6, 7}));
        }
        const char* const read = manner.alone ? "client.copy" : "requests";
        EXPECT_EQ(it.fetches.loaded(read), 300 * 56u);
        EXPECT_EQ(it.fetches.loaded("client.copy") + it.fetches.loaded("requests"), 300 * 56u);
    }
}

TEST(DoubleFetch, requests_that_come_together_are_loaded_once) {
    for (const Manner manner : kManners) {
        Serving it{manner};
        for (std::uint64_t round = 0; round < 5; ++round) {
            for (std::uint64_t n = 0; n < 64; ++n)
                it.send(n % 2 == 0 ? "work.add_one" : "work.refuse", {n});
            const auto answers = it.run();
            ASSERT_EQ(answers.size(), 64u);
            for (std::uint64_t n = 0; n < 64; n += 2)
                EXPECT_EQ(answers[n].words[0], n + 1);
            for (std::uint64_t n = 1; n < 64; n += 2)
                EXPECT_EQ(static_cast<std::uint64_t>(answers[n].status), 1 + n % kLastStatus);
        }
        EXPECT_EQ(it.fetches.loaded("requests"), 320 * 56u);
    }
}

TEST(DoubleFetch, where_a_buffer_is_and_how_long_is_loaded_once) {
    for (const Manner manner : kManners) {
        Serving it{manner};
        it.area.as<std::uint8_t>()[16] = 5;
        it.area.as<std::uint8_t>()[23] = 6;
        for (int n = 0; n < 20; ++n) {
            it.send("work.sum", {it.area.address() + 16, 8});
            const Message answer = it.run_for_one();
            EXPECT_EQ(answer.status, Status::ok);
            EXPECT_EQ(answer.words[0], 11u);
            it.send("work.sum", {it.area.address() + 4089, 8});
            EXPECT_EQ(it.run_for_one().status, Status::not_permitted);
        }
        EXPECT_GE(it.fetches.loaded("requests") + it.fetches.loaded("client.copy"), 40 * 24u);
    }
}

TEST(DoubleFetch, a_request_that_suspends_and_its_cancellation_are_loaded_once) {
    for (const Manner manner : kManners) {
        Serving it{manner};
        for (std::uint64_t n = 0; n < 20; ++n) {
            it.send("work.hold", {7, n});
            EXPECT_TRUE(it.run().empty());
            it.send("work.release", {7});
            auto answers = it.run();
            ASSERT_EQ(answers.size(), 2u);
            const Message& held = answers[0].cookie == it.cookie ? answers[1] : answers[0];
            EXPECT_EQ(held.words[0], n + 1);

            const std::uint32_t sleep = it.send("work.sleep_until", {~std::uint64_t{0} - 1});
            EXPECT_TRUE(it.run().empty());
            it.cancel(sleep + 1000); // of nothing
            EXPECT_TRUE(it.run().empty());
            it.cancel(sleep);
            const Message cancelled = it.run_for_one();
            EXPECT_EQ(cancelled.cookie, sleep);
            EXPECT_EQ(static_cast<Status>(cancelled.words[0]), Status::cancelled);
        }
        EXPECT_GT(it.fetches.loaded("requests") + it.fetches.loaded("client.copy"), 20 * 100u);
    }
}

TEST(DoubleFetch, a_request_that_closes_the_channel_is_loaded_once) {
    for (const Manner manner : kManners) {
        for (const std::uint64_t head : {abi::message_head(1, 99),
                                         abi::message_head(1, 0, 0x8000),
                                         abi::message_head(1, 3, abi::kMessageCancel)}) {
            Serving it{manner};
            it.put(head, {1, 2, 3, 4, 5, 6});
            EXPECT_TRUE(it.run().empty());
            EXPECT_TRUE(it.closed());
            EXPECT_GE(it.fetches.loaded("requests") + it.fetches.loaded("client.copy"), 8u);
        }
        Serving it{manner};
        for (std::uint32_t n = 0; n < 100; ++n) // beyond the credits
            it.send("work.hold", {77, 0});
        EXPECT_TRUE(it.run().empty());
        EXPECT_TRUE(it.closed());
        Serving other{manner};
        other.client.channel.client_page().producer.tail.store(abi::kFirstIndex - 1,
                                                               Order::release);
        other.serving.bell.ring();
        EXPECT_TRUE(other.run().empty());
        EXPECT_TRUE(other.closed());
    }
}

struct Errand {
    Kind kind;
    std::uint64_t count;
    std::uint64_t right; ///< Answers that are what they should be, and
    std::size_t words;   ///< how many of theirs are used.
};

TEST(DoubleFetch, a_completion_is_loaded_once_by_the_client) {
    constexpr Errand kErrands[] = {
        {Kind::add_one, 12, 12, 12},
        {Kind::block, 12, 12, 72},
        {Kind::depth, 40, 40, 40},
        {Kind::depth_reverse, 40, 40, 40},
        {Kind::depth, 80, 80, 80}, // some wait for a credit
        {Kind::batch, 40, 120, 720},
        {Kind::batch_mixed, 20, 40, 40},
    };
    for (const Manner manner : kManners) {
        for (const Errand& errand : kErrands) {
            for (const std::size_t together : {1u, 3u, 64u}) {
                Calling it{manner};
                it.send(errand.kind, errand.count, 0);
                const errand::Findings found = it.serve(together, together == 3);
                EXPECT_EQ(found.status, 0u);
                EXPECT_EQ(found.right, errand.right);
                EXPECT_GE(it.fetches.loaded("completions") + it.fetches.loaded("server.copy"),
                          8 * errand.words);
            }
        }
    }
}

TEST(DoubleFetch, a_completion_that_nobody_awaits_yet_is_loaded_once) {
    for (const Manner manner : kManners) {
        for (const std::size_t together : {1u, 7u, 60u}) {
            Calling it{manner};
            it.send(Kind::hoard, 60, 100); // awaited from tick 100 on
            std::vector<RawServer::Request> waiting;
            it.run();
            for (const RawServer::Request& request : it.server.take())
                waiting.push_back(request);
            ASSERT_EQ(waiting.size(), 60u);
            for (std::size_t n = 0; n < 60; ++n) {
                it.answer(waiting[n]);
                if (n % together != together - 1)
                    continue;
                it.server.flush();
                it.run();
            }
            it.server.flush();
            it.run();
            ticks.store(100, Order::relaxed);
            it.run();
            const auto back = it.client.take();
            ASSERT_EQ(back.size(), 1u);
            EXPECT_EQ(back[0].words[1], 60u);
        }
    }
}

TEST(DoubleFetch, a_completion_of_a_call_that_was_given_up_is_loaded_once) {
    for (const Manner manner : kManners) {
        for (const Kind kind : {Kind::hold_until, Kind::hold_cancel, Kind::batch_drop}) {
            Calling it{manner};
            it.send(kind, 50, 7);
            it.run();
            std::vector<RawServer::Request> waiting = it.server.take();
            ticks.store(60, Order::relaxed); // behind the deadline
            it.run();
            std::size_t cancelled = 0;
            for (const RawServer::Request& request : it.server.take())
                cancelled += request.flags != 0 ? 1 : 0;
            EXPECT_EQ(it.client.take().size(), 1u);
            for (const RawServer::Request& request : waiting) {
                if (request.flags == 0)
                    it.answer(request);
                else
                    ++cancelled;
            }
            EXPECT_EQ(cancelled, kind == Kind::batch_drop ? 0u : 1u);
            it.server.flush();
            it.run();
            EXPECT_FALSE(it.closed());
            EXPECT_GE(it.fetches.loaded("completions") + it.fetches.loaded("server.copy"), 8u);
        }
    }
}

TEST(DoubleFetch, a_completion_that_closes_the_channel_is_loaded_once) {
    for (const Manner manner : kManners) {
        for (int wrong = 0; wrong < 5; ++wrong) {
            Calling it{manner};
            it.send(Kind::add_one, 1, 0);
            it.run();
            const auto requests = it.server.take();
            ASSERT_EQ(requests.size(), 1u);
            const std::uint32_t cookie = requests[0].cookie;
            const std::uint64_t heads[] = {abi::message_head(cookie + 1, 0),
                                           abi::message_head(cookie | kCarrierBit, 0),
                                           abi::message_head(cookie, kLastStatus + 1),
                                           abi::message_head(cookie, 0, 1),
                                           abi::message_head(cookie, 1)};
            it.put(heads[wrong], {1});
            it.server.flush();
            it.run();
            EXPECT_EQ(it.closed(), wrong != 4); // that is an error, and none of ours
            const auto back = it.client.take();
            ASSERT_EQ(back.size(), 1u);
            EXPECT_EQ(back[0].words[0],
                      wrong == 4 ? 1u : static_cast<std::uint64_t>(Status::peer_died));
            EXPECT_GE(it.fetches.loaded("completions") + it.fetches.loaded("server.copy"), 8u);
        }
    }
}

/// The kernel is believed; but no entry of its ring is loaded twice either, so that nobody has to
/// ask.
TEST(DoubleFetch, what_the_kernel_says_is_loaded_once) {
    World world;
    ExecutorThread& serving = world.executor("serving");
    const std::uint64_t control = serving.executor().start->control;
    const auto& page = *reinterpret_cast<const IndexPage*>(control);
    Fetches fetches;
    name_fields(fetches, "kernel", page);
    fetches.watch(reinterpret_cast<const void*>(control + abi::kSlotsOffset),
                  abi::kControlSlots * sizeof(abi::ControlEntry));
    fetches.once("entries",
                 reinterpret_cast<const void*>(control + abi::kSlotsOffset),
                 abi::kControlSlots * sizeof(abi::ControlEntry));
    Module& service = world.load("service_a", serving);
    Module& caller = world.load("caller_a", serving);
    RawClient& client = world.raw_client(service);
    world.connect(caller, service);
    fetches.during([&] { world.run(); });
    world.close_server_end(service, client.channel);
    world.remove_module(caller);
    fetches.during([&] { world.run(); });
    expect_none(fetches);
    EXPECT_GE(fetches.loaded("entries"), 7 * 24u);
    EXPECT_GT(fetches.loaded("kernel.tail"), 0u);
}

} // namespace
} // namespace cw::test
