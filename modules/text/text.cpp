// Counting and searching as a service. Works on the callers' buffers where they lie.
#include "count.hpp"
#include "find.hpp"
#include <cw/modules/text.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/module.hpp>

namespace {

std::string_view view(const cw::BufferRef& buffer) noexcept {
    return {reinterpret_cast<const char*>(buffer.address), buffer.size_bytes};
}

text::Counts count(text::CountArguments arguments) noexcept {
    const text::Tally tally =
        text::count_on({.within_word = arguments.within_word != 0}, view(arguments.text));
    return {.lines = tally.lines,
            .words = tally.words,
            .bytes = arguments.text.size_bytes,
            .within_word = tally.within_word ? 1u : 0u};
}

cw::Result<text::Matches> find(text::FindArguments arguments) noexcept {
    if (arguments.pattern.size_bytes == 0)
        return cw::refuse(cw::Status::invalid_argument);
    const text::Occurrences found =
        text::find_all(view(arguments.pattern), view(arguments.text), arguments.most);
    return text::Matches{.count = found.count, .first = found.first};
}

} // namespace

CW_MODULE(text, {.version = {1, 0}});
CW_PROVIDE(text::count, count);
CW_PROVIDE(text::find, find);
