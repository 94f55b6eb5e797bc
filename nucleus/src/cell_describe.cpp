// What people see of control cells.
#include "cells.hpp"
#include "modules.hpp"

namespace cw::kernel::cell {

namespace {

template <class T>
void column(TextWriter& text, std::size_t width, const T& value) noexcept {
    const std::size_t start = text.size();
    text.put(value).pad_to(start, width).put(' ');
}

/// As its type has it.
void put_number(TextWriter& text, const cells::Entry& entry, std::uint64_t bits) noexcept {
    const unsigned unused = 64 - 8 * entry.bytes;
    if (entry.type == cells::Type::is_signed)
        text.put(static_cast<std::int64_t>(bits << unused) >> unused);
    else if (entry.type == cells::Type::is_unsigned)
        text.put(bits << unused >> unused);
    else
        text.put(Hex{bits});
}

std::string_view holder_of(const Cell& cell) noexcept {
    const Opening* holder = cell.holder();
    return holder == nullptr ? "-" : holder->module->image->name();
}

} // namespace

std::uint64_t describe(std::uint64_t index, TextWriter& text) noexcept {
    const Cell* found = nullptr;
    for (; index < kMaxCells && found == nullptr; ++index) {
        const Cell* candidate = at(index);
        if (candidate != nullptr && candidate->state != cells::State::gone)
            found = candidate;
    }
    if (found == nullptr)
        return 0;
    const cells::Entry& entry = found->entry();
    column(text, 28, found->name_text());
    column(text, 6, cells::name_of(found->state));
    column(text, 16, holder_of(*found));
    if (found->wide()) {
        text.format("{} bytes", found->bytes);
    } else {
        put_number(text, entry, value_of(*found).words[0]);
        text.put(" of ");
        put_number(text, entry, entry.min);
        text.put("..");
        put_number(text, entry, entry.max);
    }
    text.format(", rejects {}, owner {}\n",
                found->echo().rejects.load(Order::relaxed),
                found->bank->owner->image->name());
    return index < kMaxCells ? index : 0;
}

} // namespace cw::kernel::cell
