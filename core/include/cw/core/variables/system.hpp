// What the nucleus publishes of the system: what others have system calls for.
//
// Numbers that change all the time are looked at every kSampleMs as long as some domain reads them,
// and published if they have changed: they are that old at most.
#pragma once
#include <array>
#include <cstdint>
#include <cw/core/variables/declare.hpp>

namespace cw::sysinfo {

inline constexpr std::uint64_t kSampleMs = 50;

/// Published once.
struct Boot {
    std::uint64_t number; ///< Another one after every boot: what was derived from an older one is
                          ///< not of this system.
    std::uint64_t ticks_per_second; ///< Of deadlines.
    std::uint32_t harts;
    std::uint32_t page_bytes;
};
CW_VARIABLE_NAMED(boot, "system/boot", Boot);

/// As memory.statistics says.
struct Memory {
    std::uint64_t total_bytes;
    std::uint64_t free_bytes;
};
CW_VARIABLE_NAMED(memory, "system/memory", Memory);

/// How much there is of what is limited.
struct Load {
    std::uint32_t modules;
    std::uint32_t domains; ///< User domains.
    std::uint32_t executors;
    std::uint32_t channels; ///< Open ones.
};
CW_VARIABLE_NAMED(load, "system/load", Load);

/// Text up to the first NUL.
using Name = std::array<char, 24>;

/// Which module runs where.
struct Place {
    Name module;
    std::uint32_t domain; ///< 0: the kernel.
    std::uint32_t hart;
    std::uint32_t placement; ///< abi::Placement.
    std::uint32_t stage;     ///< 0: starting, 1: running, 2: stopping, 3: failed.
};
struct Placements {
    std::uint64_t count; ///< Of modules; the first of them are below.
    std::array<Place, 24> modules;
};
CW_VARIABLE_NAMED(placements, "system/placements", Placements);

/// What an executor counts of itself, as modules.counters says. Of a user domain they are that
/// domain's own words.
struct Counters {
    Name module;         ///< The first of its modules.
    std::uint64_t wakes; ///< Doorbells it rang.
    std::uint64_t waits; ///< Times it went to sleep.
    std::uint64_t received;
    std::uint64_t completed;
    std::uint64_t faults; ///< Peers that broke the contract.
};
struct Executors {
    std::uint64_t count; ///< Of executors; the first of them are below.
    std::array<Counters, 15> executors;
};
CW_VARIABLE_NAMED(executors, "system/executors", Executors);

/// The same of all executors together, of those that have ended too: no number goes back, but
/// `wakes` by one for a moment, unless a user domain lies about its own.
struct Totals {
    std::uint64_t executors; ///< That there are, or were.
    std::uint64_t wakes;
    std::uint64_t waits;
    std::uint64_t received;
    std::uint64_t completed;
    std::uint64_t faults;
};
CW_VARIABLE_NAMED(totals, "system/totals", Totals);

static_assert(sizeof(Placements) <= variables::kMaxBytes);
static_assert(sizeof(Executors) <= variables::kMaxBytes);

} // namespace cw::sysinfo
