// Tests that run in the guest: one source, loaded in every placement.
//
//     CW_MODULE(echo_test, {.version = {1, 0}});
//     CW_REQUIRE(echo::ping);
//
//     CW_TEST(ping_adds_one) {
//         const auto reply = co_await echo::ping({41});
//         CW_EXPECT(reply.has_value());
//         CW_EXPECT_EQUAL(reply->value, 42);
//     }
//
// The shell's command `test echo_test` runs them one after the other. The body of a test is a
// coroutine. The first expectation that does not hold ends it: what follows may rely on it.
#pragma once
#include <algorithm>
#include <concepts>
#include <cw/core/declare.hpp>
#include <cw/core/task.hpp>
#include <cw/core/text.hpp>
#include <cw/sdk/test_service.hpp>
#include <string_view>

namespace cw::test {

/// What the body of a test gives: nothing. A failure is noted down, see failure_text.
struct Ended {};

} // namespace cw::test

namespace cw {

/// As of any task, but the body may end without a co_return.
template <>
struct Promise<test::Ended> : PromiseBase {
    Result<test::Ended> value{refuse(Status::not_ready)};

    Task<test::Ended> get_return_object() noexcept {
        return Task<test::Ended>{std::coroutine_handle<Promise>::from_promise(*this)};
    }
    static Task<test::Ended> get_return_object_on_allocation_failure() noexcept {
        return Task<test::Ended>{nullptr};
    }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept {
        if (continuation != nullptr)
            cw_module.ops->ready(continuation);
        return {};
    }
    void return_void() noexcept { value = test::Ended{}; }
    [[noreturn]] void unhandled_exception() noexcept { __builtin_trap(); }
};

} // namespace cw

namespace cw::test {

using Body = Task<Ended> (*)();

/// A test of this module; registered before the module starts.
class Test {
public:
    Test(const char* name, Body body) noexcept : name_{name}, body_{body} {
        *last = this;
        last = &next_;
    }
    Test(const Test&) = delete;
    Test& operator=(const Test&) = delete;

    [[nodiscard]] std::string_view name() const noexcept { return name_; }
    [[nodiscard]] Task<Ended> start() const noexcept { return body_(); }

    /// Null: there are not so many.
    [[nodiscard]] static const Test* at(std::uint64_t index) noexcept {
        const Test* test = first;
        for (; test != nullptr && index != 0; --index)
            test = test->next_;
        return test;
    }

private:
    static constinit Test* first;
    static constinit Test** last;

    const char* name_;
    Body body_;
    Test* next_ = nullptr;
};
inline constinit Test* Test::first = nullptr;
inline constinit Test** Test::last = &Test::first;

inline constinit Text<400> failure_text{};
inline constinit bool running = false;

/// A value as a failure shows it.
template <class T>
auto shown(const T& value) noexcept {
    if constexpr (std::same_as<T, Status>)
        return name_of(value);
    else
        return value;
}

inline void fail(std::string_view file, unsigned line, std::string_view expression) noexcept {
    file.remove_prefix(file.starts_with("./") ? 2 : 0);
    failure_text.format("{}:{}: {}", file, line, expression);
}

template <std::integral T>
[[nodiscard]] constexpr bool is_negative(T value) noexcept {
    if constexpr (std::is_signed_v<T>)
        return value < 0;
    return false;
}

template <class Actual, class Expected>
[[nodiscard]] bool expect_equal(const Actual& actual,
                                const Expected& expected,
                                std::string_view file,
                                unsigned line,
                                std::string_view expression) noexcept {
    if constexpr (std::integral<Actual> && std::integral<Expected>) {
        if (is_negative(actual) == is_negative(expected) &&
            static_cast<std::uint64_t>(actual) == static_cast<std::uint64_t>(expected))
            return true;
    } else if (actual == expected) {
        return true;
    }
    fail(file, line, expression);
    failure_text.format(" is {}, expected {}", shown(actual), shown(expected));
    return false;
}

// What the module provides.

inline Part part_of(std::string_view text, std::uint64_t offset) noexcept {
    Part part{};
    text.remove_prefix(std::min<std::uint64_t>(offset, text.size()));
    part.bytes = text.copy(part.text.data(), part.text.size());
    return part;
}

inline Count count_tests(Nothing) noexcept {
    Count counted{};
    while (Test::at(counted.tests) != nullptr)
        ++counted.tests;
    return counted;
}

inline Result<Part> name_of_test(Name wanted) noexcept {
    const Test* test = Test::at(wanted.index);
    if (test == nullptr)
        return refuse(Status::out_of_range);
    return part_of(test->name(), wanted.offset);
}

inline Task<Outcome> run_test(Index wanted) noexcept {
    const Test* test = Test::at(wanted.index);
    if (test == nullptr)
        co_return refuse(Status::out_of_range);
    if (running)
        co_return refuse(Status::busy);
    running = true;
    failure_text = {};
    const auto ended = co_await test->start();
    running = false;
    if (!ended) // its frame could not be had
        failure_text.format("could not start: {}", cw::name_of(ended.error()));
    co_return Outcome{failure_text.empty() ? 1u : 0u};
}

inline Part last_failure(Offset from) noexcept {
    return part_of(failure_text.view(), from.offset);
}

#define CW_TEST_RECORD                                                                             \
    [[gnu::section(".cw.records"), gnu::used]] alignas(8) inline constinit const auto
CW_TEST_RECORD kCountRecord = provide_init<count_method, count_tests, Gated::yes, OwnStubs::no>(0);
CW_TEST_RECORD kNameRecord = provide_init<name_method, name_of_test, Gated::yes, OwnStubs::no>(0);
CW_TEST_RECORD kRunRecord = provide_init<run_method, run_test, Gated::yes, OwnStubs::no>(0);
CW_TEST_RECORD kFailureRecord =
    provide_init<failure_method, last_failure, Gated::yes, OwnStubs::no>(0);
#undef CW_TEST_RECORD

} // namespace cw::test

/// A test: its body follows. Its frame comes from the module's pool (ModuleOptions::frame_bytes)
/// and has at most 8 KiB: large objects belong into static memory.
#define CW_TEST(name_)                                                                             \
    static ::cw::Task<::cw::test::Ended> cw_test_##name_() noexcept;                               \
    static ::cw::test::Test cw_test_entry_##name_{#name_, &cw_test_##name_};                       \
    static ::cw::Task<::cw::test::Ended> cw_test_##name_() noexcept

/// Ends the test unless `condition` holds. In the body of a test only; what helpers find out, they
/// return.
#define CW_EXPECT(...)                                                                             \
    do {                                                                                           \
        if (!(__VA_ARGS__)) {                                                                      \
            ::cw::test::fail(__FILE__, __LINE__, #__VA_ARGS__);                                    \
            co_return;                                                                             \
        }                                                                                          \
    } while (false)

/// As CW_EXPECT(actual == expected) for numbers and Status; the failure shows both.
#define CW_EXPECT_EQUAL(actual, ...)                                                               \
    do {                                                                                           \
        if (!::cw::test::expect_equal(actual, (__VA_ARGS__), __FILE__, __LINE__, #actual))         \
            co_return;                                                                             \
    } while (false)

/// Declares `variable` as the value of a Result; ends the test if it is an error.
#define CW_EXPECT_VALUE(variable, ...)                                                             \
    auto variable##_result = (__VA_ARGS__);                                                        \
    if (!variable##_result) {                                                                      \
        ::cw::test::fail(__FILE__, __LINE__, #__VA_ARGS__);                                        \
        ::cw::test::failure_text.format(" gives {}", ::cw::name_of(variable##_result.error()));    \
        co_return;                                                                                 \
    }                                                                                              \
    auto variable = *::std::move(variable##_result)
