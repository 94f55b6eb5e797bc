// Commands for shared variables: what there is is read from the directory, without a call.
#include "commands.hpp"
#include "load_options.hpp"
#include "output.hpp"
#include "services.hpp"
#include "watching.hpp"
#include <algorithm>
#include <array>
#include <cw/core/variables/declare.hpp>
#include <cw/sdk/variables.hpp>
#include <cw/sdk/wait.hpp>
#include <span>

namespace shell {

namespace {

using cw::variables::Directory;
using cw::variables::Entry;
using cw::variables::Raw;

/// One value of a type, as people write it.
void put_value(std::string_view type, const std::byte* bytes) noexcept;

void put_record(std::string_view schema, const std::byte* bytes) noexcept {
    out.put("{");
    for (std::size_t offset = 0; !schema.empty();) {
        const auto field = cw::variables::take_field(schema, offset);
        out.format("{}{}=", offset == 0 ? "" : " ", field.name);
        put_value(field.type, bytes + offset);
        offset += field.bytes;
        if (field.bytes == 0)
            break;
    }
    out.put("}");
}

void put_array(std::string_view type, const std::byte* bytes) noexcept {
    const std::size_t open = type.rfind('[');
    const std::string_view element = type.substr(0, open);
    const std::size_t count =
        cw::variables::detail::number(type.substr(open + 1, type.size() - open - 2));
    const std::size_t size = cw::variables::bytes_of_type(element);
    if (element == "char") {
        std::string_view text{reinterpret_cast<const char*>(bytes), count};
        out.format("\"{}\"", text.substr(0, text.find('\0')));
        return;
    }
    out.put("[");
    for (std::size_t i = 0; i < count; ++i) {
        out.put(i == 0 ? "" : " ");
        put_value(element, bytes + i * size);
    }
    out.put("]");
}

void put_value(std::string_view type, const std::byte* bytes) noexcept {
    if (type.back() == ']') {
        put_array(type, bytes);
    } else if (cw::variables::detail::is_record(type)) {
        put_record(cw::variables::detail::inside(type), bytes);
    } else if (const std::size_t size = cw::variables::detail::integer_bytes(type); size != 0) {
        const std::uint64_t value =
            cw::variables::detail::load_integer(bytes, size, type[0] == 'i');
        if (type[0] == 'i')
            out.format("{}", static_cast<std::int64_t>(value));
        else
            out.format("{}", value);
    } else {
        out.format("{}", static_cast<std::uint64_t>(*bytes));
    }
}

/// The value of a variable, or of one of its fields.
struct Shown {
    std::string_view type; ///< Empty: all of a record.
    std::span<const std::byte> bytes;
};

/// Errors: mismatch (there is no such field). In `raw`, which has to stay.
cw::Result<Shown> shown_of(const Raw& raw, std::string_view field) noexcept {
    const std::span bytes{reinterpret_cast<const std::byte*>(raw.words), raw.bytes};
    if (field.empty())
        return Shown{raw.schema.front() == ':' ? raw.schema.substr(1) : std::string_view{}, bytes};
    const auto found = cw::variables::find_field(raw.schema, field);
    if (found.bytes == 0)
        return cw::refuse(cw::Status::mismatch);
    return Shown{found.type, bytes.subspan(found.offset, found.bytes)};
}

void put_shown(const Raw& raw, const Shown& shown) noexcept {
    if (shown.type.empty())
        put_record(raw.schema, shown.bytes.data());
    else
        put_value(shown.type, shown.bytes.data());
    if (raw.state != cw::variables::State::live)
        out.format(" ({})", cw::variables::name_of(raw.state));
    out.put("\n");
}

/// Why it cannot be shown.
void put_trouble(const Entry& entry, std::string_view field, cw::Status status) noexcept {
    const std::string_view name = cw::shared_variables().name_of(entry);
    if (status == cw::Status::mismatch)
        out.format("sv: {} has no field {}; it is {}\n",
                   name,
                   field,
                   cw::shared_variables().schema_of(entry));
    else
        out.format("sv: {}{}{}: {}\n",
                   name,
                   field.empty() ? "" : ".",
                   field,
                   status == cw::Status::busy ? "changes too fast" : "nothing was published yet");
}

cw::Task<int> list(std::string_view prefix) noexcept {
    const Directory directory = cw::shared_variables();
    const std::uint32_t count = directory.count();
    std::size_t longest = 4;
    for (std::uint32_t i = 0; i < count; ++i)
        longest = std::max(longest, directory.name_of(directory.entry(i)).size());
    for (std::uint32_t i = 0; i < count; ++i) {
        const Entry& entry = directory.entry(i);
        const std::string_view name = directory.name_of(entry);
        if (!name.starts_with(prefix))
            continue;
        const std::uint64_t version = entry.version.load();
        const auto state = cw::variables::state_of(version);
        out.put(name);
        for (std::size_t width = name.size(); width < longest + 2; ++width)
            out.put(" ");
        if (cw::variables::epoch_of(version) == 0) {
            out.put("gone   never published\n");
            continue;
        }
        out.format("{}   {}  {}\n",
                   cw::variables::name_of(state),
                   directory.publisher_of(entry),
                   directory.schema_of(entry));
        CW_CO_CHECK(co_await out.flush());
    }
    co_return kDone;
}

/// "scope/name" or "scope/name.field"; names may have points themselves.
const Entry*
find(const Directory& directory, std::string_view word, std::string_view& field) noexcept {
    field = {};
    if (const Entry* entry = directory.find(word))
        return entry;
    const std::size_t point = word.rfind('.');
    if (point == std::string_view::npos)
        return nullptr;
    field = word.substr(point + 1);
    return directory.find(word.substr(0, point));
}

/// The same, shown to this module; null: there is none, and that was said.
cw::Task<const Entry*> find_and_show(std::string_view word, std::string_view* field) noexcept {
    const Entry* entry = find(cw::shared_variables(), word, *field);
    if (entry == nullptr) {
        out.format("sv: {}: there is no such variable; `sv ls` lists them\n", word);
        co_return nullptr;
    }
    const auto shown = co_await cw::variables::show({entry->index});
    if (!shown) {
        out.format("sv: {}: {}\n", word, cw::name_of(shown.error()));
        co_return nullptr;
    }
    co_return entry;
}

/// Shows the value of this moment.
cw::Status put_now(const Entry& entry, std::string_view field) noexcept {
    static Raw raw;
    cw::Status status = cw::variables::read_raw(entry, raw);
    if (status == cw::Status::ok) {
        if (const auto shown = shown_of(raw, field))
            put_shown(raw, *shown);
        else
            status = shown.error();
    }
    if (status != cw::Status::ok)
        put_trouble(entry, field, status);
    return status;
}

cw::Task<int> get(std::string_view word) noexcept {
    std::string_view field;
    CW_CO_TRY(entry, co_await find_and_show(word, &field));
    co_return entry != nullptr&& put_now(*entry, field) == cw::Status::ok ? kDone : kFailed;
}

/// What was shown last, to tell a change from the same published once more.
struct Last {
    bool any = false;
    cw::Status status = cw::Status::ok;
    cw::variables::State state{};
    std::size_t bytes = 0;
    std::array<std::byte, cw::variables::kMaxBytes> value{};

    /// Whether this is another; it is the last from now on.
    bool replace(const Raw& raw, const cw::Result<Shown>& shown) noexcept {
        const cw::Status now = shown ? cw::Status::ok : shown.error();
        const std::span<const std::byte> fresh =
            shown ? shown->bytes : std::span<const std::byte>{};
        const bool same = any && now == status && (!shown || raw.state == state) &&
                          std::ranges::equal(fresh, std::span{value.data(), bytes});
        any = true;
        status = now;
        state = raw.state;
        bytes = fresh.size();
        std::ranges::copy(fresh, value.begin());
        return !same;
    }
};

/// Shows the value, and then each time it has become another; `most` times, 0 for any number.
cw::Task<int> watch(std::string_view word, std::uint64_t most) noexcept {
    constexpr std::uint64_t kSoonNs = 1'000'000;
    std::string_view field;
    CW_CO_TRY(entry, co_await find_and_show(word, &field));
    if (entry == nullptr)
        co_return kFailed;
    Last last;
    Raw raw;
    cw::variables::Seen seen = cw::variables::seen(*entry);
    for (std::uint64_t changes = 0;;) {
        const cw::Status status = cw::variables::read_raw(*entry, raw);
        if (status == cw::Status::busy) {
            static_cast<void>(co_await cw::sleep_ns(kSoonNs));
            continue;
        }
        const cw::Result<Shown> shown =
            status == cw::Status::ok ? shown_of(raw, field) : cw::refuse(status);
        if (!shown && shown.error() == cw::Status::mismatch) {
            put_trouble(*entry, field, shown.error());
            co_return kFailed;
        }
        const bool first = !last.any;
        if (last.replace(raw, shown)) {
            if (shown)
                put_shown(raw, *shown);
            else
                put_trouble(*entry, field, shown.error());
            changes += first ? 0 : 1;
            if (most != 0 && changes == most)
                co_return kDone;
            CW_CO_CHECK(co_await out.flush());
        }
        const auto now = co_await change_of({entry->index, seen});
        if (!now && now.error() == cw::Status::cancelled)
            co_return kDone;
        if (!now) {
            out.format("sv: {}: {}\n", word, cw::name_of(now.error()));
            co_return kFailed;
        }
        seen = *now;
    }
}

cw::Task<int> turn(std::string_view name, bool on) noexcept {
    const Entry* entry = cw::shared_variables().find(name);
    if (entry == nullptr) {
        out.format("sv: {}: there is no such variable; `sv ls` lists them\n", name);
        co_return kFailed;
    }
    const auto turned = co_await cw::variables::turn({entry->index, on ? 1u : 0u});
    if (!turned)
        out.format("sv: {}: {}\n", name, cw::name_of(turned.error()));
    co_return turned ? kDone : kFailed;
}

} // namespace

cw::Task<int> variables(Arguments words) noexcept {
    if (words[0] == "ls" && words.size() <= 2)
        co_return co_await list(words.size() == 2 ? words[1] : std::string_view{});
    if (words[0] == "get" && words.size() == 2)
        co_return co_await get(words[1]);
    if (words[0] == "watch" && words.size() == 2)
        co_return co_await watch(words[1], 0);
    if (words[0] == "watch" && words.size() == 3) {
        std::uint64_t most = 0;
        if (parse_number(words[2], ~std::uint64_t{0}, most) && most != 0)
            co_return co_await watch(words[1], most);
        out.format("sv: {}: want how many changes\n", words[2]);
        co_return kFailed;
    }
    if ((words[0] == "on" || words[0] == "off") && words.size() == 2)
        co_return co_await turn(words[1], words[0] == "on");
    out.put("usage: sv ls [PREFIX] | sv get NAME[.FIELD] | sv watch NAME[.FIELD] [COUNT]\n"
            "       sv off NAME | sv on NAME\n");
    co_return kFailed;
}

} // namespace shell
