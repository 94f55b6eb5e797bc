// A client that has no executor of its own: its calls go through the direct entry, on whatever
// thread makes them.
#pragma once
#include "world.hpp"

namespace cw::test {

struct Passing {
    Module& service;
    Edge edge{};

    /// `owner`: the calling module, whose pool holds what stays pending.
    Passing(Module& callee, Module& owner) : service{callee} { edge.client = &owner.state; }

    abi::RawFuture call(std::string_view method, std::uint64_t value) {
        return call(service.provide(method), value);
    }
    abi::RawFuture call(const abi::ProvideRecord& provide, std::uint64_t value) {
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
