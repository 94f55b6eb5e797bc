// Control cells that the nucleus itself owns: a number that others set by a store, and that the
// nucleus looks at where it matters.
#pragma once
#include <cstdint>
#include <cw/core/cells/layout.hpp>
#include <cw/core/result.hpp>
#include <optional>
#include <string_view>

namespace cw::kernel {

namespace cell {
struct Cell;
}

/// One cell, an unsigned number: 0 at first, and again when nobody has it open. Who opens it needs
/// the grant "power". Locks: kernel_lock held, for all functions.
class OwnCell {
public:
    /// The cell is there from now on, for good. `told` is called when it was opened or released.
    /// Context: once, when the nucleus is a module. Errors: those of cells.create.
    [[nodiscard]] Status
    create(std::string_view name, std::uint64_t max, void (*told)() noexcept = nullptr) noexcept;
    /// False: look() would find nothing. A load and a branch, for where it is asked often.
    [[nodiscard, gnu::always_inline]] bool may_have_news() const noexcept { return news_; }
    /// False: nothing was stored since the last look, nor has the cell moved. Requires: it is
    /// there.
    [[nodiscard, gnu::always_inline]] bool differs() const noexcept {
        return moved_ || line_->value.load(Order::relaxed) != stored_;
    }
    /// What was set since the last look: by a store of another number, by whoever has opened the
    /// cell since, or by its release, which is a 0. Ordering: none; a word is whole by itself.
    /// Untrusted: the number, which is clamped.
    [[nodiscard]] std::optional<std::uint64_t> look() noexcept;
    /// Tells the holder what the nucleus goes by now. Requires: there was a look.
    void applied(std::uint64_t value) const noexcept;
    /// The cell was opened, released or taken.
    void moved() noexcept;

private:
    cell::Cell* cell_ = nullptr;        ///< Null: there is none yet.
    const cells::Line* line_ = nullptr; ///< Where its value is now: found once, looked at often.
    std::uint64_t max_ = 0;
    void (*told_)() noexcept = nullptr;
    std::uint64_t seen_epoch_ = 0;
    std::uint64_t seen_value_ = 0;
    std::uint64_t stored_ = 0; ///< As it was stored, at the last look.
    bool moved_ = true;        ///< Since then.
    bool news_ = false;
};

} // namespace cw::kernel
