// What a word that is being typed may become.
#pragma once
#include <array>
#include <cstddef>
#include <string_view>

namespace shell {

/// Collects the names that begin with a prefix, each once. Holds no text of its own.
class Candidates {
public:
    static constexpr std::size_t kMost = 128;

    void start(std::string_view prefix) noexcept {
        prefix_ = prefix;
        count_ = 0;
    }
    /// Requires: the name's text stays where it is.
    void offer(std::string_view name) noexcept {
        if (!name.starts_with(prefix_) || count_ == kMost)
            return;
        for (std::size_t i = 0; i < count_; ++i) {
            if (names_[i] == name)
                return;
        }
        names_[count_++] = name;
    }
    [[nodiscard]] std::string_view prefix() const noexcept { return prefix_; }
    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    [[nodiscard]] std::string_view at(std::size_t index) const noexcept { return names_[index]; }
    /// What all of them begin with: the prefix, or more.
    [[nodiscard]] std::string_view common() const noexcept {
        if (count_ == 0)
            return prefix_;
        std::string_view common = names_[0];
        for (std::size_t i = 1; i < count_; ++i) {
            while (!names_[i].starts_with(common))
                common.remove_suffix(1);
        }
        return common;
    }
    [[nodiscard]] std::size_t longest() const noexcept {
        std::size_t size = 0;
        for (std::size_t i = 0; i < count_; ++i)
            size = names_[i].size() > size ? names_[i].size() : size;
        return size;
    }

private:
    std::string_view prefix_;
    std::array<std::string_view, kMost> names_{};
    std::size_t count_ = 0;
};

} // namespace shell
