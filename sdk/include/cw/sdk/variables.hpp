// Shared variables that are found at run time, by whatever name.
#pragma once
#include <cw/core/service/variables.hpp>
#include <cw/core/task.hpp>
#include <cw/core/variables/declare.hpp>
#include <cw/sdk/buffer.hpp>
#include <string_view>

namespace cw::variables {

/// A variable that was found. Reads as CW_READ ones do; never ends, whoever publishes it.
template <Shareable T>
class Bound {
public:
    explicit Bound(const Entry& entry) noexcept : entry_{&entry} {}
    [[nodiscard]] Result<T> read() const noexcept {
        T value;
        if (const Status status = variables::read(*entry_, value); status != Status::ok)
            return refuse(status);
        return value;
    }
    [[nodiscard]] const Entry& entry() const noexcept { return *entry_; }

private:
    const Entry* entry_;
};

/// Finds a variable and has its values shown to this domain: one call, the first time. Requires:
/// CW_REQUIRE(variables::show). Errors: not_found (nobody has published or read such a name since
/// boot), mismatch (its record cannot be read as T), those of variables::show.
template <Shareable T>
[[nodiscard]] Task<Bound<T>> bind(std::string_view name) noexcept {
    const Directory directory = shared_variables();
    const Entry* entry = directory.find(name);
    if (entry == nullptr)
        co_return refuse(Status::not_found);
    CW_CO_CHECK(co_await show({entry->index}));
    Misfit misfit{};
    if (state_of(entry->version.load()) == State::live &&
        !fits(SchemaOf<T>::kView, directory.schema_of(*entry), misfit))
        co_return refuse(Status::mismatch);
    co_return Bound<T>{*entry};
}

/// A variable that this module publishes, with a name that was not known when it was compiled.
template <Shareable T>
class Owned {
public:
    Owned() noexcept = default;
    explicit Owned(Declared place) noexcept : address_{place.address}, index_{place.index} {}

    /// As Variable::publish().
    void publish(const T& value) noexcept { publisher_.publish(address_, value); }
    [[nodiscard]] const T& value() const noexcept { return publisher_.value(); }
    [[nodiscard]] std::uint64_t index() const noexcept { return index_; }

private:
    std::uint64_t address_ = 0;
    std::uint64_t index_ = 0;
    Publisher<T> publisher_;
};

/// Declares a variable; `scratch` is used until then. Requires: CW_REQUIRE(variables::declare).
/// Errors: those of variables::declare; out_of_range (the texts do not fit into `scratch`).
template <Shareable T>
[[nodiscard]] Task<Owned<T>> declare_as(std::string_view name, const Area& scratch) noexcept {
    constexpr std::string_view kSchema = SchemaOf<T>::kView;
    const std::size_t bytes = name.size() + 1 + kSchema.size();
    if (scratch.size() < bytes)
        co_return refuse(Status::out_of_range);
    char* text = scratch.text();
    __builtin_memcpy(text, name.data(), name.size());
    text[name.size()] = '\0';
    __builtin_memcpy(text + name.size() + 1, kSchema.data(), kSchema.size());
    CW_CO_TRY(place, co_await declare({scratch.ref(0, bytes), kLayoutOf<T>, sizeof(T), 0}));
    co_return Owned<T>{place};
}

/// What a reader sees of a variable before it reads it: if this is still so later, there is nothing
/// new. Ordering: as the beginning of read().
[[nodiscard]] inline Seen seen(const Entry& entry) noexcept {
    const std::uint64_t version = entry.version.load(); // [A61]
    const std::uint64_t address = entry.address.load(Order::relaxed);
    if (address == 0)
        return {version, 0};
    return {version,
            mark_of(reinterpret_cast<const void*>(address),
                    entry.form.load(Order::relaxed),
                    entry.bytes.load(Order::relaxed))};
}
/// Waits until the variable is not any more what was seen(), and says what it is now. A publisher
/// that does not announce() is noticed kWatchTickMs later. Requires: its value is shown to this
/// domain (CW_READ, or bind()); CW_REQUIRE(variables::wait). Errors: those of variables::wait, but
/// timed_out: it waits on.
template <class M = wait_method>
[[nodiscard]] Task<Seen> changed(const Entry& entry, Seen before) noexcept {
    for (;;) {
        const auto now = co_await Method<M>{}({entry.index, before});
        if (now || now.error() != Status::timed_out)
            co_return now;
    }
}
/// After publishing: tells those who wait, if anybody does. Nobody need call it; who does spares
/// them a tick. Requires: CW_READ of the variable in this module too;
/// CW_REQUIRE(variables::announce). Errors: those of a call.
template <class M = announce_method>
[[nodiscard]] Task<Nothing> announce_change(const Entry& entry) noexcept {
    if (entry.watchers.load(Order::relaxed) != 0)
        CW_CO_CHECK(co_await Method<M>{}({entry.index}));
    co_return Nothing{};
}

} // namespace cw::variables
