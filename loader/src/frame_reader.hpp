// Reads the numbers of call frame information, never beyond its end. Private to the loader.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "load_map.hpp"

namespace cw::loader {

/// After the first number that was not there, every number is 0 and good() is false.
class FrameReader {
public:
    explicit FrameReader(std::span<const std::byte> bytes) noexcept : bytes_{bytes} {}

    [[nodiscard]] bool good() const noexcept { return good_; }
    [[nodiscard]] bool at_end() const noexcept { return offset_ == bytes_.size(); }
    [[nodiscard]] std::size_t offset() const noexcept { return offset_; }

    template <class T>
    [[nodiscard]] T number() noexcept {
        if (!within(offset_, sizeof(T), bytes_.size()))
            return fail();
        const T value = read_unaligned<T>(bytes_.data() + offset_);
        offset_ += sizeof(T);
        return value;
    }
    [[nodiscard]] std::uint64_t uleb() noexcept {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const auto byte = number<std::uint8_t>();
            value |= std::uint64_t{byte & 0x7fu} << shift;
            if ((byte & 0x80) == 0)
                return value;
        }
        return fail();
    }
    [[nodiscard]] std::int64_t sleb() noexcept {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64;) {
            const auto byte = number<std::uint8_t>();
            value |= std::uint64_t{byte & 0x7fu} << shift;
            shift += 7;
            if ((byte & 0x80) == 0) {
                if ((byte & 0x40) != 0 && shift < 64)
                    value |= ~std::uint64_t{0} << shift;
                return static_cast<std::int64_t>(value);
            }
        }
        return fail();
    }
    /// The next `count` bytes, as a stretch of their own; empty if they are not there.
    [[nodiscard]] std::span<const std::byte> take(std::uint64_t count) noexcept {
        if (!within(offset_, count, bytes_.size())) {
            good_ = false;
            return {};
        }
        const auto taken = bytes_.subspan(offset_, count);
        offset_ += count;
        return taken;
    }
    [[nodiscard]] std::span<const std::byte> rest() noexcept {
        return take(bytes_.size() - offset_);
    }

private:
    [[nodiscard]] std::uint8_t fail() noexcept {
        good_ = false;
        offset_ = bytes_.size();
        return 0;
    }

    std::span<const std::byte> bytes_;
    std::size_t offset_ = 0;
    bool good_ = true;
};

} // namespace cw::loader
