// Who calls a service of the nucleus. Private to the nucleus.
#pragma once
#include "modules.hpp"
#include <cw/core/declare.hpp>

namespace cw::kernel {

/// The nucleus' handlers guard what they touch by themselves: several harts may be in them.
inline constexpr Gated kCwGated = Gated::no;
inline constexpr OwnStubs kCwOwnStubs = OwnStubs::no;

/// Whose call this is. Read before a handler suspends, in methods that are queued only: a channel
/// tells who is at its other end. On its caller's thread nothing tells a module from that caller,
/// nor one module on the worker from another.
struct Caller {
    Domain* domain;         ///< Null: a client that has ended since it sent the request.
    ModuleInstance* module; ///< Kernel-placed callers only.

    [[nodiscard]] std::uint32_t grants() const noexcept {
        return domain == nullptr ? 0u : domain->grants;
    }
};
/// Requires: the handler has not suspended. Locks: kernel_lock held, as long as the result is used.
[[nodiscard]] inline Caller caller() noexcept {
    ModuleInstance* client = calling_module();
    if (client == nullptr)
        return {nullptr, nullptr};
    return {client->domain, client->domain->is_kernel() ? client : nullptr};
}
} // namespace cw::kernel
