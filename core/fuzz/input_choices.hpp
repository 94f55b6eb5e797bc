// Choices that a fuzzer's input makes: each takes as few bytes as it can, and when the input is
// used up all are 0.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace cw::fuzz {

class InputChoices {
public:
    explicit InputChoices(std::span<const std::uint8_t> input) : left_{input} {}

    [[nodiscard]] bool more() const { return !left_.empty(); }
    /// A small number in one byte, any number in nine.
    std::uint64_t any() {
        const std::uint64_t small = bytes(1);
        return small < 0xf0 ? small : bytes(8);
    }
    /// Less than `limit`.
    std::uint64_t pick(std::uint64_t limit) { return bytes(limit <= 256 ? 1 : 8) % limit; }
    bool rarely(std::uint64_t) { return bytes(1) % 8 == 7; }

private:
    std::uint64_t bytes(std::size_t count) {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < count && !left_.empty(); ++i) {
            value |= std::uint64_t{left_.front()} << 8 * i;
            left_ = left_.subspan(1);
        }
        return value;
    }

    std::span<const std::uint8_t> left_;
};

} // namespace cw::fuzz
