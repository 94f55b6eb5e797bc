// Service of the kernel: modules and where they run.
#pragma once
#include <cw/abi/records.hpp>
#include <cw/core/future.hpp>

namespace cw::modules {

struct LoadArguments {
    std::array<char, 24> name;
    std::uint8_t placement; ///< abi::Placement.
    std::uint8_t grants; ///< Grants for a new domain; only what the caller has itself is passed on.
    std::uint16_t domain;   ///< With Placement::domain: its number.
    std::uint8_t dry_run;   ///< 1: only say what would be done.
    std::uint8_t hart;      ///< Home of a new executor: 1 + index, 0 = any.
    std::uint16_t reserved; ///< 0.
    OutBuffer text; ///< In: link choices "METHOD=PATH ..." up to a NUL. Out: what was or would be
                    ///< done, or what is wrong.
};
struct TextReply {
    std::uint64_t bytes; ///< Of text in the buffer.
};
struct LoadReply {
    std::uint32_t text_bytes;
    std::uint32_t status; ///< Status of the load itself: the text says more. The call succeeds
                          ///< whenever there is a text.
};
/// Bits of LoadArguments::grants.
enum Grants : std::uint8_t {
    kLoadKernel = 1, ///< Put modules into the kernel.
    kLoadDomain = 2, ///< Put modules into other domains, and make domains.
    kPower = 4,      ///< End the machine.
    kObserve = 8,    ///< Read confined variables of others.
};

/// Loads a module with what it needs. Needs grants: into the kernel, or for other domains.
CW_METHOD(modules, load, LoadArguments, LoadReply, 1, 0);

struct UnloadArguments {
    std::array<char, 24> name;
    OutBuffer text;
};
CW_METHOD(modules, unload, UnloadArguments, LoadReply, 1, 0);

enum class What : std::uint64_t {
    modules = 1,
    edges = 2,
    services = 3,
    domains = 4,
    harts = 5,
    files = 6,
    stubs = 7,
};
struct DescribeArguments {
    What what;
    OutBuffer text;
};
/// A table for people.
CW_METHOD(modules, describe, DescribeArguments, TextReply, 1, 0);

struct CounterArguments {
    std::array<char, 32> module;
};
struct Counters {
    std::uint64_t wakes, waits, received, completed, system_calls, faults;
};
/// What the executor of a module has counted.
CW_METHOD(modules, counters, CounterArguments, Counters, 1, 0);

struct Lent {
    std::uint64_t received; ///< With requests by ring that the module's executor served.
    std::uint64_t sent;     ///< With synchronous calls that the module's executor made.
};
/// Bytes of buffers that went by reference: their addresses were checked and passed on. What a
/// callee saw of a buffer beyond that would have been copied.
CW_METHOD(modules, lent, CounterArguments, Lent, 1, 0);

} // namespace cw::modules
