// Memory of the shell that may travel through calls. Taken once, when the shell starts.
#pragma once
#include <cw/sdk/buffer.hpp>

namespace shell {

struct Workspace {
    cw::Area output; ///< What is to be shown; only Output uses it.
    cw::Area reply;  ///< Text that the kernel writes: tables, plans, its log.
    cw::Area names;  ///< Names and patterns on their way.
    cw::Area data;   ///< Contents of files.
};

inline constexpr std::uint64_t kOutputBytes = 32 * 1024;
inline constexpr std::uint64_t kReplyBytes = 64 * 1024;
inline constexpr std::uint64_t kNamesBytes = 16 * 1024;
inline constexpr std::uint64_t kDataBytes = 64 * 1024;

inline constinit Workspace workspace{};

} // namespace shell
