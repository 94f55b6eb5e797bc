// What stands between the trap entry and a callee: larger replies, and checks of buffers.
#include <cw/nucleus/grants.hpp>

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

/// Called by call_checked_*.
extern "C" bool check_buffers(const CallGrant* grant, const std::uint64_t* words) noexcept {
    return buffers_in_areas(*grant, words);
}

} // namespace cw::kernel
