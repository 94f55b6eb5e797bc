// Tests of the service file, from one source in every placement.
#include <cw/modules/file.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>

CW_MODULE(file_test, {.version = {1, 0}});
CW_REQUIRE(file::open);
CW_REQUIRE(file::read);
CW_REQUIRE(file::close);
CW_REQUIRE(cw::memory::area);

namespace {
cw::Area area;
cw::Task<> prepare() noexcept {
    if (area.size() == 0) {
        CW_CO_TRY(made, co_await cw::Area::create(64 * 1024));
        area = made;
    }
    co_return cw::Nothing{};
}
cw::BufferRef path(std::string_view text) noexcept {
    text.copy(area.text(), text.size());
    return area.ref(0, text.size());
}
} // namespace

CW_TEST(a_file_is_read) {
    CW_EXPECT((co_await prepare()).has_value());
    CW_EXPECT_VALUE(opened, co_await file::open({path("data/poem.txt"), file::kRead}));
    CW_EXPECT_EQUAL(opened.size, 14);
    CW_EXPECT_VALUE(read, co_await file::read({opened.handle, 0, area.out(4096, 100)}));
    CW_EXPECT_EQUAL(read.bytes, 14);
    CW_EXPECT(std::string_view(area.text() + 4096, 14) == "one\ntwo\nthree\n");
    CW_EXPECT((co_await file::close({opened.handle})).has_value());
}
