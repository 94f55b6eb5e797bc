// Several shared variables as they were at one moment.
#pragma once
#include <array>
#include <cw/core/snapshot.hpp>
#include <cw/core/variables/declare.hpp>

namespace cw {

/// The values of several variables, which were all there at some moment during this call. Context:
/// any; never waits, never writes.
/// Requires: CW_READ of each in this module; each has more than eight bytes: a single word does not
/// tell whether it was another one in between.
/// Errors: those of variables::read(), of the first that has one; mismatch (one is published as
/// another record: read it alone); busy (one or another was published in each try).
template <class... V>
[[nodiscard]] Result<std::tuple<typename V::Value...>> snapshot(const Variable<V>&...) noexcept {
    static_assert(((variables::kKindOf<typename V::Value> == variables::Kind::latch) && ...),
                  "variables of one word cannot be part of a snapshot");
    constexpr std::size_t kCount = sizeof...(V);
    const std::array<const variables::Entry*, kCount> entries{&Variable<V>{}.entry()...};
    constexpr std::array<std::uint64_t, kCount> kLayouts{
        variables::kLayoutOf<typename V::Value>...};
    std::array<std::uint64_t, kCount> versions;
    std::array<std::uint64_t, kCount> addresses;
    for (std::size_t i = 0; i < kCount; ++i) {
        versions[i] = entries[i]->version.load(); // [A61]
        if (const auto state = variables::state_of(versions[i]); state != variables::State::live)
            return refuse(variables::status_of(state));
        if (entries[i]->layout.load(Order::relaxed) != kLayouts[i])
            return refuse(Status::mismatch);
        addresses[i] = entries[i]->address.load(Order::relaxed);
    }
    std::tuple<typename V::Value...> values;
    const Latched found = [&]<std::size_t... I>(std::index_sequence<I...>) {
        return latch_snapshot<NativeSync, typename V::Value...>(
            values, *reinterpret_cast<const LatchOf<typename V::Value>*>(addresses[I])...);
    }(std::index_sequence_for<V...>{});
    fence(Order::acquire); // [F62]
    for (std::size_t i = 0; i < kCount; ++i) {
        if (!entries[i]->version.is_still(versions[i]))
            return refuse(Status::busy); // a publisher has come or gone
    }
    if (found != Latched::value)
        return refuse(found == Latched::empty ? Status::not_ready : Status::busy);
    return values;
}

} // namespace cw
