// Who satisfies a requirement: the one best candidate that provides exactly it.
#include "planner.hpp"

namespace cw::loader {
namespace {

/// The text counts besides the hash: whoever writes a module could aim at a 64-bit hash.
bool is_same_method(const Image& client,
                    const abi::RequireRecord& required,
                    const Image& provider,
                    const abi::ProvideRecord& provided) noexcept {
    return required.hash == provided.hash &&
           client.text(required.signature) == provider.text(provided.signature);
}

bool is_compatible(const abi::RequireRecord& required,
                   const abi::ProvideRecord& provided) noexcept {
    return provided.version_major == required.min_version_major &&
           provided.version_minor >= required.min_version_minor;
}

} // namespace

/// A module's own method comes first, so that nobody else's presence changes what it calls. Then
/// what is loaded, then the module to be loaded, then files.
int Planner::rank(std::size_t client, std::size_t candidate) const noexcept {
    if (candidate == client)
        return 3;
    if (is_loaded(candidate))
        return 2;
    return candidate == requested_ ? 1 : 0;
}

/// On success `found` is the provider, or kNone for an optional requirement of something that none
/// of the modules present provides in any form: one that does not fit is refused all the same.
bool Planner::find_provider(std::size_t client, std::size_t require, Provider& found) noexcept {
    const abi::RequireRecord& required = image(client).requires_()[require];
    std::size_t equals = 0;
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
        if (candidates_[i].image == nullptr)
            continue;
        const auto provides = image(i).provides();
        for (std::size_t j = 0; j < provides.size(); ++j) {
            if (!is_same_method(image(client), required, image(i), provides[j]) ||
                !is_compatible(required, provides[j]) || !is_considered(i, required))
                continue;
            const int rank_here = rank(client, i);
            if (rank_here > found.rank) {
                found = {.candidate = i, .provide = j, .rank = rank_here};
                equals = 1;
            } else if (rank_here == found.rank) {
                ++equals;
            }
        }
    }
    if (equals == 0)
        return explain_missing(client, require);
    if (equals > 1)
        return fail_ambiguous(client, require, found.rank);
    return check_agreement(client, require, found);
}

/// What a signature should imply, and what the kernel copies and maps by: refused rather than
/// believed of one side.
bool Planner::check_agreement(std::size_t client,
                              std::size_t require,
                              const Provider& provider) noexcept {
    const abi::RequireRecord& required = image(client).requires_()[require];
    const abi::ProvideRecord& provided = image(provider.candidate).provides()[provider.provide];
    const std::string_view method = image(client).text(required.name);
    if (__builtin_memcmp(&required.shape, &provided.shape, sizeof(abi::MethodShape)) != 0)
        return fail("{} and {} disagree about the record sizes of {}",
                    {name(client), name(provider.candidate), method});
    if (((required.flags ^ provided.flags) & abi::kMethodWritesBuffer) != 0)
        return fail("{} and {} disagree about whether {} writes into its buffers",
                    {name(client), name(provider.candidate), method});
    return true;
}

bool Planner::fail_ambiguous(std::size_t client, std::size_t require, int best) noexcept {
    const abi::RequireRecord& required = image(client).requires_()[require];
    Message names;
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
        if (candidates_[i].image == nullptr || rank(client, i) != best ||
            !is_considered(i, required))
            continue;
        for (const abi::ProvideRecord& provided : image(i).provides()) {
            if (is_same_method(image(client), required, image(i), provided) &&
                is_compatible(required, provided))
                names.format("{}{}", names.empty() ? "" : ", ", name(i));
        }
    }
    return fail("{} requires {}, which several modules provide: {}",
                {name(client), image(client).text(required.name), names.view()});
}

} // namespace cw::loader
