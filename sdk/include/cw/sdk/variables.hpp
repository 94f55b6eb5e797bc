// Shared variables that are found at run time, by whatever name.
#pragma once
#include <cw/core/service/variables.hpp>
#include <cw/core/task.hpp>
#include <cw/core/variables/declare.hpp>
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

} // namespace cw::variables
