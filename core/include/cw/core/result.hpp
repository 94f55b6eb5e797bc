// Errors are values: Result<T> and the two ways of passing one on.
#pragma once
#include <cw/abi/status.hpp>
#include <expected>
#include <utility>

namespace cw {

template <class T>
using Result = std::expected<T, Status>;

/// Shorthand for returning a refusal from a function that returns Result<T>.
[[nodiscard]] constexpr std::unexpected<Status> refuse(Status status) noexcept {
    return std::unexpected<Status>{status};
}

} // namespace cw

/// Evaluates to the value of a Result or returns its status from the enclosing function.
#define CW_TRY(expression)                                                                         \
    (__extension__({                                                                               \
        auto&& cw_try_result = (expression);                                                       \
        if (!cw_try_result) [[unlikely]]                                                           \
            return ::cw::refuse(cw_try_result.error());                                            \
        *::std::move(cw_try_result);                                                               \
    }))

/// Returns the status from the enclosing function unless it is ok; for Result<void>-like
/// expressions of type Status.
#define CW_CHECK_OK(expression)                                                                    \
    do {                                                                                           \
        if (const ::cw::Status cw_check_status = (expression);                                     \
            cw_check_status != ::cw::Status::ok) [[unlikely]]                                      \
            return ::cw::refuse(cw_check_status);                                                  \
    } while (false)
