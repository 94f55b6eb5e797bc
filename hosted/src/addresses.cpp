// Addresses of segments that are gone, until others may have them.
#include "files.hpp"
#include <cw/nucleus/window.hpp>
#include <deque>
#include <utility>
#include <vector>

namespace cw::hosted {

namespace {

/// Addresses of a segment that is gone, and which processes may still see it there: until they have
/// done what they were told, another segment at that place would be taken for the old one.
struct Freed {
    VirtualAddress base;
    std::uint64_t reserved;
    struct Laggard {
        std::uint32_t domain;
        std::uint64_t commands;
        std::uint64_t life; ///< Of the domain: its number is used again.
    };
    std::vector<Laggard> laggards;
};
std::deque<Freed> freed;

} // namespace

void reuse_addresses() noexcept {
    while (!freed.empty() && !FilesDevice::any_retiring()) {
        for (const Freed::Laggard& laggard : freed.front().laggards) {
            const Domain* domain = domain_by_id(laggard.domain);
            if (domain != nullptr && domain->life == laggard.life &&
                commands_done(*domain) < laggard.commands)
                return;
        }
        window_release(freed.front().base, freed.front().reserved);
        freed.pop_front();
    }
}

void free_addresses(const Segment& segment) {
    Freed entry{segment.base, segment.reserved, {}};
    for (std::uint32_t id = 1; id < kMaxDomains; ++id) {
        const Domain* domain = domain_by_id(id);
        if (domain != nullptr && domain->words != nullptr && domain->executor != nullptr &&
            domain->executor->run != nullptr && commands_done(*domain) < domain->commands)
            entry.laggards.push_back({id, domain->commands, domain->life});
    }
    freed.push_back(std::move(entry));
}

} // namespace cw::hosted
