// A call that has not completed yet: the caller's hold on the answer.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/abi/call.hpp>
#include <cw/abi/channel.hpp>
#include <cw/abi/status.hpp>
#include <cw/core/atomic.hpp>

namespace cw {

struct ModuleState;
struct ClientEnd;
struct ServerEnd;

/// Below the gate: runs a handler with the words and returns its RawFuture. The reply goes to
/// `reply`, however small it is.
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
    std::uint64_t* words; ///< Six arguments.
    Request* next;
    InvokeFn invoke;
    ServerEnd*
        origin; ///< The channel whose client called synchronously; null: this is part of a Pending.
    std::uint32_t cookie; ///< With an origin.
    std::uint16_t reply_words;
    std::uint16_t opcode;
};

/// A Request with room for its arguments: of a synchronous call from another domain.
struct QueuedCall {
    Request request;
    std::uint64_t words[6];
};

enum class PendingState : std::uint8_t {
    free,
    queued,    ///< In the callee's mailbox or in the caller's overflow list; not started.
    in_flight, ///< Submitted to a ring, or started and suspended.
    done,      ///< The result is there; whoever awaits frees the entry.
    given_up,  ///< Deadline or cancellation: the status is decided, the answer is still to come and
               ///< will be dropped.
    abandoned, ///< Nobody waits any more; freed when the answer comes.
    discarded, ///< Nobody waits and the answer has come, but it is still in a ready list; freed
               ///< when taken from there.
};

/// State, status and flags of a Pending in one word, so that the common cases are one comparison.
class Outcome {
public:
    static constexpr std::uint32_t kInReady = 1u << 24; ///< The waiter is in a ready list.
    static constexpr std::uint32_t kArmed = 1u << 25;   ///< A deadline is armed.
    /// Done, and the reply still lies in the completion ring: until the end of the round.
    static constexpr std::uint32_t kInRing = 1u << 27;
    static constexpr std::uint32_t kTelling =
        1u << 26; ///< Given up, but its handler could not be told yet; tried again when the
                  ///< deadline comes, even if nobody holds the future any more.

    constexpr Outcome() noexcept = default;
    constexpr explicit Outcome(PendingState state, Status status = Status::ok) noexcept :
        word_{static_cast<std::uint32_t>(state) << 16 | static_cast<std::uint32_t>(status)} {}

    [[nodiscard]] static constexpr Outcome left_in_ring() noexcept {
        Outcome outcome{PendingState::done};
        outcome.set(kInRing, true);
        return outcome;
    }

    [[nodiscard]] constexpr PendingState state() const noexcept {
        return static_cast<PendingState>(word_ >> 16 & 0xff);
    }
    [[nodiscard]] constexpr Status status() const noexcept {
        return static_cast<Status>(word_ & 0xffff);
    }
    [[nodiscard]] constexpr bool has(std::uint32_t flag) const noexcept {
        return (word_ & flag) != 0;
    }
    /// True for exactly this state, no flag, and this status.
    [[nodiscard]] constexpr bool is(PendingState state, Status status = Status::ok) const noexcept {
        return word_ == Outcome{state, status}.word_;
    }
    constexpr bool operator==(const Outcome&) const noexcept = default;
    constexpr void set(std::uint32_t flag, bool on) noexcept {
        word_ = on ? word_ | flag : word_ & ~flag;
    }
    constexpr void set_state(PendingState state) noexcept {
        word_ = (word_ & 0xff00'ffff) | static_cast<std::uint32_t>(state) << 16;
    }
    constexpr void set_status(Status status) noexcept {
        word_ = (word_ & 0xffff'0000) | static_cast<std::uint32_t>(status);
    }

private:
    std::uint32_t word_ = 0;
};

/// Guarded by its module's gate, except where noted. Lives in the pool of a channel (calls by ring,
/// and synchronous ones that stay pending) or in its module's own pool (calls within the domain,
/// sleeps, calls that wait for a credit).
struct alignas(256) Pending {
    std::uint64_t
        words[6]; ///< Arguments while queued; the reply when done, unless `reply` points elsewhere.
    Outcome outcome;
    std::uint32_t cookie;       ///< index + generation * kCookieStep; names this use of the entry.
    void* coroutine;            ///< Who awaits; null until somebody does.
    const std::uint64_t* reply; ///< Where the reply is. Untrusted if it is a completion slot: each
                                ///< word is loaded once.
    Pending** pool;             ///< Head of the free list it belongs to.
    Pending* next;              ///< In that list, or in an overflow list.
    ClientEnd*
        end; ///< The channel of its pool, or whose overflow list it is in; null within a domain.
    ModuleState* module;    ///< The owner.
    Pending* carried;       ///< In a channel's pool: the call of the module's own pool that travels
                            ///< under `carrier_cookie`, whatever this entry itself is used for.
    std::uint64_t deadline; ///< Ticks; with Outcome::kArmed.
    std::uint16_t heap_index;    ///< Place in the executor's deadline heap; with Outcome::kArmed.
    std::uint16_t opcode;        ///< While in an overflow list.
    std::uint8_t argument_words; ///< While in an overflow list.
    bool alone;                  ///< A sleep: nobody will answer, only its deadline ends it.
    Atomic<bool> unanswered;     ///< Of a call within the domain; who clears it answers.
    Ready waiter;                ///< To resume `coroutine` from a ready list.
    Ready answer_link; ///< Written by the callee's executor, like words and answer, until the link
                       ///< is taken from its list.
    Request request;   ///< Within a domain.
    void* handler;     ///< The promise of a handler of `callee`, from its suspension to its answer;
                       ///< else null. Guarded by the gate of `callee`.
    Status answer;
    std::uint32_t carrier_cookie; ///< A second name, with kCarrierBit; see `carried`.
    ModuleState* callee;          ///< Of a call within the domain; else null.

    /// True if who awaits it need not wait any longer.
    [[nodiscard]] bool decided() const noexcept {
        const PendingState state = outcome.state();
        return state == PendingState::done || state == PendingState::given_up;
    }
};
static_assert(sizeof(Pending) == 256);

inline constexpr std::uint32_t kPoolPendings = 64;          ///< Entries of a channel's pool.
inline constexpr std::uint32_t kCarrierBit = kPoolPendings; ///< In a cookie: names what is carried.
inline constexpr std::uint32_t kCookieStep = 2 * kPoolPendings; ///< From one use to the next.
static_assert(kPoolPendings == abi::kChannelCredits, "a free entry is a credit");

/// Where the answer of a suspended handler goes.
struct Ticket {
    void* target =
        nullptr; ///< A Pending (same domain), a ServerEnd (another domain), or null: nobody waits.
    std::uint32_t cookie = 0; ///< With a ServerEnd: names the client's Pending.
    bool remote = false;      ///< target is a ServerEnd.
};

/// Links a pool's entries into its free list. `memory` is zeroed. Of a channel's pool, `count` is
/// kPoolPendings.
inline void pool_create(Pending* memory,
                        Pending** head,
                        ModuleState* module,
                        ClientEnd* end,
                        std::uint32_t count = kPoolPendings) noexcept {
    *head = nullptr;
    for (std::uint32_t i = count; i-- > 0;) {
        Pending& pending = memory[i];
        pending.cookie = i;
        pending.carrier_cookie = i | kCarrierBit;
        pending.pool = head;
        pending.module = module;
        pending.end = end;
        pending.waiter.module = module;
        pending.waiter.kind = ReadyKind::call_waiter;
        pending.answer_link.module = module;
        pending.answer_link.kind = ReadyKind::call_answer;
        pending.request.words = pending.words;
        pending.next = *head;
        *head = &pending;
    }
}

/// Takes an entry; null if the pool is used up. Requires: the module's gate is held.
[[nodiscard]] inline Pending* pool_take(Pending*& head) noexcept {
    Pending* pending = head;
    if (pending != nullptr)
        head = pending->next;
    return pending;
}

/// Takes what an entry was used for away: nobody can name it as that any more.
[[gnu::always_inline]] inline void pool_reset(Pending& pending) noexcept {
    pending.outcome = Outcome{};
    pending.cookie += kCookieStep;
}

/// Gives an entry back under a new generation. Requires: the gate is held, no deadline is armed, it
/// is in no list.
[[gnu::always_inline]] inline void pool_give(Pending& pending) noexcept {
    pool_reset(pending);
    pending.next = *pending.pool;
    *pending.pool = &pending;
}

} // namespace cw
