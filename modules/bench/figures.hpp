// Repeats of one measurement, and how they are printed.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cw/core/text.hpp>
#include <optional>
#include <string_view>

namespace bench {

inline constexpr int kRepeats = 101;

class Figure {
public:
    void add(std::uint64_t value) noexcept {
        if (count_ < kRepeats)
            values_[count_++] = value;
    }
    /// "@figure name=... unit=... min=... median=... n=..." and starts over.
    template <class Text>
    void print(Text& text, std::string_view name, std::string_view unit) noexcept {
        std::sort(values_, values_ + count_);
        text.format("@figure name={} unit={} min={} median={} n={}\r\n",
                    name,
                    unit,
                    values_[0],
                    values_[count_ / 2],
                    count_);
        count_ = 0;
    }

private:
    std::uint64_t values_[kRepeats]{};
    int count_ = 0;
};

} // namespace bench
