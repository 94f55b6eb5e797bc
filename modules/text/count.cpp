#include "count.hpp"

namespace text {

Tally count_on(Tally before, std::string_view text) noexcept {
    Tally tally = before;
    for (const char c : text) {
        const bool space = c == ' ' || (c >= '\t' && c <= '\r');
        tally.lines += c == '\n' ? 1 : 0;
        tally.words += !space && !tally.within_word ? 1 : 0;
        tally.within_word = !space;
    }
    return tally;
}

} // namespace text
