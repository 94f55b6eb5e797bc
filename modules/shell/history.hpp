// The lines that were typed before.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace shell {

/// Remembers the last lines; empty ones and repetitions of the last are not worth it.
class History {
public:
    static constexpr std::size_t kLines = 32;
    static constexpr std::size_t kLineBytes = 512;

    void add(std::string_view line) noexcept {
        if (line.empty() || line.size() > kLineBytes || (count() != 0 && line == at(0)))
            return;
        Line& place = lines_[added_++ % kLines];
        std::copy(line.begin(), line.end(), place.text.begin());
        place.size = line.size();
    }
    [[nodiscard]] std::size_t count() const noexcept { return std::min(added_, kLines); }
    /// 0 is the newest. Requires: age < count().
    [[nodiscard]] std::string_view at(std::size_t age) const noexcept {
        const Line& line = lines_[(added_ - 1 - age) % kLines];
        return {line.text.data(), line.size};
    }
    /// Number of the newest line, counted from the first that was ever added.
    [[nodiscard]] std::size_t newest() const noexcept { return added_; }

private:
    struct Line {
        std::array<char, kLineBytes> text{};
        std::size_t size = 0;
    };
    std::array<Line, kLines> lines_{};
    std::size_t added_ = 0;
};

} // namespace shell
