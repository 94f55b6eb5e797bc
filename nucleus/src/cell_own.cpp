// Control cells of the nucleus.
#include "cells.hpp"
#include "modules.hpp"
#include <algorithm>
#include <cw/core/cells/cell.hpp>
#include <cw/core/variables/schema.hpp>
#include <cw/nucleus/own_cell.hpp>
#include <utility>

namespace cw::kernel {

Status OwnCell::create(std::string_view name, std::uint64_t max, void (*told)() noexcept) noexcept {
    const auto made = cell::create(*registry().nucleus,
                                   {.name = name,
                                    .schema = variables::SchemaOf<std::uint64_t>::kView,
                                    .request = {.layout = variables::kLayoutOf<std::uint64_t>,
                                                .bytes = sizeof(std::uint64_t),
                                                .on_release = cells::OnRelease::revert,
                                                .min = 0,
                                                .max = max,
                                                .initial = {}},
                                    .own = this});
    if (!made)
        return made.error();
    cell_ = cell::at(made->index);
    told_ = told;
    max_ = max;
    line_ = &cell::line_of(*cell_);
    return Status::ok;
}

void OwnCell::moved() noexcept {
    if (cell_ == nullptr) // it is just being made
        return;
    line_ = &cell::line_of(*cell_);
    news_ = true;
    moved_ = true;
    if (told_ != nullptr)
        told_();
}

std::optional<std::uint64_t> OwnCell::look() noexcept {
    // Who has it may store at any time: it is to be looked at until it rests, and once more.
    news_ = cell_->state != cells::State::rests;
    moved_ = false;
    stored_ = line_->value.load(Order::relaxed);
    const std::uint64_t value = std::min(stored_, max_);
    const std::uint64_t before = std::exchange(seen_value_, value);
    const bool same_hold = std::exchange(seen_epoch_, cell_->epoch) == cell_->epoch;
    if (value == before && (same_hold || value == 0)) // who opens it has set nothing yet
        return std::nullopt;
    return value;
}

void OwnCell::applied(std::uint64_t value) const noexcept {
    if (cell_ != nullptr)
        cells::Cell<std::uint64_t>{cell_->entry(), cell_->echo()}.applied({value, seen_epoch_});
}

} // namespace cw::kernel
