// Domains, their executors, the modules in them, and the channels between them.
#pragma once
#include <cstdint>
#include <cw/abi/control.hpp>
#include <cw/core/executor.hpp>
#include <cw/core/text.hpp>
#include <cw/loader/image.hpp>
#include <cw/loader/plan.hpp>
#include <cw/nucleus/grants.hpp>
#include <cw/nucleus/host/types.hpp>
#include <cw/nucleus/segment.hpp>

namespace cw::kernel {

inline constexpr std::uint32_t kMaxDomains = 256;
inline constexpr std::uint32_t kMaxDoorbells = 2 * abi::kMaxEnds; ///< Of one executor.
inline constexpr std::uint32_t kMaxCallGrants = 256;              ///< Of one executor.
inline constexpr std::uint32_t kMaxEdges = 256;                   ///< Of one executor.
/// Entries of a module's own pool: calls that wait for a credit, or within its domain for an
/// answer, and sleeps. When all are in use, calls are refused: no_memory.
inline constexpr std::uint32_t kModulePendings = 512;

/// Guards domains, modules, channels, segments and page tables. Short sections only; nothing waits
/// under it.
extern Lock kernel_lock;

/// What a domain may do beyond its own memory and channels.
enum DomainGrants : std::uint32_t {
    kGrantLoadKernel = 1u << 0, ///< Put modules into the kernel.
    kGrantLoadDomain = 1u << 1, ///< Put modules into other domains, and make domains.
    kGrantPower = 1u << 2,
    kGrantObserve = 1u << 3, ///< Read confined variables of others.
    kGrantAll = 15,
};

struct ModuleInstance;
struct Channel;

/// The buffer areas of a client: a user domain, or one kernel-placed module. They stay as long as
/// the client or one of its channels: a provider may be in the middle of a buffer when the client
/// ends.
struct AreaList {
    Segment* table; ///< BufferAreas, read-only for those who check against it.
    Segment* areas[abi::kMaxAreas];
    std::uint32_t count; ///< Release, after the entry; pairs with the acquire in check_buffers().
    std::uint32_t users; ///< The client, and its channels.
};

/// The kernel's record of an executor: its thread, its memory, its tables.
struct ExecutorRecord : ExecutorHost {
    Domain* domain;
    Thread* thread;
    Segment* kernel_written; ///< Read-only for the domain: StartBlock, RuntimeOps, control ring.
    Segment* run;            ///< The executor's own: Executor, control page, deadline heap, edges.
    Executor* executor;      ///< Address in `run`, as its domain sees it.
    Executor* view;          ///< The same through the direct map. Untrusted for user domains.
    RingProducer<NativeSync> control;
    abi::ControlEntry* control_entries; ///< Through the direct map.
    abi::ControlEntry waiting[64];      ///< Entries that found the ring full.
    std::uint32_t waiting_count;
    CallGrant* calls;
    Edge* server_edges;        ///< The callee's view of each call grant's edge.
    Edge* edges_view;          ///< The executor's edges, through the direct map.
    VirtualAddress edges_base; ///< The same as its domain sees them.
    std::uint32_t call_count;
    std::uint32_t interrupt_count;
    std::uint64_t edges[kMaxEdges / 64]; ///< Bit per index in use. So are:
    std::uint64_t client_ends;
    std::uint64_t server_ends;
    std::uint32_t untold_channels; ///< Ends that it will be told of (channels_tell()).
    Channel* channels_by_client[abi::kMaxEnds];
    Channel* channels_by_server[abi::kMaxEnds];
    Segment* pools[abi::kMaxEnds]; ///< Of clients' closed channels whose pools are still in use.
    const char* condemned;         ///< Why its domain is to end at its next step; else null.
    Atomic<bool> retired; ///< Its thread is to end. Release, pairs with the acquire in wait().
    std::uint64_t checked_calls; ///< Synchronous calls with buffers,
    std::uint64_t lent;          ///< and the bytes of those, which went by reference.
    std::uint32_t track;         ///< Of its records in a trace; 0: there are none.
    bool traced;                 ///< It was told to record.
    char name[32];               ///< Of its thread.
    ExecutorRecord* next;        ///< All executors.
};

struct Domain : DomainHost {
    std::uint32_t id;
    bool used;
    bool ended;
    std::uint32_t grants;     ///< DomainGrants.
    ExecutorRecord* executor; ///< The only one of a user domain; the worker's in the kernel.
    char name[32];
    std::uint32_t module_count;
    AreaList* areas; ///< User domains only; null until first needed.

    [[nodiscard]] bool is_kernel() const noexcept { return id == 0; }
};

/// How a requirement of a module is linked now.
struct Link {
    ModuleInstance* provider; ///< Null: the slot leads nowhere.
    loader::Path path;
    Segment* remote_text;   ///< With Path::remote: the stubs that the slot leads to.
    std::uint32_t edge;     ///< 1 + index of the edge this requirement has had; it is used again.
    std::uint32_t grant;    ///< 1 + index of its call grant.
    std::uint32_t method;   ///< Of the provider, in the order of its records.
    std::uint32_t end;      ///< 1 + index of the client end it leads to; 0: none.
    ModuleInstance* wanted; ///< To be linked to this one when the client's executor is at rest.
    std::uint32_t wanted_method;
    loader::Path wanted_path;
};

enum class ModuleStage : std::uint32_t { starting, running, stopping, failed };

/// A coroutine that waits for a module to start or to go, and what became of it. The module may be
/// gone when the coroutine goes on.
struct StageWaiter {
    Ready* ready;
    ModuleStage stage;
    const char* cause; ///< With a stage that was not hoped for.
};

struct EndedClient;
struct ClientWatcher;
struct LentTypes;

inline constexpr std::size_t kMaxBorrowed = 8; ///< Modules whose types a module may borrow.

/// A loaded module.
struct ModuleInstance {
    const loader::Image* image;
    Domain* domain;
    ExecutorRecord* executor; ///< Its home.
    abi::Placement placement;
    ModuleStage stage;
    Segment* segment;         ///< Its image, or what of it may be lent; null for the nucleus.
    Segment* data;            ///< The rest of the image; null: it is all in `segment`.
    Segment* pool;            ///< Pendings and frames.
    Segment* heap;            ///< As long as it may become; null if it may not have one.
    std::uint64_t heap_bytes; ///< Of it, that have pages.
    Segment* remote_text; ///< Its ring stubs, for the clients that are linked to them; null until
                          ///< the first is.
    Segment* methods;     ///< MethodTable, read-only for the domain.
    Segment* devices[abi::kMaxDevices]; ///< Registers.
    VirtualAddress base;
    std::uint32_t id;
    Status start_status;
    std::uint64_t epoch;
    bool nucleus;
    bool resident; ///< Part of this programme (resident_create): nobody can take it out.
    /// Bit per provided method: whoever runs already and is linked to it gets this path (`--link
    /// METHOD=ring`, `--link METHOD=remote`).
    std::uint64_t ring_only, remote_only;
    bool removing; ///< It goes away, by rmmod or because it broke: first no slot leads to it any
                   ///< more, then its channels close, then its executor lets it go.
    bool let_go;   ///< Its executor was told to.
    ModuleInstance* next;
    AreaList* areas; ///< Kernel-placed modules only; null until first needed.
    Link links[abi::kMaxRequires];
    StageWaiter* waiter;         ///< The coroutine that waits for it to start, or to be let go.
    std::uint64_t waiting_since; ///< Ticks; with a waiter: see hurry.cpp.
    StageWaiter* mourner;        ///< The coroutine that waits until nothing of it is left.
    const char* end_cause;       ///< Why it failed, if that is known.
    bool watches_clients;        ///< It has asked for the ends of its clients (clients.cpp).
    ClientWatcher* watcher;      ///< Its call that waits for one; null: none does.
    EndedClient* ended_clients;  ///< Those it has not been told of, oldest first.
    std::uint32_t ended_count;
    std::uint32_t cells_open;          ///< Openings of control cells (cells.cpp).
    LentTypes* lent;                   ///< Null until somebody borrows its types (lent_types.cpp).
    LentTypes* borrowed[kMaxBorrowed]; ///< From others; null: room for one more.
};

/// A ring pair between a client module and a provider module.
struct Channel {
    ModuleInstance* client; ///< Null once it is gone; the channel is closed then. So is:
    ModuleInstance* provider;
    Segment* client_segment;
    Segment* provider_segment;
    std::uint32_t client_index, server_index;
    std::uint32_t client_doorbell, provider_doorbell; ///< Indices in that side's table.
    std::uint32_t client_id;                          ///< ModuleInstance::id.
    std::uint32_t number;                             ///< What a trace calls it.
    bool client_done, provider_done; ///< That side's executor no longer touches it.
    bool told;                       ///< Both executors know it.
    bool closed;
    Segment* pool;   ///< The client's Pendings.
    Segment* queued; ///< With a provider in the kernel: room for synchronous calls that must wait.
    Domain *client_domain, *provider_domain; ///< Once closed; null when it is gone.
    AreaList* areas;                         ///< The client's.
    std::uint64_t buffer_rights;             ///< Rights: what the provider gets on the client's
                                             ///< areas; 0: no buffers travel.
    Channel* next;
};

[[nodiscard]] Domain& kernel_domain() noexcept;
/// Cut off at 31 characters.
void copy_name(char (&into)[32], std::string_view name) noexcept;
[[nodiscard]] Domain* domain_by_id(std::uint32_t id) noexcept;
[[nodiscard]] Domain* domain_by_name(std::string_view name) noexcept;

/// A new user domain with an executor that waits to be started; `hart`: 1 + index, or 0 for any;
/// `first`: what it begins with. Errors: no_memory, no_resource, unsupported (a device that the
/// host cannot give). Locks: kernel_lock held.
[[nodiscard]] Result<Domain*> domain_create(std::string_view name,
                                            std::uint32_t grants,
                                            std::uint32_t stack_bytes,
                                            std::uint32_t hart,
                                            std::span<const loader::Image* const> first) noexcept;
/// An executor in the kernel, on a thread of its own. Locks: kernel_lock held.
[[nodiscard]] Result<ExecutorRecord*> kernel_executor_create(std::string_view name,
                                                             std::uint32_t hart = 0) noexcept;
/// Undoes kernel_executor_create() or domain_create(). Requires: executor_start() was not called;
/// it has no modules any more. Locks: kernel_lock held.
void executor_discard(ExecutorRecord& record) noexcept;
/// Ends a kernel executor that has no module any more: its thread exits, its memory is freed.
/// Locks: kernel_lock held.
void kernel_executor_retire(ExecutorRecord& record) noexcept;
/// The word in which the executor sees how often an interrupt came.
[[nodiscard]] Atomic<std::uint64_t>* interrupt_word(ExecutorRecord& record,
                                                    std::uint32_t index) noexcept;
/// Tells an executor something; what does not fit now goes when it has taken earlier entries. A
/// user domain that takes nothing for so long that this is full too has lost its right to go on.
/// Locks: kernel_lock held.
void executor_tell(ExecutorRecord& record, const abi::ControlEntry& entry) noexcept;
/// True if so many more entries can be told. Locks: kernel_lock held.
[[nodiscard]] bool executor_listens(const ExecutorRecord& record, std::uint32_t entries) noexcept;
/// Ends a user domain as soon as its thread looks: for places where end_domain() cannot be called.
/// Locks: kernel_lock held.
void executor_condemn(ExecutorRecord& record, const char* cause) noexcept;
/// Passes on entries that found the ring full. Locks: kernel_lock held.
void executor_pump(ExecutorRecord& record) noexcept;
[[nodiscard]] ExecutorRecord* all_executors() noexcept;
/// What those had counted that have gone.
struct EndedExecutors {
    std::uint64_t count;
    ExecutorCounts counts;
};
/// Locks: kernel_lock held.
[[nodiscard]] const EndedExecutors& ended_executors() noexcept;
/// Frees what an ended user domain had; its thread is gone. Locks: kernel_lock held.
void domain_destroy(Domain& domain) noexcept;

void domains_initialise() noexcept;

} // namespace cw::kernel
