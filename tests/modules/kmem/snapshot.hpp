// What every site of the nucleus has, and whether it has as much as before.
#pragma once
#include <array>
#include <cw/sdk/kmem.hpp>
#include <string_view>

namespace kmem_test {

using cw::kmem::Site;

/// What each site has, at some moment.
struct Snapshot {
    struct Entry {
        std::string_view name;
        Site site;
    };
    std::array<Entry, 128> sites;
    std::size_t count;
};
inline constinit Snapshot before{};
inline constinit Snapshot now{};

inline void take(Snapshot& snapshot) noexcept {
    snapshot.count = 0;
    cw::kmem::for_each_site([&](std::string_view name, const Site& site) {
        if (snapshot.count < snapshot.sites.size())
            snapshot.sites[snapshot.count++] = {name, site};
    });
}

/// A pool keeps its pages for the next object; what takes pages gives them back with the object.
/// Domains that stay, and the kernel, keep the tables of addresses that they have seen once.
inline bool holds_what_it_held(std::string_view name, const Site& is, const Site& was) noexcept {
    constexpr std::uint64_t kMostTables = 12;
    if (name.starts_with("paging."))
        return is.live <= was.live + kMostTables;
    return is.live == was.live && (is.object_bytes != 0 || is.pages == was.pages);
}

/// Linux's threads are freed by another one that comes by ten times a second: they are looked at in
/// the end.
enum class Threads { are_looked_at, may_be_there };
inline bool is_of_threads(std::string_view name) noexcept {
    return name.starts_with("threads.") || name == "domains.processes";
}

/// What is unlike `before`, if anything is.
[[nodiscard]] inline const Snapshot::Entry* left_behind(Threads threads) noexcept {
    take(now);
    for (std::size_t i = 0; i < now.count; ++i) {
        if (threads == Threads::may_be_there && is_of_threads(now.sites[i].name))
            continue;
        if (!holds_what_it_held(now.sites[i].name, now.sites[i].site, before.sites[i].site))
            return &before.sites[i];
    }
    return nullptr;
}

} // namespace kmem_test
