// What the system records of itself while tracing is on: the kinds of records, and the memory of a
// ring of them. docs/trace.md.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/core/trace_ring.hpp>
#include <string_view>

namespace cw::trace {

inline constexpr std::size_t kArgs = 4;         ///< Words of a record.
inline constexpr std::uint32_t kReaders = 4;    ///< That a writer may have to spare records for.
inline constexpr std::uint32_t kMaxRings = 512; ///< At any time, those included that have ended.
inline constexpr std::uint32_t kFewestRecords = 64, kMostRecords = 32768; ///< Of a ring.
inline constexpr std::size_t kNameBytes = 16; ///< Of a user's event, and of what is named.

/// What a record says. A call is named by call_id(); `module` is ModuleState::id.
/// Begin and end of what takes time are on one track, and nest.
enum class What : std::uint32_t {
    user = 1,      ///< name, name, a, b: cw::trace::event().
    submitted = 2, ///< call, opcode, module: a request goes out.
    started = 3,   ///< call, opcode, module: its handler begins to run.
    returned = 4,  ///< call, 1: it waits and will answer later: the handler's run ends.
    answered = 5,  ///< call, status: a handler that had to wait.
    completed = 6, ///< call, status, 1: who awaits the answer begins to run, up to `rested`.
    resumed = 7,   ///< module: a coroutine goes on, up to `rested`.
    rested = 8,
    called = 9,     ///< call, opcode, module: a system call begins that is a call of a method,
    came_back = 10, ///< call, 1: the answer comes later: and ends.
    asleep = 11,    ///< deadline in ticks: the executor has nothing to do,
    awake = 12,     ///< up to here.
    // Of the nucleus.
    module = 13,  ///< module | domain << 32, ModuleNews, name, name.
    channel = 14, ///< number, client module | provider module << 32.
    // Of the nucleus, what it allocates: while the control cell kMemoryCell is 1.
    site = 15,        ///< number, name, name, name.
    site_counts = 16, ///< number, allocations, live, pages: at the beginning and at the end.
    allocated = 17,   ///< number, bytes of an object (0: pages), live, live bytes,
    freed = 18,       ///< the same; afterwards.
    site_pages = 19,  ///< number, pages taken (or given back, negative), pages it has now.
};

/// 1: single allocations are recorded too. Needs the grant "power".
inline constexpr std::string_view kMemoryCell = "trace/kmem";

enum class ModuleNews : std::uint64_t {
    present = 1, ///< It was there already; for its name.
    built = 2,
    started = 3,
    refused = 4, ///< It did not start.
    broken = 5,  ///< It was ended for a fault, or gave up.
    gone = 6,
};

/// Of a call through a channel; of one within a domain, `channel` has kLocal set.
inline constexpr std::uint32_t kLocal = 1u << 31;
constexpr std::uint64_t call_id(std::uint32_t channel, std::uint32_t cookie) noexcept {
    return std::uint64_t{channel} << 32 | cookie;
}

using Event = TraceEvent<kArgs>;
using Slot = TraceSlot<NativeSync, kArgs>;
using Cursor = TraceCursor<NativeSync>;

/// The words in front of a ring's slots, as its writer's domain sees them. Everybody else only
/// reads; how many slots there are they are told by the nucleus. `Sync` is NativeSync, or a model
/// checker's.
template <class Sync>
struct BlockOf {
    TraceWords<Sync> words;
    /// 1: its writer goes on in another ring, or has ended; what is counted in `words` now is all.
    alignas(64) typename Sync::template Word<std::uint64_t> closed;

    /// Its writer's last act, or that of whoever cleans up behind it. Ordering: [R81] release,
    /// pairs with [A81]: who sees it sees the last record counted.
    void close() noexcept { closed.store(1, Order::release); } // [R81]
    /// Ordering: [A81] acquire, pairs with [R81]. Look at the counts afterwards.
    [[nodiscard]] bool is_closed() const noexcept {
        return closed.load(Order::acquire) != 0; // [A81]
    }
};

/// The beginning of a ring's memory.
struct Block : BlockOf<NativeSync> {
    [[nodiscard]] static constexpr std::uint64_t bytes_for(std::uint32_t records) noexcept {
        return sizeof(Block) + std::uint64_t{records} * sizeof(Slot);
    }
    [[nodiscard]] Slot* slots() noexcept { return reinterpret_cast<Slot*>(this + 1); }
    [[nodiscard]] const Slot* slots() const noexcept {
        return reinterpret_cast<const Slot*>(this + 1);
    }
    /// Requires: zeroed memory, nobody uses it yet.
    void initialise() noexcept { words.space_event.store(~std::uint64_t{0}, Order::relaxed); }
};
static_assert(sizeof(Block) == 128 && sizeof(Slot) == 48);

/// One reader's private side of one ring. Context: any; nothing blocks.
template <std::size_t kWords, class Sync>
class RingReaderOf {
public:
    struct Got {
        std::uint32_t count; ///< Events that were written.
        std::uint64_t lost;  ///< Overwritten before them.
        bool over;           ///< Nothing will come any more.
    };

    RingReaderOf() noexcept = default;
    /// With a `cursor`, a writer that spares records spares what was not read, from now on.
    /// Requires: there are so many slots.
    RingReaderOf(const BlockOf<Sync>* block,
                 const TraceSlot<Sync, kWords>* slots,
                 std::uint32_t records,
                 TraceCursor<Sync>* cursor = nullptr,
                 std::uint64_t first = 0) noexcept :
        block_{block},
        reader_{&block->words, slots, records, first, cursor},
        spared_{cursor != nullptr} {
        if (spared_)
            reader_.release();
    }

    /// Copies the next events, oldest first, and lets the writer overwrite them. Untrusted: all of
    /// the ring; who lies in it is misunderstood.
    [[nodiscard]] Got read(TraceEvent<kWords>* out, std::uint32_t most) noexcept {
        const bool closed = block_->is_closed(); // before the look at the counts
        const auto got = reader_.read(out, most);
        if (spared_)
            reader_.release();
        return {got.count, got.lost, closed && got.count == 0 && got.lost == 0};
    }
    /// Records that were refused, ever since the ring was made.
    [[nodiscard]] std::uint64_t dropped() const noexcept { return reader_.dropped(); }
    /// How many there had been at the end of the last read(), lost ones included.
    [[nodiscard]] std::uint64_t position() const noexcept { return reader_.position(); }

private:
    const BlockOf<Sync>* block_ = nullptr;
    TraceReader<kWords, Sync> reader_;
    bool spared_ = false;
};
using RingReader = RingReaderOf<kArgs, NativeSync>;

} // namespace cw::trace
