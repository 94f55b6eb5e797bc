#include "world.hpp"

#include <cstring>
#include <cw/core/ring_stub.hpp>
#include <cw/core/ring_submit.hpp>
#include <gtest/gtest.h>

namespace cw::test {

namespace {

template <class Record>
const Record& find(const std::vector<const Record*>& records, std::string_view name) {
    for (const Record* record : records) {
        if (name == reinterpret_cast<const char*>(record->name))
            return *record;
    }
    ADD_FAILURE() << "no method " << name;
    std::abort();
}

std::uint64_t address_of(const void* object) {
    return reinterpret_cast<std::uint64_t>(object);
}

void take_words(std::array<std::uint64_t, 6>& words, const RingMessage& message) {
    for (std::size_t i = 0; i < words.size(); ++i)
        words[i] = message.words[i].load(Order::relaxed);
}

} // namespace

Module::Module(const ModuleFile& opened, ExecutorThread& executor) :
    file{opened},
    home{executor},
    state{file.state()},
    pool{kPoolPendings * sizeof(Pending)},
    frames{file.record().frame_bytes, Pages::Contents::any} {
    new (&state) ModuleState{};
    state.pendings = pool.as<Pending>();
    state.ops = &executor.ops();
    state.home = &executor.executor();
    state.flags = file.record().flags;
    state.frames.bump = frames.address();
    state.frames.end = frames.address() + file.record().frame_bytes;
    for (const abi::ProvideRecord* provide : file.provides()) {
        methods.add({.invoke = provide->invoke,
                     .flags = provide->flags,
                     .shape = provide->shape,
                     .reserved = {}});
    }
}

std::uint16_t Module::opcode(std::string_view name) const {
    const abi::ProvideRecord& wanted = provide(name);
    for (std::uint16_t i = 0; i < file.provides().size(); ++i) {
        if (file.provides()[i] == &wanted)
            return i;
    }
    std::abort();
}
const abi::ProvideRecord& Module::provide(std::string_view name) const {
    return find(file.provides(), name);
}
const abi::RequireRecord& Module::need(std::string_view name) const {
    return find(file.needs(), name);
}

Channel::Channel() :
    client_segment{abi::kClientSegmentBytes},
    server_segment{abi::kProviderSegmentBytes},
    pool{kPoolPendings * sizeof(Pending)} {
    initialise_index_page(client_page());
    initialise_index_page(server_page());
}

RawClient::RawClient(Channel& shared, ExecutorThread& server) :
    channel{shared},
    peer{server.bell},
    submissions{&shared.client_page().producer,
                &shared.server_page().consumer,
                abi::kSubmissionSlots,
                abi::kFirstIndex},
    completions{&shared.client_page().consumer,
                &shared.server_page().producer,
                abi::kCompletionSlots,
                abi::kFirstIndex} {}

void RawClient::put(std::uint64_t head, std::initializer_list<std::uint64_t> words) {
    ASSERT_NE(submissions.free_slots(), 0u);
    RingMessage& message = channel.submissions()[submissions.slot()];
    message.head.store(head, Order::relaxed);
    std::size_t i = 0;
    for (const std::uint64_t word : words)
        message.words[i++].store(word, Order::relaxed);
    submissions.publish();
}

void RawClient::submit(std::uint16_t opcode,
                       std::uint32_t cookie,
                       std::initializer_list<std::uint64_t> words) {
    put(abi::message_head(cookie, opcode), words);
}

void RawClient::cancel(std::uint32_t cookie) {
    put(abi::message_head(cookie, 0, abi::kMessageCancel), {});
}

void RawClient::flush() {
    if (submissions.flush())
        peer.ring(abi::server_ring_tag(channel.server_index));
}

std::vector<Message> RawClient::take() {
    std::vector<Message> messages;
    for (std::uint32_t count = completions.available(); count != 0; --count) {
        const RingMessage& message = channel.completions()[completions.slot()];
        const std::uint64_t head = message.head.load(Order::relaxed);
        messages.push_back(
            {abi::message_cookie(head), static_cast<Status>(abi::message_code(head)), {}});
        take_words(messages.back().words, message);
        completions.take();
    }
    completions.release();
    return messages;
}

RawServer::RawServer(Channel& shared, ExecutorThread& client) :
    channel{shared},
    peer{client.bell},
    submissions{&shared.server_page().consumer,
                &shared.client_page().producer,
                abi::kSubmissionSlots,
                abi::kFirstIndex},
    completions{&shared.server_page().producer,
                &shared.client_page().consumer,
                abi::kCompletionSlots,
                abi::kFirstIndex} {}

std::vector<RawServer::Request> RawServer::take() {
    std::vector<Request> requests;
    for (std::uint32_t count = submissions.available(); count != 0; --count) {
        const RingMessage& message = channel.submissions()[submissions.slot()];
        const std::uint64_t head = message.head.load(Order::relaxed);
        requests.push_back(
            {abi::message_cookie(head), abi::message_code(head), abi::message_flags(head), {}});
        take_words(requests.back().words, message);
        submissions.take();
    }
    submissions.release();
    return requests;
}

void RawServer::answer(std::uint32_t cookie,
                       Status status,
                       std::initializer_list<std::uint64_t> words) {
    ASSERT_NE(completions.free_slots(), 0u);
    RingMessage& message = channel.completions()[completions.slot()];
    message.head.store(abi::message_head(cookie, static_cast<std::uint16_t>(status)),
                       Order::relaxed);
    std::size_t i = 0;
    for (const std::uint64_t word : words)
        message.words[i++].store(word, Order::relaxed);
    completions.publish();
}

void RawServer::flush() {
    if (completions.flush())
        peer.ring(abi::client_ring_tag(channel.client_index));
}

ExecutorThread& World::executor(std::string name) {
    return *executors_.emplace_back(std::make_unique<ExecutorThread>(std::move(name)));
}

Module& World::load(const std::string& file, ExecutorThread& home) {
    return load(files_.emplace_back(file), home);
}

Module& World::load(const ModuleFile& file, ExecutorThread& home) {
    Module& module = *modules_.emplace_back(std::make_unique<Module>(file, home));
    home.tell({.kind = abi::ControlKind::add_module,
               .index = 0,
               .a = address_of(&module.state),
               .b = 0,
               .c = 0,
               .d = module.file.record().start,
               .e = modules_.size(),
               .f = kPoolPendings,
               .reserved = 0});
    return module;
}

void World::add_client(Module& client, Channel& channel, std::uint32_t doorbell) {
    channel.client_index = client.home.client_ends++;
    client.home.tell({.kind = abi::ControlKind::add_client,
                      .index = channel.client_index,
                      .a = address_of(&client.state),
                      .b = channel.client_segment.address(),
                      .c = channel.server_segment.address(),
                      .d = doorbell,
                      .e = channel.pool.address(),
                      .f = 0,
                      .reserved = 0});
}

void World::add_server(Module& server, Channel& channel, std::uint32_t doorbell) {
    channel.server_index = server.home.server_ends++;
    server.home.tell({.kind = abi::ControlKind::add_server,
                      .index = channel.server_index,
                      .a = address_of(&server.state),
                      .b = channel.client_segment.address(),
                      .c = channel.server_segment.address(),
                      .d = doorbell,
                      .e = address_of(&server.methods),
                      .f = address_of(&channel.areas),
                      .reserved = 0});
}

Channel& World::connect(Module& client, Module& server) {
    Channel& channel = *channels_.emplace_back(std::make_unique<Channel>());
    const abi::RingTag answers = abi::client_ring_tag(client.home.client_ends);
    add_server(server, channel, server.home.doorbell_to(client.home.bell, answers));
    const abi::RingTag requests = abi::server_ring_tag(channel.server_index);
    add_client(client, channel, client.home.doorbell_to(server.home.bell, requests));
    return channel;
}

Edge& World::add_edge() {
    return edges_.emplace_back();
}

void World::link_ring(Module& client,
                      const abi::RequireRecord& need,
                      const Module& server,
                      Channel& channel) {
    auto& slot = *reinterpret_cast<abi::Slot*>(need.slot);
    Edge& edge = add_edge();
    edge.end = &client.home.executor().clients[channel.client_index];
    edge.client = &client.state;
    edge.opcode = server.opcode(reinterpret_cast<const char*>(need.name));
    edge.submission = abi::message_head(0, edge.opcode);
    edge.argument_words = need.shape.argument_words;
    edge.reply_words = need.shape.reply_words;
    slot.edge = &edge;
    slot.function = ring_stub(need.shape.argument_words, need.shape.reply_words > 1);
}

Channel* World::link(Module& client, Module& server, Path path) {
    Channel* channel = path != Path::direct ? &connect(client, server) : nullptr;
    for (const abi::RequireRecord* need : client.file.needs()) {
        for (const abi::ProvideRecord* provide : server.file.provides()) {
            if (provide->hash != need->hash)
                continue;
            auto& slot = *reinterpret_cast<abi::Slot*>(need->slot);
            if (path != Path::direct) {
                link_ring(client, *need, server, *channel);
                if (path == Path::remote) {
                    EXPECT_EQ(provide->remote_layout, kSubmitLayout);
                    slot.function = reinterpret_cast<void (*)()>(provide->remote_stub);
                }
                continue;
            }
            Edge& edge = add_edge();
            edge.client = &client.state;
            edge.argument_words = need->shape.argument_words;
            edge.reply_words = need->shape.reply_words;
            slot.edge = &edge;
            slot.function = reinterpret_cast<void (*)()>(provide->direct);
        }
    }
    return channel;
}

RawClient& World::raw_client(Module& server) {
    Channel& channel = *channels_.emplace_back(std::make_unique<Channel>());
    RawClient& client =
        *raw_clients_.emplace_back(std::make_unique<RawClient>(channel, server.home));
    add_server(server, channel, server.home.doorbell_to(client.bell, 0));
    return client;
}

RawServer& World::raw_server(Module& client, const Module& like) {
    Channel& channel = *channels_.emplace_back(std::make_unique<Channel>());
    RawServer& server =
        *raw_servers_.emplace_back(std::make_unique<RawServer>(channel, client.home));
    add_client(client, channel, client.home.doorbell_to(server.bell, 0));
    for (const abi::RequireRecord* need : client.file.needs()) {
        for (const abi::ProvideRecord* provide : like.file.provides()) {
            if (provide->hash == need->hash)
                link_ring(client, *need, like, channel);
        }
    }
    return server;
}

void World::close_client_end(Module& client, const Channel& channel) {
    client.home.tell({.kind = abi::ControlKind::close_end,
                      .index = channel.client_index,
                      .a = 1,
                      .b = 0,
                      .c = 0,
                      .d = 0,
                      .e = 0,
                      .f = 0,
                      .reserved = 0});
}

void World::close_server_end(Module& server, const Channel& channel) {
    server.home.tell({.kind = abi::ControlKind::close_end,
                      .index = channel.server_index,
                      .a = 0,
                      .b = 0,
                      .c = 0,
                      .d = 0,
                      .e = 0,
                      .f = 0,
                      .reserved = 0});
}

void World::remove_module(Module& module) {
    module.home.tell({.kind = abi::ControlKind::remove_module,
                      .index = 0,
                      .a = address_of(&module.state),
                      .b = 0,
                      .c = 0,
                      .d = 0,
                      .e = 1,
                      .f = kPoolPendings,
                      .reserved = 0});
}

void World::run() {
    std::vector<ExecutorThread*> threads;
    for (const auto& executor : executors_)
        threads.push_back(executor.get());
    run_until_quiet(threads);
}

void World::start_threads() {
    for (const auto& executor : executors_)
        executor->start();
}

void World::stop_threads() {
    for (const auto& executor : executors_)
        executor->stop();
}

} // namespace cw::test
