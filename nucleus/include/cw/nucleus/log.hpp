// The kernel log: lines for people. Kept in memory, and shown by the host.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/core/text.hpp>
#include <string_view>

namespace cw::kernel::log {

/// Context: any. Takes the log lock.
void write(std::string_view line) noexcept;

template <class... Args>
void line(std::string_view pattern, const Args&... args) noexcept {
    write(Text<320>{pattern, args...}.view());
}

/// Copies log bytes from position `from`; returns how many. Positions older than the ring start at
/// its oldest byte; `from` is updated.
std::size_t read(std::uint64_t& from, char* into, std::size_t capacity) noexcept;
/// Position after the newest byte.
[[nodiscard]] std::uint64_t end() noexcept;

} // namespace cw::kernel::log
