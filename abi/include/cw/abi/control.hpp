// The control ring: how the kernel tells an executor about its modules and channels. Single
// producer (kernel), single consumer (executor), 64-byte entries; the kernel's page and the entries
// are read-only for a user domain.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/abi/records.hpp>

namespace cw::abi {

enum class ControlKind : std::uint32_t {
    add_module = 1, ///< a = ModuleState, b = first constructor pointer, c = their number, d = start
                    ///< function or 0, e = token, f = entries of its pool of Pendings.
    add_client = 2, ///< index; a = ModuleState, b = client segment, c = provider segment, d =
                    ///< doorbell, e = pool of Pendings (zeroed).
    add_server = 3, ///< index; a = ModuleState, b = client segment, c = provider segment, d =
                    ///< doorbell, e = methods, f = areas.
    close_end = 4,  ///< index: the peer has ended. a = 1: a client end, 0: a server end.
    remove_module = 5, ///< a = ModuleState, e = token: nothing of it runs any more, as
                       ///< Report::relink says; answered when no handler of another module will
                       ///< write into its pool.
    relink = 6, ///< a = ModuleState, e = token: its slots are to be changed; answered at a point
                ///< where no code of it runs.
    trace = 7,  ///< a = trace::Block to record in from now on, b = its slots, index = TracePolicy,
                ///< c to f = trace::Cursor of each reader, or 0. a = 0: nothing is recorded.
};

struct ControlEntry {
    ControlKind kind;
    std::uint32_t index;
    std::uint64_t a, b, c, d, e, f;
    std::uint64_t reserved;
};
static_assert(sizeof(ControlEntry) == 64);

inline constexpr std::uint32_t kControlSlots = 64;

/// What a server knows of one method of its module. In memory that the server's domain cannot
/// write.
struct MethodEntry {
    std::uint64_t invoke; ///< Address of the InvokeFn.
    std::uint32_t flags;  ///< MethodFlags.
    MethodShape shape;
    std::uint32_t reserved[3];
};
static_assert(sizeof(MethodEntry) == 32);

/// Method table of a module instance, in the order of its provide records. In memory that the
/// module's domain cannot write.
struct MethodTable {
    std::uint64_t count;
    std::uint64_t plain_count; ///< The first so many carry no buffers and do not ask who calls;
                               ///< their requests are served without a further look.
    MethodEntry methods[kMaxMethods];

    void add(const MethodEntry& method) noexcept {
        if (plain_count == count && method.shape.buffers == 0 &&
            (method.flags & kMethodNamesCaller) == 0)
            ++plain_count;
        methods[count++] = method;
    }
};

/// Stretches of a client's memory from which its buffers may come. In memory that the server's
/// domain cannot write; the kernel appends: it writes the entry, then count (release, pairs with
/// the server's acquire).
struct BufferArea {
    std::uint64_t base;
    std::uint64_t bytes;
    std::uint64_t writable;
};
inline constexpr std::size_t kMaxAreas = 16;
struct BufferAreas {
    std::uint64_t count;
    BufferArea areas[kMaxAreas];
};

inline constexpr std::size_t kMaxEnds = 64; ///< Client ends, and server ends, of one executor.

/// Names a ring that an executor takes from: what wait() returns for its doorbell. 0 is the control
/// ring, or no particular one.
using RingTag = std::int64_t;
constexpr RingTag server_ring_tag(std::uint32_t end) noexcept {
    return -1 - RingTag{end};
}
constexpr RingTag client_ring_tag(std::uint32_t end) noexcept {
    return 1 + RingTag{end};
}

/// The first page of a domain's kernel-written block; its address is in a0 when the executor thread
/// starts.
struct StartBlock {
    std::uint64_t magic;    ///< kStartMagic.
    std::uint64_t run_base; ///< The executor's own writable memory.
    std::uint64_t run_bytes;
    std::uint64_t control;      ///< Page with the kernel's index words of the control ring; entries
                                ///< follow at +4096.
    std::uint64_t report_grant; ///< Call grant for reports to the kernel.
    std::uint64_t ops;          ///< RuntimeOps of this domain.
    std::uint64_t ticks_per_second;
    std::uint64_t domain;
};
inline constexpr std::uint64_t kStartMagic = 0x5452'4154'5357'4343;

/// Reports of an executor to the kernel, as the first argument word.
enum class Report : std::uint64_t {
    module_started = 1, ///< b = token, c = Status.
    module_removed = 2, ///< b = token.
    end_closed = 3, ///< b = index | client << 32: the executor no longer touches this end's memory.
                    ///< Of a client, c = 1: nor its pool; else it reports again
                    ///< when that is so.
    end_faulted = 4, ///< b = index | client << 32: the peer broke the contract.
    relink = 6, ///< b = token, c = 1: the module has been let go, its slots are nobody's any more.
    module_failed =
        5, ///< b = ModuleState, c = message, d = length: the module gave up. Does not return.
};

} // namespace cw::abi
