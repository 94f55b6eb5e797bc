// What commands show: collected, and sent when it is time.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/core/task.hpp>
#include <cw/core/text.hpp>
#include <span>
#include <string_view>

namespace shell {

/// Text, for a terminal or not: sink.hpp.
class Output {
public:
    /// What does not fit any more is lost: commands with much to say use write().
    void put(std::string_view text) noexcept;
    template <class... Args>
    void format(std::string_view pattern, const Args&... args) noexcept {
        put(cw::Text<640>{pattern, args...}.view());
    }
    /// Right-aligned.
    void put_number(std::uint64_t number, std::size_t width) noexcept;
    void put_hex(std::span<const std::uint8_t> bytes) noexcept;
    /// As put(), of any length.
    cw::Task<> write(std::string_view text) noexcept;
    /// Sends what was collected. Blocks: until it has been taken.
    cw::Task<> flush() noexcept;

private:
    std::size_t size_ = 0;
};

inline constinit Output out{};

} // namespace shell
