// What the vDSO segment offers, as addresses; written by its first function at boot.
#pragma once
#include <cstdint>
#include <cw/core/module_state.hpp>

namespace cw {

struct VdsoExports {
    RuntimeOps ops;
    std::uint64_t start;            ///< Where an executor thread begins, a0 = StartBlock.
    std::uint64_t ring_stubs[2][7]; ///< [large reply][argument words]
    std::uint64_t call_stubs[2][7];
    std::uint64_t unlinked[2];             ///< [provider ended]
    std::uint64_t traced_ring_stubs[2][7]; ///< The same, and record the call.
    std::uint64_t traced_call_stubs[2][7];
};

} // namespace cw
