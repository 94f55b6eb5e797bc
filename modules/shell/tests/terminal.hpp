// As much of a terminal as the line editor uses: one row.
#pragma once
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace shell::test {

class Terminal {
public:
    explicit Terminal(std::size_t columns = 80) : columns_{columns} {}

    void show(std::string_view bytes) {
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            const char c = bytes[i];
            if (c == '\r') {
                cursor_ = 0;
            } else if (c == '\x1b') {
                std::size_t end = i + 2;
                while (bytes.at(end) < '@')
                    ++end;
                escape(bytes.at(end), bytes.substr(i + 2, end - i - 2));
                i = end;
            } else if ((static_cast<unsigned char>(c) & 0xc0) == 0x80) {
                cells_[cursor_ - 1] += c;
            } else {
                if (cells_.size() <= cursor_)
                    cells_.resize(cursor_ + 1, " ");
                cells_[cursor_++] = c;
                overflowed_ = overflowed_ || cursor_ >= columns_;
            }
        }
    }
    [[nodiscard]] std::string row() const {
        std::string text;
        for (const std::string& cell : cells_)
            text += cell;
        return text;
    }
    [[nodiscard]] std::size_t cursor() const { return cursor_; }
    /// A real one would have gone on in the next row.
    [[nodiscard]] bool overflowed() const { return overflowed_; }
    /// Whether it should report where its cursor is.
    [[nodiscard]] bool asked() const { return asked_; }
    [[nodiscard]] bool understood() const { return understood_; }

private:
    void escape(char last, std::string_view parameter) {
        if (last == 'K')
            cells_.resize(cursor_ < cells_.size() ? cursor_ : cells_.size());
        else if (last == 'C')
            cursor_ = std::min(columns_ - 1, cursor_ + std::stoul(std::string{parameter}));
        else if (last == 'H')
            cursor_ = 0;
        else if (last == 'J')
            cells_.clear();
        else if (last == 'n')
            asked_ = true;
        else
            understood_ = false;
    }

    std::size_t columns_;
    std::vector<std::string> cells_;
    std::size_t cursor_ = 0;
    bool overflowed_ = false;
    bool understood_ = true;
    bool asked_ = false;
};

} // namespace shell::test
