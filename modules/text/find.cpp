#include "find.hpp"
#include <array>
#include <cstddef>

namespace text {

namespace {

/// How far the pattern may move on when a byte lies under its last place.
/// Source: R. N. Horspool, Practical fast searching in strings, 1980. Distances are cut to what
/// fits a byte.
class Distances {
public:
    explicit Distances(std::string_view pattern) noexcept {
        constexpr std::size_t kMost = 255;
        distances_.fill(static_cast<std::uint8_t>(pattern.size() < kMost ? pattern.size() : kMost));
        for (std::size_t i = 0; i + 1 < pattern.size(); ++i) {
            const std::size_t distance = pattern.size() - 1 - i;
            if (distance < kMost)
                distances_[static_cast<unsigned char>(pattern[i])] =
                    static_cast<std::uint8_t>(distance);
        }
    }
    [[nodiscard]] std::size_t operator[](char c) const noexcept {
        return distances_[static_cast<unsigned char>(c)];
    }

private:
    std::array<std::uint8_t, 256> distances_{};
};

} // namespace

Occurrences find_all(std::string_view pattern, std::string_view text, std::uint64_t most) noexcept {
    const Distances distances{pattern};
    const std::size_t last = pattern.size() - 1;
    Occurrences found;
    std::size_t at = 0;
    while (found.count < most && text.size() - at > last) {
        const char under_last = text[at + last];
        if (under_last != pattern[last] || text.substr(at, last) != pattern.substr(0, last)) {
            at += distances[under_last]; // never past the end: at most the pattern's size
            continue;
        }
        if (found.count++ == 0)
            found.first = at;
        at += pattern.size();
    }
    return found;
}

} // namespace text
