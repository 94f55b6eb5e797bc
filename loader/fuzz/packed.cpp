#include "packed.hpp"

#include <algorithm>

namespace cw::loader::fuzz {
namespace {

constexpr std::size_t kMostLiterals = 0xff;
constexpr std::size_t kLongestRun = 0xffff;
constexpr std::size_t kShortestRun = 8; ///< Shorter ones cost less as they are.

std::size_t run_at(std::span<const std::byte> bytes) {
    const auto other =
        std::ranges::find_if(bytes, [&](std::byte byte) { return byte != bytes.front(); });
    return std::min(static_cast<std::size_t>(other - bytes.begin()), kLongestRun);
}

std::byte take(std::span<const std::byte>& left) {
    if (left.empty())
        return {};
    const std::byte byte = left.front();
    left = left.subspan(1);
    return byte;
}

} // namespace

std::vector<std::byte> pack(std::span<const std::byte> file) {
    std::vector<std::byte> packed;
    while (!file.empty()) {
        std::size_t literals = 0;
        std::size_t run = 0;
        while (literals < std::min(file.size(), kMostLiterals)) {
            run = run_at(file.subspan(literals));
            if (run >= kShortestRun)
                break;
            run = 0;
            ++literals;
        }
        packed.push_back(static_cast<std::byte>(literals));
        packed.insert(
            packed.end(), file.begin(), file.begin() + static_cast<std::ptrdiff_t>(literals));
        packed.push_back(static_cast<std::byte>(run));
        packed.push_back(static_cast<std::byte>(run >> 8));
        packed.push_back(run != 0 ? file[literals] : std::byte{});
        file = file.subspan(literals + run);
    }
    return packed;
}

std::vector<std::byte> unpack(std::span<const std::byte> packed) {
    std::vector<std::byte> file;
    while (!packed.empty() && file.size() < kMostUnpacked) {
        const auto literals = std::min(static_cast<std::size_t>(take(packed)), packed.size());
        file.insert(
            file.end(), packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(literals));
        packed = packed.subspan(literals);
        const auto low = static_cast<std::size_t>(take(packed));
        const std::size_t run = low | static_cast<std::size_t>(take(packed)) << 8;
        file.insert(file.end(), run, take(packed));
    }
    file.resize(std::min(file.size(), kMostUnpacked));
    return file;
}

} // namespace cw::loader::fuzz
