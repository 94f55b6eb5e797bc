// A small world for tests of the runtime: what the kernel's loader does, over fake executors.
// Modules, channels, links.
#pragma once
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "fake_host.hpp"
#include "module_file.hpp"

#include <cw/abi/channel.hpp>

namespace cw::test {

struct Channel;

/// A loaded module.
struct Module {
    Module(const ModuleFile& opened, ExecutorThread& executor);

    const ModuleFile& file;
    ExecutorThread& home;
    ModuleState& state;
    Pages pool;
    Pages frames;
    abi::MethodTable methods{};

    /// Index of a provided method in the method table.
    [[nodiscard]] std::uint16_t opcode(std::string_view name) const;
    [[nodiscard]] const abi::ProvideRecord& provide(std::string_view name) const;
    [[nodiscard]] const abi::RequireRecord& need(std::string_view name) const;
};

/// The shared memory between a client and a server, and what each side needs besides.
struct Channel {
    Channel();

    Pages client_segment;
    Pages server_segment;
    Pages pool;
    abi::BufferAreas areas{};
    std::uint32_t client_index = 0;
    std::uint32_t server_index = 0;

    /// Neither side may touch what it shared any more.
    void forbid() {
        client_segment.forbid();
        server_segment.forbid();
    }
    [[nodiscard]] IndexPage& client_page() const { return *client_segment.as<IndexPage>(); }
    [[nodiscard]] IndexPage& server_page() const { return *server_segment.as<IndexPage>(); }
    [[nodiscard]] RingMessage* submissions() const {
        return client_segment.as<RingMessage>(abi::kSlotsOffset);
    }
    [[nodiscard]] RingMessage* completions() const {
        return server_segment.as<RingMessage>(abi::kSlotsOffset);
    }
};

struct Message {
    std::uint32_t cookie;
    Status status;
    std::array<std::uint64_t, 6> words;
};

/// A client that is no executor: the test writes its side of the channel by hand.
struct RawClient {
    RawClient(Channel& shared, ExecutorThread& server);

    Channel& channel;
    Bell bell;
    Bell& peer;
    RingProducer<NativeSync> submissions;
    RingConsumer<NativeSync> completions;

    void
    submit(std::uint16_t opcode, std::uint32_t cookie, std::initializer_list<std::uint64_t> words);
    void cancel(std::uint32_t cookie);
    /// Rings the server if it asked for it.
    void flush();
    /// Everything that has come.
    std::vector<Message> take();
    /// Arms the ring as before a sleep; false if something is there.
    bool prepare_wait() { return completions.prepare_wait(); }

private:
    void put(std::uint64_t head, std::initializer_list<std::uint64_t> words);
};

/// A server that is no executor.
struct RawServer {
    RawServer(Channel& shared, ExecutorThread& client);

    Channel& channel;
    Bell bell;
    Bell& peer;
    RingConsumer<NativeSync> submissions;
    RingProducer<NativeSync> completions;

    struct Request {
        std::uint32_t cookie;
        std::uint16_t opcode;
        std::uint16_t flags;
        std::array<std::uint64_t, 6> words;
    };
    std::vector<Request> take();
    void answer(std::uint32_t cookie, Status status, std::initializer_list<std::uint64_t> words);
    void flush();
};

/// `remote`: a ring, through the stub that the provider brings along.
enum class Path : std::uint8_t { ring, direct, remote };

class World {
public:
    ExecutorThread& executor(std::string name);
    /// Loads a module; its start function runs when the executor is stepped next.
    Module& load(const std::string& file, ExecutorThread& home);
    /// The same of a file that stays open after this world: its data is as it was left there.
    Module& load(const ModuleFile& file, ExecutorThread& home);
    /// A channel between two modules.
    Channel& connect(Module& client, Module& server);
    /// Links everything that `client` requires and `server` provides.
    /// The channel of the ring path, or null.
    Channel* link(Module& client, Module& server, Path path);
    RawClient& raw_client(Module& server);
    /// `client`'s methods of `like`, by ring to a server that the test plays.
    RawServer& raw_server(Module& client, const Module& like);
    /// Tells both ends that the other has ended.
    void close_client_end(Module& client, const Channel& channel);
    void close_server_end(Module& server, const Channel& channel);
    /// Tells its executor to let a module go.
    void remove_module(Module& module);

    /// Steps all executors until nothing more happens.
    void run();
    void start_threads();
    void stop_threads();

    /// A link by hand.
    Edge& add_edge();
    void add_client(Module& client, Channel& channel, std::uint32_t doorbell);
    void add_server(Module& server, Channel& channel, std::uint32_t doorbell);

private:
    void link_ring(Module& client,
                   const abi::RequireRecord& need,
                   const Module& server,
                   Channel& channel);

    std::deque<std::unique_ptr<ExecutorThread>> executors_;
    std::deque<ModuleFile> files_;
    std::deque<std::unique_ptr<Module>> modules_;
    std::deque<std::unique_ptr<Channel>> channels_;
    std::deque<std::unique_ptr<RawClient>> raw_clients_;
    std::deque<std::unique_ptr<RawServer>> raw_servers_;
    std::deque<Edge> edges_;
};

} // namespace cw::test
