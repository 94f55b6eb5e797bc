// Of a driver in a process of its own, whose clients' memory is registered with Linux.
#include "support.hpp"

CW_MODULE(file_registered_test, {.version = {1, 0}});
CW_REQUIRE(file::open);
CW_REQUIRE(file::read);
CW_REQUIRE(file::write);
CW_REQUIRE(file::close);
CW_REQUIRE(file::statistics);
CW_REQUIRE(cw::memory::area);

using namespace file_tests;

CW_TEST(memory_of_a_client_becomes_registered) {
    CW_EXPECT((co_await prepare()).has_value());
    constexpr std::uint64_t kFlags = file::kRead | file::kWrite | file::kCreate | file::kTruncate;
    CW_EXPECT_VALUE(opened, co_await file::open({path("data/registered.txt"), kFlags}));
    for (int tries = 0; tries < 1000; ++tries) { // a thread does it, when the area is shown
        CW_EXPECT_VALUE(before, co_await file::statistics());
        CW_EXPECT_VALUE(written, co_await file::write({opened.handle, 0, words("words")}));
        CW_EXPECT_EQUAL(written.bytes, 5);
        std::fill_n(room_text(), 5, '-');
        CW_EXPECT_VALUE(read, co_await file::read({opened.handle, 0, room(5)}));
        CW_EXPECT(text_of(read) == "words");
        CW_EXPECT_VALUE(after, co_await file::statistics());
        if (after.registered == before.registered + 2) {
            CW_EXPECT((co_await file::close({opened.handle})).has_value());
            co_return;
        }
        static_cast<void>(co_await cw::sleep_ns(1'000'000));
    }
    CW_EXPECT(false && "reads and writes go into registered memory");
}
