// What the parts of tracing know of each other. Private to the nucleus. Locks: kernel_lock held.
#pragma once
#include <cw/nucleus/trace.hpp>

namespace cw::kernel::traced {

struct TracedRing {
    Segment* segment;
    ExecutorRecord* executor; ///< That writes it; null: it has ended, or the nucleus is the writer.
    std::uint32_t id;
    std::uint32_t slot; ///< Of readers' cursors.
    std::uint32_t track;
    std::uint32_t domain;
    std::uint32_t records;
    std::uint32_t readers; ///< Bit per reader that has it.
    bool read;             ///< Somebody was done with it.
    TracePolicy policy;
    char name[32];
    TracedRing* next; ///< All rings, oldest first.

    [[nodiscard]] trace::Block& block() const noexcept {
        return *segment_view_as<trace::Block>(*segment);
    }
    /// Its writer will not write any more. Untrusted: a user domain may say so at any time.
    [[nodiscard]] bool ended() const noexcept { return block().is_closed(); }
};

[[nodiscard]] TracedRing* oldest() noexcept;
/// A ring, for an executor or, null, for the nucleus. Errors: no_memory, no_resource.
[[nodiscard]] Result<TracedRing*>
make(ExecutorRecord* executor, TracePolicy policy, std::uint32_t records) noexcept;
/// Frees rings that nobody will read: those that were read, and of others the oldest. `all`: all
/// that nobody reads now.
void sweep(bool all = false) noexcept;
void discard(TracedRing& ring) noexcept;
/// Of rings that went without having been read.
[[nodiscard]] std::uint64_t unread() noexcept;
void forget_unread() noexcept;

// Readers.

/// Memory for cursors. Errors: no_memory, no_resource.
[[nodiscard]] Status make_cursors() noexcept;
/// Lets the domain see all cursors, for its writers. Errors: no_memory.
[[nodiscard]] Status show_cursors(Domain& domain) noexcept;
/// Nobody waits at this slot.
void detach_all(std::uint32_t slot) noexcept;
/// The address of a reader's cursor.
[[nodiscard]] std::uint64_t cursor_at(std::uint32_t reader, std::uint32_t slot) noexcept;
[[nodiscard]] trace::Cursor& cursor_view(std::uint32_t reader, std::uint32_t slot) noexcept;
[[nodiscard]] std::uint32_t open_readers() noexcept;

} // namespace cw::kernel::traced
