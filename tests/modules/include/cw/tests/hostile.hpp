// The enemy and its victims: what the hostile driver orders, and a service that must not notice.
#pragma once
#include <cw/core/future.hpp>

namespace hostile {

/// How a round ends, after the tries that a domain survives.
enum class Deed : std::uint64_t {
    leave,           ///< Answer as if nothing had happened; the driver unloads it.
    read_kernel,     ///< Read kernel memory.
    write_text,      ///< Write its own code.
    write_read_only, ///< Write what it may only read: the kernel's words, its peers' rings.
    jump,            ///< Run other domains' memory, the kernel, and data.
    illegal,         ///< Run what is not an instruction, or not one for it.
    overflow,        ///< Run off its stack.
    forge_frames,    ///< Fault with a frame pointer into memory that is not its own.
    give_up,         ///< Report that it gave up.
    bad_opcode,      ///< Submit what is not a method.
    bad_index,       ///< Publish impossible indices.
    lie_to_client,   ///< Publish answers nobody asked for.
    betray,          ///< Report that all its peers lied.
    break_executor,  ///< Change its executor's memory at random, then go on.
    break_control,   ///< Publish impossible words of the control ring, then go on.
    break_edges,     ///< Change its edges at random, then call through them.
    flood_and_die,   ///< Leave as many requests as the rings hold, and die at once.
    sleep,           ///< Never answer.
    count,
    loop = count, ///< Run for ever. Takes the watchdog's time, so it is ordered by itself.
};

struct Order {
    std::uint64_t seed;
    std::uint64_t tries; ///< Before the deed.
    Deed deed;
    cw::OutBuffer ledger; ///< A Ledger, kept while it runs.
};

/// What the driver reads when the domain is gone. In the driver's memory.
struct Ledger {
    std::uint64_t seed;  ///< Written first: the order has arrived.
    std::uint64_t tries; ///< Begun so far.
    /// Words that it has forged where another reads them, each with a wake-up or a call behind it:
    /// of messages, of index pages, of the page or the registers of a call.
    std::uint64_t mutations;
    std::uint64_t check; ///< ~(tries + mutations).
};

struct Count {
    std::uint64_t tries;
};
CW_METHOD(hostile, obey, Order, Count, 1, 0);

} // namespace hostile

namespace innocent {

struct Word {
    std::uint64_t value;
};
/// The value plus one.
CW_METHOD(innocent, ping, Word, Word, 1, 0);

} // namespace innocent
