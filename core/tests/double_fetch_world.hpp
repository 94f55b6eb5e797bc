// Executors whose peers' pages are watched: a server's, and a client's. The test plays the peer.
#pragma once
#include "couple.hpp"
#include "double_fetch.hpp"

#include <cw/core/trace.hpp>

namespace cw::test {

using errand::Kind;

/// The ring that an executor records into, as the nucleus makes it.
class Recorded {
public:
    explicit Recorded(ExecutorThread& executor) {
        block().initialise();
        abi::ControlEntry entry{};
        entry.kind = abi::ControlKind::trace;
        entry.index = static_cast<std::uint32_t>(TracePolicy::overwrite);
        entry.a = memory_.address();
        entry.b = kRecords;
        executor.tell(entry);
    }
    [[nodiscard]] std::uint64_t count() const { return block().words.end.load(Order::relaxed); }

private:
    static constexpr std::uint32_t kRecords = 1024;
    [[nodiscard]] trace::Block& block() const { return *memory_.as<trace::Block>(); }

    Pages memory_{trace::Block::bytes_for(kRecords)};
};

/// How a message is sent, and how the executor runs.
struct Manner {
    bool alone;  ///< It lies beside the tail too, and is looked for there if it is the only one.
    bool spoilt; ///< What was loaded is another value at once.
    bool traced; ///< The executor records what it does: another loop.
};
constexpr Manner kManners[] = {{false, false, false},
                               {true, false, false},
                               {false, true, false},
                               {true, true, false},
                               {false, true, true},
                               {true, false, true}};

/// A server's executor, and a client that the test plays.
struct Serving {
    World world;
    ExecutorThread& serving = world.executor("serving");
    Module& service = world.load("service_a", serving);
    RawClient& client = world.raw_client(service);
    Fetches fetches;
    Manner manner;
    Pages area{4096};
    std::optional<Recorded> recorded;
    std::uint32_t cookie = 0;

    explicit Serving(Manner how) : manner{how} {
        ticks.store(1, Order::relaxed);
        client.channel.areas.areas[0] = {area.address(), 4096, 0};
        client.channel.areas.count = 1;
        if (manner.traced)
            recorded.emplace(serving);
        world.run();
        name_fields(fetches, "client", client.channel.client_page());
        fetches.watch(client.channel.submissions(), abi::kSubmissionSlots * sizeof(RingMessage));
        fetches.once(
            "requests", client.channel.submissions(), abi::kSubmissionSlots * sizeof(RingMessage));
        if (manner.spoilt)
            fetches.spoil_what_was_loaded();
    }
    ~Serving() {
        expect_none(fetches);
        if (recorded) {
            EXPECT_GT(recorded->count(), 0u);
        }
    }

    std::uint32_t put(std::uint64_t head, const std::array<std::uint64_t, 6>& words) {
        RingMessage& message = client.channel.submissions()[client.submissions.slot()];
        fetches.renewed(&message, sizeof message);
        message.head.store(head, Order::relaxed);
        for (std::size_t i = 0; i < words.size(); ++i)
            message.words[i].store(words[i], Order::relaxed);
        if (manner.alone) {
            client.submissions.copy_beside(
                {head, words[0], words[1], words[2], words[3], words[4], words[5]});
            fetches.same(client.channel.client_page().producer.copy, &message, 56);
        }
        client.submissions.publish();
        return cookie;
    }
    std::uint32_t send(std::string_view method, const std::array<std::uint64_t, 6>& words) {
        return put(abi::message_head(++cookie, service.opcode(method)), words);
    }
    void cancel(std::uint32_t which) { put(abi::message_head(which, 0, abi::kMessageCancel), {}); }
    /// Has the executor run until it sleeps; what it answered.
    std::vector<Message> run() {
        client.flush();
        fetches.during([&] { world.run(); });
        return client.take();
    }
    Message run_for_one() {
        const auto answers = run();
        EXPECT_EQ(answers.size(), 1u);
        return answers.size() == 1 ? answers[0] : Message{};
    }
    [[nodiscard]] bool closed() const {
        return serving.executor().servers[client.channel.server_index].closed;
    }
};

/// A client's executor; the test plays its server, and who sends its module on errands.
struct Calling {
    World world;
    ExecutorThread& calling = world.executor("calling");
    ExecutorThread& unused = world.executor("unused");
    Module& caller = world.load("caller_a", calling);
    Module& service = world.load("service_a", unused); // as a model of what the server provides
    RawServer& server = world.raw_server(caller, service);
    RawClient& client = world.raw_client(caller);
    Fetches fetches;
    Manner manner;
    std::optional<Recorded> recorded;

    explicit Calling(Manner how) : manner{how} {
        ticks.store(1, Order::relaxed);
        if (manner.traced)
            recorded.emplace(calling);
        world.run();
        name_fields(fetches, "server", server.channel.server_page());
        fetches.watch(server.channel.completions(), abi::kCompletionSlots * sizeof(RingMessage));
        fetches.once("completions",
                     server.channel.completions(),
                     abi::kCompletionSlots * sizeof(RingMessage));
        if (manner.spoilt)
            fetches.spoil_what_was_loaded();
    }
    ~Calling() {
        expect_none(fetches);
        if (recorded) {
            EXPECT_GT(recorded->count(), 0u);
        }
    }

    void send(Kind kind, std::uint64_t count, std::uint64_t first) {
        client.submit(0, 1, {static_cast<std::uint64_t>(kind), count, first});
        client.flush();
    }
    void run() {
        fetches.during([&] { world.run(); });
    }
    void put(std::uint64_t head, const std::array<std::uint64_t, 6>& words) {
        RingMessage& message = server.channel.completions()[server.completions.slot()];
        fetches.renewed(&message, sizeof message);
        message.head.store(head, Order::relaxed);
        for (std::size_t i = 0; i < words.size(); ++i)
            message.words[i].store(words[i], Order::relaxed);
        if (manner.alone) {
            server.completions.copy_beside(
                {head, words[0], words[1], words[2], words[3], words[4], words[5]});
            fetches.same(server.channel.server_page().producer.copy, &message, 56);
        }
        server.completions.publish();
    }
    /// Each word plus one: what the service's methods answer, all that the errands below call.
    void answer(RawServer::Request request) {
        for (std::uint64_t& word : request.words)
            ++word;
        put(abi::message_head(request.cookie, 0), request.words);
    }
    /// Answers `together` requests at a time, until the errand is done.
    errand::Findings serve(std::size_t together, bool backwards) {
        std::vector<RawServer::Request> waiting;
        for (;;) {
            run();
            if (const auto back = client.take(); !back.empty())
                return {back[0].words[0], back[0].words[1], back[0].words[2]};
            for (const RawServer::Request& request : server.take()) {
                if (request.flags == 0)
                    waiting.push_back(request);
            }
            if (waiting.empty()) {
                ADD_FAILURE() << "the errand does not come back";
                return {};
            }
            for (std::size_t n = 0; n < together && !waiting.empty(); ++n) {
                const auto which = backwards ? waiting.end() - 1 : waiting.begin();
                answer(*which);
                waiting.erase(which);
            }
            server.flush();
        }
    }
    [[nodiscard]] bool closed() const {
        return calling.executor().clients[server.channel.client_index].closed;
    }
};

} // namespace cw::test
