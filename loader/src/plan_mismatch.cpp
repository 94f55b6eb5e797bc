// Why nobody satisfies a requirement: wrong signature, wrong version, or nobody there.
#include "planner.hpp"

namespace cw::loader {
namespace {

using Shown = Text<kMessageBytes>;

Shown shortened(std::string_view text, std::size_t limit) noexcept {
    if (text.size() <= limit)
        return Shown{"{}", text};
    return Shown{"{}...", cut(text, limit - 3)};
}

} // namespace

bool Planner::explain_missing(std::size_t client, std::size_t require) noexcept {
    const abi::RequireRecord& required = image(client).requires_()[require];
    const std::string_view method = image(client).text(required.name);
    const Provider near = near_miss(client, require);
    if (near.candidate == kNone) {
        if (is_optional(required))
            return true;
        return fail("{} requires {}, which nobody provides", {name(client), method});
    }
    const abi::ProvideRecord& provided = image(near.candidate).provides()[near.provide];
    const std::string_view wanted = image(client).text(required.signature);
    if (wanted != image(near.candidate).text(provided.signature))
        return fail_signature(client, wanted, near);
    return fail("{} requires {} version {}.{}, but {} provides version {}.{}",
                {name(client),
                 method,
                 required.min_version_major,
                 required.min_version_minor,
                 name(near.candidate),
                 provided.version_major,
                 provided.version_minor});
}

/// The method of the required name that comes closest: the signature counts more than being loaded.
Planner::Provider Planner::near_miss(std::size_t client, std::size_t require) const noexcept {
    const abi::RequireRecord& required = image(client).requires_()[require];
    const std::string_view method = image(client).text(required.name);
    Provider near;
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
        if (candidates_[i].image == nullptr || !is_considered(i, required))
            continue;
        const auto provides = image(i).provides();
        for (std::size_t j = 0; j < provides.size(); ++j) {
            if (image(i).text(provides[j].name) != method)
                continue;
            const int rank_here = (provides[j].hash == required.hash ? 4 : 0) + rank(client, i);
            if (rank_here > near.rank)
                near = {.candidate = i, .provide = j, .rank = rank_here};
        }
    }
    return near;
}

/// Shows both signatures, each cut to its share of the line if they do not fit, and then where they
/// part.
bool Planner::fail_signature(std::size_t client,
                             std::string_view wanted,
                             const Provider& provider) noexcept {
    const Image& from = image(provider.candidate);
    const std::string_view offered = from.text(from.provides()[provider.provide].signature);
    constexpr std::size_t kWords = std::string_view{" requires  but  provides "}.size();
    const std::size_t room = kMessageBytes - kWords - name(client).size() - from.name().size();
    if (wanted.size() + offered.size() <= room)
        return fail("{} requires {} but {} provides {}",
                    {name(client), wanted, from.name(), offered});

    constexpr std::size_t kTail = std::string_view{" (byte 1023 differs)"}.size();
    const std::size_t half = (room - kTail) / 2;
    std::size_t same = 0;
    while (same < wanted.size() && same < offered.size() && wanted[same] == offered[same])
        ++same;
    const std::size_t spare = wanted.size() < half ? half - wanted.size() : 0;
    const std::size_t offered_limit = half + spare;
    const std::size_t wanted_limit = offered.size() < half ? half + (half - offered.size()) : half;
    return fail("{} requires {} but {} provides {} (byte {} differs)",
                {name(client),
                 shortened(wanted, wanted_limit).view(),
                 from.name(),
                 shortened(offered, offered_limit).view(),
                 same});
}

} // namespace cw::loader
