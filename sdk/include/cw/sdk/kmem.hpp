// What the nucleus allocates, as everybody may see it: a shared variable for each place that does
// (cw/core/service/kmem.hpp).
#pragma once
#include <cw/core/service/kmem.hpp>
#include <cw/core/text.hpp>
#include <cw/core/variables/declare.hpp>
#include <string_view>

namespace cw::kmem {

/// Calls see(name, counts) for each site, in no order. No call of the kernel.
template <class F>
void for_each_site(F&& see) noexcept {
    const variables::Directory directory = shared_variables();
    for (std::uint32_t i = 0; i < directory.count(); ++i) {
        const variables::Entry& entry = directory.entry(i);
        std::string_view name = directory.name_of(entry);
        Site site{};
        if (!name.starts_with(kPrefix) || variables::read(entry, site) != Status::ok)
            continue;
        name.remove_prefix(kPrefix.size());
        see(name, site);
    }
}

/// Errors: not_found, those of variables::read().
[[nodiscard]] inline Result<Site> site(std::string_view name) noexcept {
    const Text<variables::kMaxName> full{"{}{}", kPrefix, name};
    const variables::Entry* entry = shared_variables().find(full.view());
    if (entry == nullptr)
        return refuse(Status::not_found);
    Site counts{};
    if (const Status status = variables::read(*entry, counts); status != Status::ok)
        return refuse(status);
    return counts;
}

[[nodiscard]] inline Result<Pages> pages_now() noexcept {
    const variables::Entry* entry = shared_variables().find(CwVariable_pages::kName);
    if (entry == nullptr)
        return refuse(Status::not_found);
    Pages counts{};
    if (const Status status = variables::read(*entry, counts); status != Status::ok)
        return refuse(status);
    return counts;
}

} // namespace cw::kmem
