// The kernel's tables as text: rows of words, the first row names the columns.
#pragma once
#include <array>
#include <cstddef>
#include <string_view>

namespace shell {

struct Row {
    static constexpr std::size_t kColumns = 5; ///< The first ones; no later one is read here.
    std::array<std::string_view, kColumns> column{};
};

/// Goes through the rows below the head.
class TableReader {
public:
    explicit TableReader(std::string_view table) noexcept : rest_{table} {
        Row head;
        static_cast<void>(next(head));
    }
    [[nodiscard]] bool next(Row& row) noexcept {
        if (rest_.empty())
            return false;
        const std::size_t end = rest_.find('\n');
        std::string_view line = rest_.substr(0, end);
        rest_ = end == rest_.npos ? std::string_view{} : rest_.substr(end + 1);
        for (std::string_view& column : row.column)
            column = take_word(line);
        return true;
    }

private:
    static std::string_view take_word(std::string_view& line) noexcept {
        while (line.starts_with(' '))
            line.remove_prefix(1);
        const std::string_view word = line.substr(0, line.find(' '));
        line.remove_prefix(word.size());
        return word;
    }

    std::string_view rest_;
};

} // namespace shell
