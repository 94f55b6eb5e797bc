// What an attack knows of itself.
#pragma once
#include "forgery.hpp"
#include <cw/core/executor.hpp>
#include <cw/tests/hostile.hpp>

namespace hostile {

struct Attack {
    Random random;
    Places places;
    cw::Executor& executor;
    std::uint32_t tails[cw::abi::kMaxEnds]; ///< Of its own submission rings, as published.
    std::uint64_t mutations; ///< Words forged so far where others read them: see Ledger.
};

/// One forgery that its domain survives: a system call, a report, or messages to all its peers.
void try_once(Attack& attack) noexcept;
/// Does the deed; comes back from those that leave something to do for the executor.
void commit(Attack& attack, Deed deed) noexcept;

/// The words of the channel of a client end that this domain writes.
[[nodiscard]] cw::IndexPage& own_page(const cw::ClientEnd& end) noexcept;
[[nodiscard]] cw::IndexPage& own_page(const cw::ServerEnd& end) noexcept;
/// Calls `visit` with each end that is open.
template <class Visit>
void each_client(Attack& attack, Visit visit) noexcept {
    for (cw::ClientEnd& end : attack.executor.clients) {
        if (end.module != nullptr && !end.closed)
            visit(end);
    }
}
/// The end that orders come through.
[[nodiscard]] inline cw::ServerEnd& own_server(cw::Executor& executor) noexcept {
    cw::ServerEnd* end = executor.servers;
    while (end->module == nullptr || end->closed)
        ++end;
    return *end;
}
/// Writes a random message behind the last one and publishes it. The opcode is one of few.
void forge_message(Attack& attack, cw::ClientEnd& end) noexcept;

} // namespace hostile
