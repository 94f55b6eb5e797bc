// Run when clients of file have ended: nothing of theirs is left.
#include "support.hpp"

CW_MODULE(file_clean_test, {.version = {1, 0}});
CW_REQUIRE(file::open);
CW_REQUIRE(file::read);
CW_REQUIRE(file::close);
CW_REQUIRE(file::statistics);
CW_REQUIRE(cw::memory::area);

using namespace file_tests;

CW_TEST(no_file_is_open_and_nothing_is_under_way) {
    CW_EXPECT((co_await until([](const file::Statistics& now) {
                  return now.open == 0 && now.under_way == 0;
              })).has_value());
}

CW_TEST(files_can_be_read) {
    CW_EXPECT((co_await prepare()).has_value());
    CW_EXPECT_VALUE(opened, co_await file::open({path("data/poem.txt"), file::kRead}));
    CW_EXPECT_VALUE(read, co_await file::read({opened.handle, 0, room(100)}));
    CW_EXPECT(text_of(read) == "one\ntwo\nthree\n");
    CW_EXPECT((co_await file::close({opened.handle})).has_value());
}
