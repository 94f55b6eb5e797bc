#include "completion.hpp"
#include "candidates.hpp"
#include "commands.hpp"
#include "files.hpp"
#include "loading.hpp"
#include "output.hpp"
#include "services.hpp"
#include "words.hpp"
#include "workspace.hpp"

namespace shell {

namespace {

constinit Candidates candidates;

void offer_commands() noexcept {
    for (const Command& command : all_commands())
        candidates.offer(command.name);
}

void offer_words(std::string_view words) noexcept {
    while (!words.empty()) {
        const std::size_t end = words.find(' ');
        candidates.offer(words.substr(0, end));
        words = end == words.npos ? std::string_view{} : words.substr(end + 1);
    }
}

/// Files of the archive of this kind, as far as there is room for their names.
cw::Task<> offer_files(cw::abi::ArchiveKind kind) noexcept {
    CW_CO_TRY(there, co_await ensure("archive", Tell::no));
    if (!there)
        co_return cw::Nothing{};
    CW_CO_TRY(count, co_await archive::count());
    std::uint64_t used = 0;
    for (std::uint64_t index = 0; index < count.files && used + kMaxFileName <= kNamesBytes;
         ++index) {
        CW_CO_TRY(file, co_await file_at(index, used));
        if (file.kind != kind || !file.name.starts_with(candidates.prefix()))
            continue;
        candidates.offer(file.name);
        used += file.name.size();
    }
    co_return cw::Nothing{};
}

cw::Task<> offer_loaded_modules() noexcept {
    CW_CO_TRY(table, co_await describe(cw::modules::What::modules));
    TableReader reader{table};
    for (Row row; reader.next(row);) {
        if (row.column[1] != "nucleus")
            candidates.offer(row.column[0]);
    }
    co_return cw::Nothing{};
}

cw::Task<> offer_methods() noexcept {
    CW_CO_TRY(table, co_await describe(cw::modules::What::services));
    TableReader reader{table};
    for (Row row; reader.next(row);)
        candidates.offer(row.column[1].substr(0, row.column[1].find('(')));
    co_return cw::Nothing{};
}

std::string_view first_word(std::string_view text) noexcept {
    return text.substr(0, text.find(' '));
}

cw::Task<> offer_names(Takes takes) noexcept {
    switch (takes) {
    case Takes::text:
        break;
    case Takes::commands:
        offer_commands();
        break;
    case Takes::files:
        co_return co_await offer_files(cw::abi::ArchiveKind::file);
    case Takes::module_files:
        co_return co_await offer_files(cw::abi::ArchiveKind::module);
    case Takes::loaded_modules:
        co_return co_await offer_loaded_modules();
    case Takes::methods:
        co_return co_await offer_methods();
    }
    co_return cw::Nothing{};
}

cw::Task<> gather(Place place) noexcept {
    candidates.start(place.word);
    // `time` is followed by a command of its own.
    while (place.command.starts_with("time "))
        place.command.remove_prefix(5);
    if (place.command.empty() || place.command == "time") {
        offer_commands();
        co_return cw::Nothing{};
    }
    const Command* command = find_command(first_word(place.command));
    if (command == nullptr)
        co_return cw::Nothing{};
    if (place.command.ends_with("--link"))
        co_return co_await offer_methods();
    const bool only_options = command->takes == Takes::text;
    if (only_options || place.word.starts_with('-')) {
        offer_words(command->options);
        co_return cw::Nothing{};
    }
    co_return co_await offer_names(command->takes);
}

void show_candidates() noexcept {
    constexpr std::size_t kColumns = 78;
    const std::size_t width = candidates.longest() + 2;
    const std::size_t per_row = width < kColumns ? kColumns / width : 1;
    for (std::size_t i = 0; i < candidates.count(); ++i) {
        if (i % per_row == 0)
            out.put("\n");
        out.put(candidates.at(i));
        if (i % per_row != per_row - 1 && i + 1 != candidates.count()) {
            for (std::size_t size = candidates.at(i).size(); size < width; ++size)
                out.put(" ");
        }
    }
    out.put("\n");
}

/// The common beginning, to be typed on: quoted if a name needs that, but not closed.
void put_beginning(cw::TextWriter& text, std::string_view common, bool in_quotes) noexcept {
    std::array<char, kMaxFileName + 2> memory;
    cw::TextWriter writer{memory.data(), memory.size()};
    put_word(writer, common);
    const bool needs_quotes = writer.text() != common && !common.empty();
    if (needs_quotes || in_quotes)
        text.put(needs_quotes ? writer.text().front() : '"');
    text.put(common);
}

} // namespace

cw::Task<> complete(LineEditor* editor) noexcept {
    const Place place = place_at(editor->line(), editor->cursor());
    CW_CO_CHECK(co_await gather(place));
    if (candidates.count() == 0) {
        out.put("\a");
        co_return cw::Nothing{};
    }
    static constinit std::array<char, kMaxFileName + 8> memory{};
    cw::TextWriter text{memory.data(), memory.size()};
    const bool in_quotes = place.begin + place.word.size() != editor->cursor();
    if (candidates.count() == 1) {
        put_word(text, candidates.at(0));
        if (!candidates.at(0).ends_with('='))
            text.put(' ');
    } else {
        if (candidates.common() == place.word) {
            show_candidates();
            editor->redraw();
            co_return cw::Nothing{};
        }
        put_beginning(text, candidates.common(), in_quotes);
    }
    editor->replace(place.begin, text.text());
    co_return cw::Nothing{};
}

} // namespace shell
