// Service of the nucleus: what becomes of a module's clients.
#pragma once
#include <cw/core/future.hpp>

namespace cw::clients {

struct Ended {
    std::uint64_t id; ///< Caller::id.
};
/// Waits until a module has ended that may have been a client of the calling one: no call of it
/// will come any more, and no handler of its calls is under way. A provider that keeps something
/// for its clients gives it up then; it may be told of one twice, and of modules it never heard of.
/// From the first call on no end is missed. Errors: busy (it waits already), no_memory.
CW_METHOD(clients, ended, Nothing, Ended, 1, 0);

} // namespace cw::clients
