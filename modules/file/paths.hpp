// Which paths are passed on. Linux has the last word on where they lead; what is refused here never
// gets that far.
#pragma once
#include <cw/abi/files.hpp>
#include <cw/abi/status.hpp>
#include <string_view>

namespace file {

/// ok, or why a path is refused: invalid_argument (empty, longer than kMaxPathBytes, with a NUL,
/// with an empty part or "."), not_permitted ("..", or from the root: it would lead out).
[[nodiscard]] constexpr cw::Status check_path(std::string_view path) noexcept {
    if (path.empty() || path.size() > cw::abi::kMaxPathBytes ||
        path.find('\0') != std::string_view::npos)
        return cw::Status::invalid_argument;
    if (path.front() == '/')
        return cw::Status::not_permitted;
    while (!path.empty()) {
        const std::size_t end = path.find('/');
        const std::string_view part = path.substr(0, end);
        if (part == "..")
            return cw::Status::not_permitted;
        if (part.empty() || part == ".")
            return cw::Status::invalid_argument;
        if (end == std::string_view::npos)
            break;
        path.remove_prefix(end + 1); // one slash at the end is fine
    }
    return cw::Status::ok;
}

} // namespace file
