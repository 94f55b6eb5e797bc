// Commands that count and search, by the module `text`.
#include "commands.hpp"
#include "files.hpp"
#include "harmless.hpp"
#include "keyboard.hpp"
#include "loading.hpp"
#include "output.hpp"
#include "services.hpp"
#include "workspace.hpp"

namespace shell {

namespace {

constexpr std::uint64_t kPatternOffset =
    kMaxFileName + 1; ///< In Workspace::names, behind the name of the file.

void show_counts(const text::Counts& counts, std::string_view name) noexcept {
    for (const std::uint64_t number : {counts.lines, counts.words, counts.bytes})
        out.put_number(number, 10);
    out.format("  {}\n", name);
}

cw::Task<text::Counts> count_file(File file) noexcept {
    text::Counts sum{};
    for (;;) {
        CW_CO_TRY(bytes, co_await read_file(file, sum.bytes, workspace.data.out()));
        if (bytes == 0)
            co_return sum;
        const text::CountArguments piece{.text = workspace.data.ref(0, bytes),
                                         .within_word = sum.within_word};
        CW_CO_TRY(counts, co_await text::count(piece));
        sum = {.lines = sum.lines + counts.lines,
               .words = sum.words + counts.words,
               .bytes = sum.bytes + counts.bytes,
               .within_word = counts.within_word};
        CW_CO_TRY(stop, co_await wants_to_stop());
        if (stop)
            co_return cw::refuse(cw::Status::cancelled);
    }
}

/// Shows each line in data[0, size) that contains the pattern, with a label in front; how many
/// there were.
cw::Task<std::uint64_t>
show_matches(std::uint64_t size, cw::BufferRef pattern, std::string_view label) noexcept {
    const std::string_view data{workspace.data.text(), size};
    std::uint64_t lines = 0;
    for (std::size_t begin = 0; begin < size;) {
        const text::FindArguments wanted{
            .pattern = pattern, .text = workspace.data.ref(begin, size - begin), .most = 1};
        CW_CO_TRY(found, co_await text::find(wanted));
        if (found.count == 0)
            break;
        const std::size_t at = begin + found.first;
        const std::size_t feed_before = at == 0 ? data.npos : data.rfind('\n', at - 1);
        const std::size_t line = feed_before == data.npos ? 0 : feed_before + 1;
        const std::size_t end = data.find('\n', at) == data.npos ? size : data.find('\n', at);
        ++lines;
        CW_CO_CHECK(co_await out.write(label));
        make_harmless({workspace.data.text() + line, end - line});
        CW_CO_CHECK(co_await out.write(data.substr(line, end - line)));
        CW_CO_CHECK(co_await out.write("\n"));
        begin = end + 1;
    }
    co_return lines;
}

/// Goes through a file in stretches of whole lines; a line that is longer than the buffer is cut.
cw::Task<std::uint64_t>
grep_file(File file, cw::BufferRef pattern, std::string_view label) noexcept {
    std::uint64_t offset = 0;
    std::uint64_t held = 0; // of a line whose end has not been read
    std::uint64_t lines = 0;
    for (;;) {
        CW_CO_TRY(bytes, co_await read_file(file, offset, workspace.data.out(held)));
        offset += bytes;
        const std::uint64_t filled = held + bytes;
        const std::string_view data{workspace.data.text(), filled};
        const std::size_t last_feed = data.rfind('\n');
        std::uint64_t whole = last_feed == data.npos ? 0 : last_feed + 1;
        if (bytes == 0 || whole == 0)
            whole = filled;
        CW_CO_TRY(found, co_await show_matches(whole, pattern, label));
        lines += found;
        if (bytes == 0)
            co_return lines;
        held = filled - whole;
        __builtin_memmove(workspace.data.data(), workspace.data.data() + whole, held);
        CW_CO_TRY(stop, co_await wants_to_stop());
        if (stop)
            co_return cw::refuse(cw::Status::cancelled);
    }
}

} // namespace

cw::Task<int> wc(Arguments words) noexcept {
    CW_CO_TRY(files, co_await have_files());
    CW_CO_TRY(ready, co_await ensure("text"));
    if (!files || !ready)
        co_return kFailed;
    int result = kDone;
    text::Counts total{};
    for (const std::string_view name : words) {
        const auto file = co_await open_file(name);
        if (!file) {
            result = kFailed;
            continue;
        }
        CW_CO_TRY(counts, co_await count_file(*file));
        show_counts(counts, name);
        total.lines += counts.lines;
        total.words += counts.words;
        total.bytes += counts.bytes;
    }
    if (words.size() > 1)
        show_counts(total, "total");
    co_return result;
}

cw::Task<int> grep(Arguments words) noexcept {
    const std::string_view pattern = words[0];
    if (pattern.empty()) {
        out.put("grep: the text to look for is empty\n");
        co_return kFailed;
    }
    CW_CO_TRY(files, co_await have_files());
    CW_CO_TRY(ready, co_await ensure("text"));
    if (!files || !ready)
        co_return kFailed;
    __builtin_memcpy(workspace.names.data() + kPatternOffset, pattern.data(), pattern.size());
    std::uint64_t lines = 0;
    bool missing = false;
    for (const std::string_view name : words.subspan(1)) {
        const auto file = co_await open_file(name);
        missing = missing || !file;
        if (!file)
            continue;
        const cw::Text<kMaxFileName + 3> label{words.size() > 2 ? "{}: " : "", name};
        CW_CO_TRY(found,
                  co_await grep_file(
                      *file, workspace.names.ref(kPatternOffset, pattern.size()), label.view()));
        lines += found;
    }
    co_return lines != 0 && !missing ? kDone : kFailed;
}

} // namespace shell
