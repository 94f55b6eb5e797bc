// What the runtime keeps for each module instance, in the module's own data: its gate, its pools,
// its home executor.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/abi/call.hpp>
#include <cw/core/atomic.hpp>
#include <cw/core/gate.hpp>
#include <cw/core/pending.hpp>

namespace cw {

struct Edge;
struct Executor;
struct ModuleState;
struct PromiseBase;

/// What compiled module code may ask of the runtime of the domain it lives in. The table is the
/// vDSO's in a user domain and the kernel's in the kernel; append only.
struct RuntimeOps {
    std::uint64_t size_bytes;
    /// Called when the gate of `callee` could not be entered: queues the request behind those
    /// before it. Returns a pending future, or no_memory if the caller's pool is empty (nothing is
    /// queued then).
    abi::RawFuture (*queue)(ModuleState* callee,
                            const abi::Slot* slot,
                            InvokeFn invoke,
                            const std::uint64_t* words);
    /// Called after leaving the gate when somebody queued meanwhile.
    void (*gate_left)(ModuleState* module);
    /// Called on the direct and synchronous paths when a handler suspended: returns the pending
    /// future for the caller.
    abi::RawFuture (*suspended)(const abi::Slot* slot, PromiseBase* promise);
    /// Answers the request of a handler that had suspended, with `count` words. Requires: on the
    /// module's home executor.
    void (*complete)(PromiseBase* promise,
                     Status status,
                     const std::uint64_t* words,
                     std::uint32_t count);
    /// Puts a coroutine on its module's home executor. Any thread of the domain.
    void (*ready)(Ready* ready);
    /// Arms the deadline of a pending call; it completes with timed_out when the time comes first.
    void (*set_deadline)(Pending* pending, std::uint64_t ticks);
    /// Gives a pending call up; it completes with cancelled at once, its callee is told.
    void (*cancel)(Pending* pending);
    /// The future of this call is gone: frees it, or lets it be freed when its answer comes.
    void (*release)(Pending* pending);
    /// Ticks of the machine's clock, and how many there are in a second.
    std::uint64_t (*now)();
    std::uint64_t ticks_per_second;
    /// Completes with timed_out at `ticks`.
    abi::RawFuture (*sleep)(ModuleState* module, std::uint64_t ticks);
    /// Completes when the interrupt of DeviceGrant::interrupt `index` has come since it was last
    /// waited for; one waiter each.
    abi::RawFuture (*wait_interrupt)(ModuleState* module, std::uint64_t index);
    /// Ends the module's domain (or stops the module, in the kernel) with a message. Does not
    /// return.
    void (*fail)(ModuleState* module, const char* message, std::size_t length);
    /// A call by ring that found no credit, or a closed channel: it waits in order, or is refused
    /// with peer_died or no_memory.
    abi::RawFuture (*submit_slowly)(Edge* edge, const std::uint64_t* words, std::uint32_t count);
    /// After a ring stub has published on an executor whose modules other threads pass through:
    /// that executor is told, in place of the dirty list, which is not for other threads.
    void (*note_submitted)(ClientEnd* end);
    /// Who makes the call that a handler of `module` is started for: ModuleState::id of the client.
    /// `slot`: what the handler was called through, or null if it was queued. Requires: the handler
    /// has not suspended.
    std::uint64_t (*caller)(ModuleState* module, const abi::Slot* slot);
    /// Rings a doorbell of this executor that a device has named.
    void (*wake)(std::uint32_t doorbell);
    /// The interrupt `index` is counted by its device itself, in `word`: wait_interrupt() looks
    /// there. Ordering: acquire; pairs with the device's release.
    void (*count_interrupt_in)(ModuleState* module,
                               std::uint64_t index,
                               const Atomic<std::uint32_t>* word);
    /// Address of the directory of shared variables: variables/directory.hpp.
    std::uint64_t variables;
    /// Records an event of the module's own, if tracing is on: trace::What::user.
    void (*trace)(ModuleState* module,
                  std::uint64_t name,
                  std::uint64_t more_name,
                  std::uint64_t a,
                  std::uint64_t b);
};

/// Size-class free lists over one stretch of memory, for coroutine frames. Guarded by the module's
/// gate.
struct FramePool {
    static constexpr std::size_t kClasses = 8; ///< 64, 128, ... 8192 bytes.
    void* free[kClasses];
    std::uint64_t bump;
    std::uint64_t end;
    std::uint64_t allocations; ///< So far, those that failed included.

    /// A frame of at least `bytes`, 16-byte aligned; null if the pool is used up or the size is
    /// over 8 KiB.
    [[nodiscard]] void* allocate(std::size_t bytes) noexcept {
        ++allocations;
        const std::size_t index = class_of(bytes);
        if (index >= kClasses)
            return nullptr;
        if (void* block = free[index]) {
            free[index] = *static_cast<void**>(block);
            return block;
        }
        const std::uint64_t size = std::uint64_t{64} << index;
        if (end - bump < size)
            return nullptr;
        void* block = reinterpret_cast<void*>(bump);
        bump += size;
        return block;
    }
    void release(void* block, std::size_t bytes) noexcept {
        const std::size_t index = class_of(bytes);
        *static_cast<void**>(block) = free[index];
        free[index] = block;
    }

private:
    static constexpr std::size_t class_of(std::size_t bytes) noexcept {
        std::size_t index = 0;
        for (std::size_t size = 64; size < bytes; size <<= 1)
            ++index;
        return index;
    }
};

using ModuleGate = Gate<NativeSync, Request>;
enum GateBits : std::uint64_t {
    kGateHeld = ModuleGate::kHeld,
    kGateQueued = ModuleGate::kQueued,
};

/// Of ModuleState::flags: the module lives in a user domain, where there is one thread. Set before
/// any code of the module runs, for good.
inline constexpr std::uint32_t kModuleAlone = 1u << 31;

/// Zero-initialised in the file (module: `cw_module`); filled by the kernel before any code of the
/// module runs.
struct alignas(64) ModuleState {
    Atomic<std::uint64_t> gate; ///< See gate.hpp. 0: free.
    Pending* free;              ///< The module's own pool. Guarded by the gate.
    const RuntimeOps* ops;
    Executor* home;           ///< Runs queued requests and resumptions.
    Atomic<Request*> mailbox; ///< See gate.hpp.
    Pending* pendings;        ///< The pool's memory.
    std::uint32_t id;
    std::uint32_t flags; ///< abi::ModuleFlags, and kModuleAlone.
    FramePool frames;
    std::uint64_t heap_begin; ///< The module's heap segment.
    std::uint64_t heap_end;
    void* heap;                   ///< The allocator's own state; null until first used.
    Atomic<std::uint64_t> traced; ///< 1: its events are wanted. Written by the nucleus, at any
                                  ///< time; relaxed.
    std::uint32_t pool_entries;   ///< Of `pendings`. Its home executor's only.
};

/// One per (caller module, required method). Written by the loader, except for the counter.
struct Edge {
    ClientEnd* end;      ///< Ring path, and the answers of synchronous calls that stay pending.
    ModuleState* client; ///< Owner of the pool for pending calls; null in the kernel's view of a
                         ///< user client.
    ServerEnd* server;   ///< The kernel's view of a user client's synchronous edge; else null.
    std::uint64_t submission; ///< The message head without its cookie.
    std::uint32_t call_grant; ///< Index of the caller's grant on the syscall path.
    std::uint16_t opcode;
    std::uint8_t argument_words;
    std::uint8_t reply_words;
    std::uint64_t calls; ///< Through the ring or the system call; direct calls are not counted.
    std::uint64_t reserved[2];
};
static_assert(sizeof(Edge) == 64);

/// What tp points to in a thread that runs module code.
struct Context {
    std::uint64_t stack_limit; ///< Calls that would start below it are queued instead.
    Executor* executor; ///< The executor whose loop this thread runs; null on a thread that is only
                        ///< passing through a module.
    std::uint64_t cookie; ///< Of the synchronous call that this thread is making, if it passes
                          ///< through from another domain.
};

} // namespace cw
