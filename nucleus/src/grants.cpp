// What stands behind the grants of an executor, on every host.
#include <cw/nucleus/domain.hpp>
#include <cw/nucleus/grants.hpp>
#include <cw/nucleus/modules.hpp>

namespace cw::kernel {

void (*revoked_function() noexcept)() {
    constexpr auto kRevoked = [](const abi::Slot*) -> abi::RawFuture {
        return {0, static_cast<std::uint64_t>(Status::peer_died)};
    };
    return reinterpret_cast<void (*)()>(
        static_cast<abi::RawFuture (*)(const abi::Slot*)>(kRevoked));
}

bool buffers_in_areas(const CallGrant& grant, const std::uint64_t* words) noexcept {
    ++current()->executor->checked_calls;
    const AreaList* const list = current()->domain->areas;
    for (std::uint32_t b = 0; b < grant.shape.buffers; ++b) {
        const std::uint64_t address = words[grant.shape.buffer_word[b]];
        const std::uint64_t size = words[grant.shape.buffer_word[b] + 1];
        bool found = size == 0;
        const std::uint32_t count =
            list == nullptr ? 0 : __atomic_load_n(&list->count, __ATOMIC_ACQUIRE);
        for (std::uint32_t i = 0; i < count && !found; ++i) {
            const Segment& area = *list->areas[i];
            found = address >= area.base && size <= area.bytes &&
                    address - area.base <= area.bytes - size;
        }
        if (!found)
            return false;
        current()->executor->lent += size;
    }
    return true;
}

namespace {
abi::RawFuture take_report(const abi::Slot*,
                           std::uint64_t kind,
                           std::uint64_t b,
                           std::uint64_t c,
                           std::uint64_t d) noexcept {
    handle_report(*current()->executor, static_cast<abi::Report>(kind), b, c, d);
    return {0, 0};
}
} // namespace

void (*report_entry() noexcept)() {
    return reinterpret_cast<void (*)()>(&take_report);
}

} // namespace cw::kernel
