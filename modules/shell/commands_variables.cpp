// Commands for shared variables: what there is is read from the directory, without a call.
#include "commands.hpp"
#include "output.hpp"
#include "services.hpp"
#include <algorithm>
#include <cw/core/variables/declare.hpp>

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
cw::Status put_variable(const Entry& entry, std::string_view field) noexcept {
    static Raw raw;
    if (const cw::Status status = cw::variables::read_raw(entry, raw); status != cw::Status::ok)
        return status;
    const auto* bytes = reinterpret_cast<const std::byte*>(raw.words);
    if (field.empty() && raw.schema.front() == ':') {
        put_value(raw.schema.substr(1), bytes);
    } else if (field.empty()) {
        put_record(raw.schema, bytes);
    } else {
        const auto found = cw::variables::find_field(raw.schema, field);
        if (found.bytes == 0)
            return cw::Status::mismatch;
        put_value(found.type, bytes + found.offset);
    }
    if (raw.state != cw::variables::State::live)
        out.format(" ({})", cw::variables::name_of(raw.state));
    return cw::Status::ok;
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

cw::Task<int> get(std::string_view word) noexcept {
    const Directory directory = cw::shared_variables();
    std::string_view field;
    const Entry* entry = find(directory, word, field);
    if (entry == nullptr) {
        out.format("sv: {}: there is no such variable; `sv ls` lists them\n", word);
        co_return kFailed;
    }
    CW_CO_CHECK(co_await cw::variables::show({entry->index}));
    const cw::Status status = put_variable(*entry, field);
    if (status == cw::Status::mismatch)
        out.format("sv: {} has no field {}; it is {}\n",
                   directory.name_of(*entry),
                   field,
                   directory.schema_of(*entry));
    else if (status != cw::Status::ok)
        out.format("sv: {}: {}\n",
                   word,
                   status == cw::Status::busy ? "changes too fast" : "nothing was published yet");
    else
        out.put("\n");
    co_return status == cw::Status::ok ? kDone : kFailed;
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
    if ((words[0] == "on" || words[0] == "off") && words.size() == 2)
        co_return co_await turn(words[1], words[0] == "on");
    out.put("usage: sv ls [PREFIX] | sv get NAME[.FIELD] | sv off NAME | sv on NAME\n");
    co_return kFailed;
}

} // namespace shell
