// Tests of the service console, from one source in every placement. What they write is looked for
// by console.toml.
#include <cw/modules/console.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>
#include <cw/sdk/wait.hpp>

CW_MODULE(console_test, {.version = {1, 0}});
CW_REQUIRE(console::put);
CW_REQUIRE(console::write);
CW_REQUIRE(console::read);
CW_REQUIRE(cw::memory::area);

namespace {

console::Inline few(std::string_view text) noexcept {
    console::Inline record{};
    record.size = text.copy(record.bytes.data(), record.bytes.size());
    return record;
}

} // namespace

CW_TEST(puts_a_few_bytes) {
    CW_EXPECT_VALUE(written, co_await console::put(few("put by console_test\r\n")));
    CW_EXPECT_EQUAL(written.bytes, 21);
}

CW_TEST(puts_at_most_what_a_record_holds) {
    console::Inline record = few("put what is in the record, and no more\r\n");
    record.size = 1000;
    CW_EXPECT_VALUE(written, co_await console::put(record));
    CW_EXPECT_EQUAL(written.bytes, record.bytes.size());
}

CW_TEST(writes_a_buffer) {
    constexpr std::string_view kLine = "a line that a buffer holds, written by console_test\r\n";
    CW_EXPECT_VALUE(area, co_await cw::Area::create(4096));
    std::uint64_t size = 0;
    for (int i = 0; i < 3; ++i)
        size += kLine.copy(area.text() + size, kLine.size());
    CW_EXPECT_VALUE(written, co_await console::write({area.ref(0, size)}));
    CW_EXPECT_EQUAL(written.bytes, size);
}

CW_TEST(puts_in_flight_come_in_order) {
    auto first = console::put(few("first, "));
    auto second = console::put(few("second, "));
    auto third = console::put(few("third\r\n"));
    CW_EXPECT((co_await third).has_value());
    CW_EXPECT((co_await second).has_value());
    CW_EXPECT((co_await first).has_value());
}

CW_TEST(a_second_reader_is_refused) {
    auto first = console::read(); // unless the shell reads already
    const auto second = co_await console::read().by(cw_module.ops->now() + 1'000'000'000);
    first.cancel();
    CW_EXPECT(!second.has_value());
    CW_EXPECT_EQUAL(second.error(), cw::Status::busy);
    CW_EXPECT(
        (co_await console::put(few("."))).has_value()); // the next test reads: not before that
}

// Nobody else may read, so not from the prompt.
CW_TEST(a_reader_that_gave_up_is_no_reader) {
    for (int i = 0; i < 3; ++i) {
        auto reading = console::read();
        // Behind the read and its cancellation: the console has seen both.
        CW_EXPECT((co_await console::put(few("."))).has_value());
        reading.cancel();
        CW_EXPECT((co_await console::put(few("."))).has_value());
        // And with the console on this executor, its reader has had its turn.
        static_cast<void>(co_await cw::sleep_ns(100'000));
        const auto given_up = co_await reading;
        CW_EXPECT(!given_up.has_value());
        CW_EXPECT_EQUAL(given_up.error(), cw::Status::cancelled);
    }
}
