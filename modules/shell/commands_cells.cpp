// Commands for control cells. Only here do their values become text, and text a value.
#include "commands.hpp"
#include "output.hpp"
#include "quantity.hpp"
#include "services.hpp"
#include "workspace.hpp"
#include <cw/core/cells/layout.hpp>

namespace shell {

namespace {

using cw::cells::Line;
using cw::cells::Look;
using cw::cells::Type;

/// A cell that the shell has set, and keeps open: many fall back when they are closed.
struct Kept {
    cw::Text<cw::cells::kMaxName> name;
    cw::cells::Opened opened;
    bool used;
};
constinit Kept kept[16]{};

cw::cells::Named named(std::string_view name) noexcept {
    name = name.substr(0, workspace.names.size());
    name.copy(workspace.names.text(), name.size());
    return {workspace.names.ref(0, name.size())};
}

Kept* kept_as(std::string_view name) noexcept {
    for (Kept& one : kept) {
        if (one.used && one.name.view() == name)
            return &one;
    }
    return nullptr;
}

const cw::cells::Entry& entry_of(const Kept& one) noexcept {
    return *reinterpret_cast<const cw::cells::Entry*>(one.opened.entry);
}

/// It still has the cell, and what it stores arrives.
bool arrives(const Kept& one) noexcept {
    const std::uint64_t hold = entry_of(one).hold.load(cw::Order::relaxed);
    return hold == cw::cells::hold_of(one.opened.epoch, cw::cells::State::held);
}

/// The bits of a value, with its sign, as 64 bits.
std::uint64_t extended(std::uint64_t bits, std::uint32_t bytes, bool sign) noexcept {
    const unsigned unused = 64 - 8 * bytes;
    return sign ? static_cast<std::uint64_t>(static_cast<std::int64_t>(bits << unused) >> unused)
                : bits << unused >> unused;
}

void put_value(std::uint64_t bits, std::uint32_t bytes, Type type) noexcept {
    if (type == Type::is_signed)
        out.format("{}", static_cast<std::int64_t>(extended(bits, bytes, true)));
    else if (type == Type::is_unsigned)
        out.format("{}", extended(bits, bytes, false));
    else
        out.format("{}", cw::Hex{bits});
}

cw::Task<int> list(std::string_view prefix) noexcept {
    std::uint64_t cursor = 0;
    do {
        CW_CO_TRY(page, co_await cw::cells::list({cursor, workspace.reply.out()}));
        std::string_view text{workspace.reply.text(), page.bytes};
        while (!text.empty()) {
            const std::size_t end = text.find('\n') + 1;
            if (end == 0)
                break;
            if (text.starts_with(prefix))
                CW_CO_CHECK(co_await out.write(text.substr(0, end)));
            text.remove_prefix(end);
        }
        cursor = page.cursor;
    } while (cursor != 0);
    co_return kDone;
}

cw::Task<int> not_there(std::string_view name, cw::Status status) noexcept {
    if (status == cw::Status::not_found)
        out.format("cell: {}: there is no such cell; `cell ls` lists them\n", name);
    else if (status == cw::Status::busy) {
        const auto holder = co_await cw::cells::holder(named(name));
        const std::string_view who =
            holder ? std::string_view{holder->module.data()} : std::string_view{};
        out.format("cell: {}: {} has it\n", name, who.empty() ? "somebody" : who);
    } else {
        out.format("cell: {}: {}\n", name, cw::name_of(status));
    }
    co_return kFailed;
}

cw::Task<int> get(std::string_view name) noexcept {
    const auto look = co_await cw::cells::look(named(name));
    if (!look)
        co_return co_await not_there(name, look.error());
    if (look->bytes > 8) {
        out.format("cell: {}: has {} bytes, and is no number\n", name, look->bytes);
        co_return kFailed;
    }
    const auto type = static_cast<Type>(look->type);
    put_value(look->value, look->bytes, type);
    if (look->applied_epoch == look->hold >> 2 && look->applied != look->value) {
        out.put(" (its owner goes by ");
        put_value(look->applied, look->bytes, type);
        out.put(")");
    }
    out.put("\n");
    co_return kDone;
}

/// The cell, opened and kept; null: why not was said.
cw::Task<Kept*> keep(std::string_view name) noexcept {
    Kept* one = kept_as(name);
    if (one != nullptr && arrives(*one))
        co_return one;
    if (one != nullptr) { // it was lost, or its owner was
        static_cast<void>(co_await cw::cells::close({one->opened.index, one->opened.epoch}));
        one->used = false;
    }
    for (Kept& candidate : kept) {
        if (one == nullptr && !candidate.used)
            one = &candidate;
    }
    if (one == nullptr) {
        out.put("cell: too many are set; give one back with `cell close`\n");
        co_return nullptr;
    }
    const auto opened =
        co_await cw::cells::open({named(name).name, 0, cw::cells::Mode::exclusive, 0});
    if (!opened) {
        static_cast<void>(co_await not_there(name, opened.error()));
        co_return nullptr;
    }
    one->name = cw::Text<cw::cells::kMaxName>{"{}", name};
    one->opened = *opened;
    one->used = true;
    co_return one;
}

/// Whether the cell can take the number; if not, why not is said.
bool suits(std::string_view name,
           const cw::cells::Entry& entry,
           std::string_view word,
           std::uint64_t number) noexcept {
    const bool sign = entry.type == Type::is_signed;
    const std::uint64_t min = extended(entry.min, entry.bytes, sign);
    const std::uint64_t max = extended(entry.max, entry.bytes, sign);
    // Numbers with a sign are in order once their sign is turned round.
    const std::uint64_t turn = sign ? std::uint64_t{1} << 63 : 0;
    const bool below = word.starts_with('-') && !sign && number != 0;
    const bool beyond = !word.starts_with('-') && sign && number >> 63 != 0;
    if (!below && !beyond && (number ^ turn) >= (min ^ turn) && (number ^ turn) <= (max ^ turn))
        return true;
    out.format("cell: {}: {} is not within ", name, word);
    put_value(entry.min, entry.bytes, entry.type);
    out.put("..");
    put_value(entry.max, entry.bytes, entry.type);
    out.put("\n");
    return false;
}

cw::Task<int> set(std::string_view name, std::string_view word) noexcept {
    const auto number = parse_quantity(word);
    if (!number) {
        out.format("cell: {} is no number\n", word);
        co_return kFailed;
    }
    const bool had = kept_as(name) != nullptr;
    CW_CO_TRY(one, co_await keep(name));
    if (one == nullptr)
        co_return kFailed;
    const cw::cells::Entry& entry = entry_of(*one);
    const bool is_number = entry.type != Type::record;
    if (!is_number)
        out.format("cell: {} is no number\n", name);
    if (!is_number || !suits(name, entry, word, *number)) {
        if (!had) {
            static_cast<void>(co_await cw::cells::close({one->opened.index, one->opened.epoch}));
            one->used = false;
        }
        co_return kFailed;
    }
    reinterpret_cast<Line*>(one->opened.line)
        ->value.store(extended(*number, entry.bytes, false), cw::Order::relaxed);
    co_return kDone;
}

cw::Task<int> close(std::string_view name) noexcept {
    Kept* one = kept_as(name);
    if (one == nullptr) {
        out.format("cell: {}: was not set here\n", name);
        co_return kFailed;
    }
    one->used = false;
    CW_CO_CHECK(co_await cw::cells::close({one->opened.index, one->opened.epoch}));
    co_return kDone;
}

} // namespace

cw::Task<int> cells(Arguments words) noexcept {
    if (words[0] == "ls" && words.size() <= 2)
        co_return co_await list(words.size() == 2 ? words[1] : std::string_view{});
    if (words[0] == "get" && words.size() == 2)
        co_return co_await get(words[1]);
    if (words[0] == "set" && words.size() == 3)
        co_return co_await set(words[1], words[2]);
    if (words[0] == "close" && words.size() == 2)
        co_return co_await close(words[1]);
    out.put("usage: cell ls [PREFIX] | cell get NAME | cell set NAME NUMBER | cell close NAME\n");
    co_return kFailed;
}

} // namespace shell
