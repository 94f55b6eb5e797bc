// Control cells: who owns one, who has it open, and where its value is now.
//
// The cells of one owner are in banks: a table that only the nucleus writes, and the owner's
// echoes. The lines that clients write are in layers: one for each client and bank, with a line for
// each cell, that the owner may read. Nobody else ever writes there as long as the client's code
// could.
#pragma once
#include <cstdint>
#include <cw/core/cells/layout.hpp>
#include <cw/core/result.hpp>
#include <cw/core/service/cells.hpp>
#include <cw/core/text.hpp>
#include <cw/nucleus/domain.hpp>
#include <cw/nucleus/own_cell.hpp>
#include <string_view>

namespace cw::kernel {

inline constexpr std::uint32_t kMaxCells = 4096;
inline constexpr std::uint32_t kMaxCellsOpen = 1024; ///< By one module; lost ones too.

// Locks: kernel_lock held, for all functions.

namespace cell {

/// A cell as its owner wants it. Requires: name and schema are in order.
struct Wish {
    std::string_view name;
    std::string_view schema;
    cells::Request request;
    OwnCell* own = nullptr; ///< The nucleus' end of it; null: a module owns it.
};
/// Errors: those of cells.create.
[[nodiscard]] Result<cells::Created> create(ModuleInstance& owner, const Wish& wish) noexcept;
/// Errors: not_found.
[[nodiscard]] Status destroy(ModuleInstance& owner, const cells::Which& which) noexcept;
/// Errors: those of cells.open.
[[nodiscard]] Result<cells::Opened>
open(ModuleInstance& client, std::string_view name, const cells::Wanted& wanted) noexcept;
/// Errors: not_found.
[[nodiscard]] Status close(ModuleInstance& client, const cells::Which& which) noexcept;
[[nodiscard]] Result<cells::Holder> holder(std::string_view name) noexcept;
[[nodiscard]] Result<cells::Look> look(std::string_view name) noexcept;
/// A line on the first cell from `index` on that is there; the index behind it, 0 if there is none.
[[nodiscard]] std::uint64_t describe(std::uint64_t index, TextWriter& text) noexcept;

} // namespace cell

/// The module's cells are gone, and what it had open is free again: at once, even though its code
/// may still run.
void cells_end(ModuleInstance& instance) noexcept;
/// No code of the module runs any more.
void cells_detach(ModuleInstance& instance) noexcept;
/// This domain's number may be given to another one.
void cells_forget(const Domain& domain) noexcept;

} // namespace cw::kernel
