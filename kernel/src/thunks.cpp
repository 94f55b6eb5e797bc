#include <cw/kernel/sched.hpp>
#include <cw/kernel/thunks.hpp>

extern "C" {
void call_large() noexcept;
void call_checked_small() noexcept;
void call_checked_large() noexcept;
}

namespace cw::kernel {

void make_call_grant(CallGrant& grant,
                     const abi::ProvideRecord& provide,
                     std::uint64_t function,
                     ServerEnd& server,
                     ModuleInstance& provider,
                     Edge& server_edge) noexcept {
    const bool large = provide.shape.reply_words > 1;
    const bool checked = provide.shape.buffers != 0;
    server_edge = Edge{};
    server_edge.server = &server;
    server_edge.reply_words = provide.shape.reply_words;
    server_edge.argument_words = provide.shape.argument_words;
    grant = CallGrant{};
    grant.inner = reinterpret_cast<void (*)()>(function);
    grant.slot.function = checked ? (large ? &call_checked_large : &call_checked_small)
                          : large ? &call_large
                                  : grant.inner;
    grant.slot.edge = &server_edge;
    grant.callee = &provider;
    grant.shape = provide.shape;
    grant.flags = provide.flags;
}

void (*revoked_function() noexcept)() {
    constexpr auto kRevoked = [](const abi::Slot*) -> abi::RawFuture {
        return {0, static_cast<std::uint64_t>(Status::peer_died)};
    };
    return reinterpret_cast<void (*)()>(
        static_cast<abi::RawFuture (*)(const abi::Slot*)>(kRevoked));
}

/// Called by call_checked_*: true if every buffer among the words lies in an area of the calling
/// domain. Untrusted: `words` is the kernel's copy.
extern "C" bool check_buffers(const CallGrant* grant, const std::uint64_t* words) noexcept {
    ++current()->executor->checked_calls;
    const AreaList* const list = current()->domain->areas;
    for (std::uint32_t b = 0; b < grant->shape.buffers; ++b) {
        const std::uint64_t address = words[grant->shape.buffer_word[b]];
        const std::uint64_t size = words[grant->shape.buffer_word[b] + 1];
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

} // namespace cw::kernel
