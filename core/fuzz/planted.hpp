// Defects of the runtime that a test of the corpus plants: core/fuzz/planted.cmake says where.
#pragma once

namespace cw::planted {

enum class Defect { none, tail, generation, buffers, credits, waiting };

/// True if the environment variable CW_PLANTED names this one.
[[nodiscard]] bool is(Defect defect);

} // namespace cw::planted
