// Calls through the direct entry of a module, as a synchronous caller in the kernel makes them.
#pragma once
#include "world.hpp"

namespace cw::test {

/// A client of the service that has no executor: calls go through the direct entry.
struct Passing {
    Module& service;
    Module& owner; ///< Its pool holds what stays pending.
    Edge edge{};

    Passing(Module& callee, Module& client) : service{callee}, owner{client} {
        edge.client = &client.state;
    }

    abi::RawFuture call(std::string_view method, std::uint64_t value) {
        const abi::ProvideRecord& provide = service.provide(method);
        edge.argument_words = provide.shape.argument_words;
        edge.reply_words = provide.shape.reply_words;
        const abi::Slot slot{reinterpret_cast<void (*)()>(provide.direct), &edge};
        using Function = abi::RawFuture (*)(const abi::Slot*, std::uint64_t);
        return reinterpret_cast<Function>(provide.direct)(&slot, value);
    }
    static Pending& pending(const abi::RawFuture& future) {
        return *reinterpret_cast<Pending*>(future.state);
    }
};

} // namespace cw::test
