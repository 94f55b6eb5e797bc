// What the parts of the nucleus that know control cells know of each other. Private to the nucleus.
// Locks: kernel_lock held, for all functions.
#pragma once
#include <cw/nucleus/cells.hpp>
#include <cw/nucleus/pool.hpp>

namespace cw::kernel::cell {

/// Cells of a bank: their lines fill a page.
inline constexpr std::uint32_t kBankCells = kPage / 64;
inline constexpr std::uint32_t kWideBankCells = kPage / sizeof(cells::WideLine);

/// A page with a line for each cell of a bank.
struct Layer {
    enum class Use : std::uint32_t {
        client, ///< One module writes it.
        shared, ///< Whoever has one of the bank's cells open as `shared`.
        rest,   ///< The nucleus: wide cells that nobody has open.
    };
    Segment* segment;
    Use use;
    ModuleInstance* client;                  ///< Null: it has ended.
    std::uint64_t writers[kMaxDomains / 64]; ///< Bit per domain that may write it.
    Layer* next;                             ///< An older one.
};

/// Some cells of an owner, and all that is shared of them.
struct Bank {
    ModuleInstance* owner; ///< Null: it is gone.
    bool wide;
    Segment* table;
    Segment* echoes;
    Layer* layers;
    std::uint64_t used; ///< Bit per cell.
    Bank* next;

    [[nodiscard]] std::uint64_t full() const noexcept {
        return wide ? (std::uint64_t{1} << kWideBankCells) - 1 : ~std::uint64_t{0};
    }
};
static_assert(kBankCells == 64 && kWideBankCells < 64);

/// Where a line is.
struct Place {
    Layer* layer;
    std::uint64_t offset; ///< In the layer's segment.

    [[nodiscard]] std::uint64_t address() const noexcept { return layer->segment->base + offset; }
    [[nodiscard]] cells::Line& line() const noexcept {
        return *segment_view_as<cells::Line>(*layer->segment, offset);
    }
    /// Requires: a wide cell's.
    [[nodiscard]] LatchOf<cells::WideValue>& latch() const noexcept {
        return segment_view_as<cells::WideLine>(*layer->segment, offset)->latch;
    }
};

struct Opening {
    ModuleInstance* module;
    bool lost;
    Place place;
    Opening* next;
};

struct Cell {
    Bank* bank;
    OwnCell* own; ///< Null: a module's.
    std::uint32_t slot;
    std::uint32_t index;
    std::uint64_t born;  ///< Its first epoch.
    std::uint64_t epoch; ///< Of now.
    cells::State state;
    Opening* openings; ///< Those that have lost it too.
    Place place;       ///< Where its value is now; without a layer: in the table.
    Place rest;        ///< Where it is when nobody has it open: of a wide cell.
    Cell* same_bucket;
    // The lease of its only holder.
    std::uint32_t lease_ms; ///< 0: there is none.
    std::uint64_t seen_value, seen_renewed;
    std::uint64_t seen_at; ///< Ticks.
    // What its owner said.
    std::uint64_t layout;
    cells::OnRelease on_release;
    std::uint32_t bytes;
    cells::WideValue initial;
    std::uint32_t name_bytes;
    char name[cells::kMaxName];

    [[nodiscard]] bool wide() const noexcept { return bytes > 8; }
    [[nodiscard]] std::string_view name_text() const noexcept { return {name, name_bytes}; }
    [[nodiscard]] std::uint64_t entry_address() const noexcept {
        return bank->table->base + slot * sizeof(cells::Entry);
    }
    [[nodiscard]] std::uint64_t echo_address() const noexcept {
        return bank->echoes->base + slot * sizeof(cells::Echo);
    }
    [[nodiscard]] cells::Entry& entry() const noexcept {
        return segment_view_as<cells::Entry>(*bank->table)[slot];
    }
    [[nodiscard]] cells::Echo& echo() const noexcept {
        return segment_view_as<cells::Echo>(*bank->echoes)[slot];
    }
    /// The opening whose stores arrive; of sharers, one. Null: nobody's.
    [[nodiscard]] Opening* holder() const noexcept {
        Opening* opening = openings;
        while (opening != nullptr && opening->lost)
            opening = opening->next;
        return opening;
    }
};

// Banks and layers.

/// A bank of this owner with room for a cell. Errors: no_memory, no_resource.
[[nodiscard]] Result<Bank*> bank_with_room(ModuleInstance& owner, bool wide) noexcept;
[[nodiscard]] Bank* all_banks() noexcept;
/// Its owner is gone, and so are all its cells: nobody sees it any more.
void bank_free(Bank& bank) noexcept;
/// Lets a client's domain see the table and the echoes. Errors: no_memory.
[[nodiscard]] Status show_bank(const Bank& bank, Domain& domain) noexcept;
/// This client's line of the cell, or that of all sharers, which its domain may write from now on.
/// Errors: no_memory, no_resource.
[[nodiscard]] Result<Place>
place_for(const Cell& cell, ModuleInstance& client, bool shared) noexcept;
/// Where the value of a wide cell is that nobody has open. Errors: as above.
[[nodiscard]] Result<Place> place_for_rest(const Cell& cell) noexcept;
/// No code of this client runs any more.
void layers_retire(const ModuleInstance& client) noexcept;

// Values.

/// That the owner reads now. It stays there as long as the owner does.
[[nodiscard]] cells::Line& line_of(const Cell& cell) noexcept;
/// What the line says that the owner reads now. Untrusted: the line, which is read once.
[[nodiscard]] cells::WideValue value_of(const Cell& cell) noexcept;
/// Moves the cell to this place (null: to where it rests), with a value, in a new epoch.
void move(Cell& cell,
          const Place* place,
          const cells::WideValue& value,
          cells::State state) noexcept;
/// Nobody has it any more: all openings are lost, the value is as its owner wanted it then.
void release(Cell& cell) noexcept;

// Cells and openings.

/// By index; null: there is none. Cells that are gone are there as long as somebody has them open.
[[nodiscard]] Cell* at(std::uint64_t index) noexcept;
/// That is not gone; null: there is none.
[[nodiscard]] Cell* find(std::string_view name) noexcept;
/// Nothing is left of a cell that is gone and that nobody has open.
void collect(Cell& cell) noexcept;
/// Null: the module has not opened it.
[[nodiscard]] Opening* opening_of(const Cell& cell, const ModuleInstance& module) noexcept;
/// The stores of this opening arrive no more.
void lose(Cell& cell, Opening& opening) noexcept;
/// The same, and there is no such opening any more. The cell may be one to be collected.
void remove(Cell& cell, Opening& opening) noexcept;
/// A cell with a lease is about to be there: leases are looked after until none is. Errors:
/// no_memory. Context: the worker.
[[nodiscard]] Status watch_leases() noexcept;

} // namespace cw::kernel::cell
