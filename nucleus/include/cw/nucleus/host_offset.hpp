// Where things lie in the two segments of an executor that a host's own code needs to find.
#pragma once
#include <cstdint>
#include <cw/abi/layout.hpp>

namespace cw::kernel {

/// The rest of the first page of each belongs to the host.
inline constexpr std::uint64_t kHostOffset = 2048;
/// The Executor, in its own segment.
inline constexpr std::uint64_t kExecutorOffset = abi::kPageSize;

} // namespace cw::kernel
