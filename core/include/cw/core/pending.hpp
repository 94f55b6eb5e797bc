// A call that has not completed yet: the request on its way to the callee, and the caller's hold on the answer.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/abi/call.hpp>
#include <cw/abi/status.hpp>

namespace cw {

struct ModuleState;
struct ClientEnd;
struct ServerEnd;

/// Below the gate: runs a handler with the words and returns its RawFuture; a reply of more than one word goes to `reply`.
using InvokeFn = abi::RawFuture (*)(std::uint64_t* reply,
                                    std::uint64_t w0,
                                    std::uint64_t w1,
                                    std::uint64_t w2,
                                    std::uint64_t w3,
                                    std::uint64_t w4,
                                    std::uint64_t w5);

enum class ReadyKind : std::uint8_t {
    coroutine,   ///< Resume it.
    call_waiter, ///< Part of a Pending whose outcome is decided: resume who awaits it.
    call_answer, ///< Part of a Pending: its answer has come from within the domain.
};

/// An entry of an executor's ready list, and the module whose gate it needs.
struct Ready {
    Ready* next = nullptr;
    void* coroutine = nullptr;
    ModuleState* module = nullptr;
    ReadyKind kind = ReadyKind::coroutine;
};

/// An invocation that waits in a module's mailbox because the module was busy.
struct Request {
    std::uint64_t words[6]; ///< The arguments; a Pending's reply is written over them.
    Request* next;          ///< In a mailbox, backlog, overflow or free list; once started within the domain: the handler's PromiseBase.
    InvokeFn invoke;
    ServerEnd* origin;      ///< The channel whose client called synchronously; null: this is the first part of a Pending.
    std::uint32_t cookie;   ///< With an origin.
    std::uint32_t reply_words;
};

enum class PendingState : std::uint8_t {
    free,
    queued,    ///< In the callee's mailbox or in the caller's overflow list; not started.
    in_flight, ///< Submitted to a ring, or started and suspended.
    done,      ///< status and request.words hold the result; whoever awaits frees it.
    given_up,  ///< Deadline or cancellation: status holds the outcome, the answer is still to come and will be dropped.
    abandoned, ///< Nobody waits any more; freed when the answer comes.
    discarded, ///< Nobody waits and the answer has come, but it is still in a ready list; freed when taken from there.
};

/// Guarded by its module's gate, except where noted; lives in the module's pool.
struct alignas(64) Pending {
    Request request;
    PendingState state;
    bool in_ready;               ///< The waiter is in a ready list.
    bool started;                ///< Within a domain: the handler was entered and suspended.
    std::uint8_t argument_words; ///< While in an overflow list.
    Status status;
    std::uint32_t cookie;        ///< index | generation << kPendingIndexBits; names this use of the entry.
    std::uint16_t heap_index;    ///< Place in the executor's deadline heap, or kNoHeapIndex.
    std::uint16_t opcode;        ///< While in an overflow list.
    ClientEnd* end;              ///< The channel it travels on; null within a domain.
    Ready waiter;                ///< coroutine is null until somebody awaits; module is the owner, always.
    std::uint64_t deadline;      ///< Ticks; meaningful while heap_index is not kNoHeapIndex.
    Ready answer_link;           ///< Written by the callee's executor, like request.words and answer, until the link is taken from its list.
    Status answer;
    bool alone;                  ///< A sleep: nobody will answer, only its deadline ends it.
};
static_assert(sizeof(Pending) == 192 && offsetof(Pending, request) == 0);

inline constexpr std::uint16_t kNoHeapIndex = 0xffff;
inline constexpr std::uint32_t kPendingIndexBits = 8;
inline constexpr std::uint32_t kMaxPendings = 1u << kPendingIndexBits; ///< Pending calls of one module.

/// Where the answer of a suspended handler goes.
struct Ticket {
    void* target = nullptr;   ///< A Pending (same domain), a ServerEnd (another domain), or null: nobody waits.
    std::uint32_t cookie = 0; ///< With a ServerEnd: names the client's Pending.
    bool remote = false;      ///< target is a ServerEnd.
};

} // namespace cw
