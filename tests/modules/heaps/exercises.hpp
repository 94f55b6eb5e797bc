// What is done with containers; the same result in every placement.
#pragma once
#include <cstdint>

namespace stash {

/// Fills, sorts, looks up and empties one container of each kind that heap.hpp names. Gives a
/// number that depends on everything that was in them; 0: something was wrong.
[[nodiscard]] std::uint64_t use_containers(std::uint64_t count) noexcept;
/// Memory that use_containers() takes at most.
inline constexpr std::uint64_t kContainerBytes = std::uint64_t{1} << 20;

} // namespace stash
