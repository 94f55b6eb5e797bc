// What the nucleus process and the process of a domain agree on. Private to hosted.
//
// The nucleus tells a domain's process about memory and doorbells in commands over a socket, with
// the descriptor attached; the process carries them out when it is told of more than it has done:
// after each sleep and each call, and when it touches a place where nothing is yet. So no command
// is waited for by anybody, and a mapping is there before code can use it: whoever learns of an
// address learns of it after the command was sent.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/abi/layout.hpp>
#include <cw/core/atomic.hpp>

namespace cw::hosted {

// Descriptors of a domain's process.
inline constexpr int kSocket = 3;         ///< Commands of the nucleus; nothing is ever sent back.
inline constexpr int kBell = 4;           ///< An eventfd: what rings this domain.
inline constexpr int kFilesRing = 5;      ///< An io_uring, if it drives files; else nothing.
inline constexpr int kFirstDoorbell = 64; ///< + index: the eventfd of another domain.

enum class CommandKind : std::uint32_t {
    map = 1,     ///< [address, address + bytes) of the descriptor from `offset` on, with `rights`.
    unmap,       ///< Nothing is there any more.
    doorbell,    ///< `index` rings the descriptor.
    no_doorbell, ///< `index` rings nobody.
    start,       ///< Runs at `address`, with `offset` as its stack and `bytes` as the StartBlock.
};

struct Command {
    CommandKind kind;
    std::uint32_t index;
    std::uint64_t address;
    std::uint64_t bytes;
    std::uint64_t offset;
    std::uint64_t rights; ///< PROT_READ, PROT_WRITE, PROT_EXEC.
    std::uint64_t reserved[3];
};
static_assert(sizeof(Command) == 64);

/// In the first page of the kernel-written segment, which the domain can only read.
struct HostWords {
    Atomic<std::uint64_t> commands_sent; ///< Set after sendmsg, release; pairs with the acquire in
                                         ///< catch_up().
    // now() = base_ns + (rdtsc - base_ticks) * multiplier / 2^32.
    std::uint64_t base_ticks;
    std::uint64_t base_ns;
    std::uint64_t multiplier;
    std::uint64_t longest_lingering; ///< Nanoseconds: see core's linger.hpp.
    std::uint64_t drives_files;      ///< 1: kFilesRing is there. Before the process starts.
};

enum class CallState : std::uint32_t {
    idle = 0,     ///< Nothing is asked.
    asked = 1,    ///< Set by the domain, release; the nucleus has the words after an acquire.
    answered = 2, ///< Set by the nucleus, release; the domain has the reply after an acquire.
    ended = 3,    ///< The domain's process is gone: set by the nucleus.
};

/// In the first page of the executor's own segment: the system call `call`, and what became of the
/// process. Untrusted: all of it.
struct CallPage {
    Atomic<std::uint32_t> state; ///< CallState; a futex word.
    Atomic<std::uint32_t> reserved;
    std::uint64_t grant;
    std::uint64_t cookie;
    std::uint64_t words[6];
    std::uint64_t value; ///< Reply: as RawFuture, and the words of a large one.
    std::uint64_t outcome;
    std::uint64_t reply[6];
    std::uint64_t commands_done;
    // The last words of a process that broke a rule of the machine.
    std::uint32_t fault_signal; ///< 0: none.
    std::uint32_t fault_trap;   ///< Vector number of the processor.
    std::uint64_t fault_error;  ///< Its error code.
    std::uint64_t fault_address;
    std::uint64_t fault_pc;
    std::uint64_t fault_stack;
    std::uint64_t fault_frame;
};

/// Exit status of a process that ends itself after it has written the fault_ words.
inline constexpr int kFaultStatus = 113;
/// Exit statuses of a process that could not begin.
inline constexpr int kWindowTakenStatus = 114;
inline constexpr int kNoConfinementStatus = 115;

} // namespace cw::hosted
