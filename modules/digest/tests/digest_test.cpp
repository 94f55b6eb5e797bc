// Tests of the service digest, from one source in every placement.
// Source of the vectors: NIST, Secure Hash Standard, examples for SHA-256; FIPS 180-2, appendix B.
#include <cw/modules/digest.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>
#include <optional>

CW_MODULE(digest_test, {.version = {1, 0}});
CW_REQUIRE(digest::open);
CW_REQUIRE(digest::update);
CW_REQUIRE(digest::finish);
CW_REQUIRE(cw::memory::area);

namespace {

constexpr std::uint64_t kAreaBytes = 64 * 1024;

cw::Area area;

cw::Task<> prepare() noexcept {
    if (area.size() == 0) {
        CW_CO_TRY(made, co_await cw::Area::create(kAreaBytes));
        area = made;
    }
    co_return cw::Nothing{};
}

/// True if the digest reads as `expected` in hexadecimal.
bool is(const digest::Sha256& digest, std::string_view expected) noexcept {
    std::array<char, 64> shown{};
    for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
        shown[2 * i] = "0123456789abcdef"[digest.bytes[i] >> 4];
        shown[2 * i + 1] = "0123456789abcdef"[digest.bytes[i] & 15];
    }
    return std::string_view{shown.data(), shown.size()} == expected;
}

constexpr std::string_view kOfNothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::string_view kOfAbc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr std::string_view kOfTwoBlocks =
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
constexpr std::string_view kOfMillion =
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

cw::Task<digest::Sha256> hash(std::string_view text) noexcept {
    CW_CO_TRY(handle, co_await digest::open());
    text.copy(area.text(), text.size());
    CW_CO_CHECK(co_await digest::update({handle.handle, area.ref(0, text.size())}));
    CW_CO_TRY(digest, co_await digest::finish(handle));
    co_return digest;
}

} // namespace

CW_TEST(nothing_has_a_digest) {
    CW_EXPECT_VALUE(handle, co_await digest::open());
    CW_EXPECT_VALUE(digest, co_await digest::finish(handle));
    CW_EXPECT(is(digest, kOfNothing));
}

CW_TEST(known_texts_have_the_known_digests) {
    CW_EXPECT((co_await prepare()).has_value());
    CW_EXPECT_VALUE(one, co_await hash("abc"));
    CW_EXPECT(is(one, kOfAbc));
    CW_EXPECT_VALUE(two, co_await hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"));
    CW_EXPECT(is(two, kOfTwoBlocks));
}

CW_TEST(pieces_in_flight_are_added_in_order) {
    CW_EXPECT((co_await prepare()).has_value());
    // A million times `a`, in pieces of different sizes, none awaited before the next is issued.
    std::fill_n(area.text(), area.size(), 'a');
    static std::array<std::optional<cw::Future<digest::update_method>>, 40> updates;
    CW_EXPECT_VALUE(handle, co_await digest::open());
    std::uint64_t left = 1'000'000;
    for (std::uint64_t i = 0; left != 0; ++i) {
        const std::uint64_t size = std::min(left, 60'000 - i * 1013);
        updates[i].emplace(digest::update({handle.handle, area.ref(i, size)}));
        left -= size;
    }
    for (auto& update : updates) {
        if (update)
            CW_EXPECT((co_await *update).has_value());
        update.reset();
    }
    CW_EXPECT_VALUE(digest, co_await digest::finish(handle));
    CW_EXPECT(is(digest, kOfMillion));
}

CW_TEST(handles_do_not_disturb_each_other) {
    CW_EXPECT((co_await prepare()).has_value());
    std::string_view{"abc"}.copy(area.text(), 3);
    std::array<digest::Handle, 8> handles{};
    for (digest::Handle& handle : handles) {
        CW_EXPECT_VALUE(opened, co_await digest::open());
        handle = opened;
    }
    for (std::uint64_t byte = 0; byte < 3; ++byte) {
        for (std::size_t i = 1; i < handles.size(); ++i)
            CW_EXPECT(
                (co_await digest::update({handles[i].handle, area.ref(byte, 1)})).has_value());
    }
    for (std::size_t i = 0; i < handles.size(); ++i) {
        CW_EXPECT_VALUE(digest, co_await digest::finish(handles[i]));
        CW_EXPECT(is(digest, i == 0 ? kOfNothing : kOfAbc));
    }
}

CW_TEST(what_is_no_handle_is_not_found) {
    CW_EXPECT_VALUE(handle, co_await digest::open());
    CW_EXPECT((co_await digest::finish(handle)).has_value());
    const auto again = co_await digest::finish(handle);
    CW_EXPECT(!again.has_value());
    CW_EXPECT_EQUAL(again.error(), cw::Status::not_found);
    const auto update = co_await digest::update({handle.handle, {}});
    CW_EXPECT(!update.has_value());
    CW_EXPECT_EQUAL(update.error(), cw::Status::not_found);
}

CW_TEST(too_many_handles_are_refused) {
    std::array<digest::Handle, 100> handles{};
    std::size_t count = 0;
    cw::Status status = cw::Status::ok;
    while (count < handles.size()) {
        const auto opened = co_await digest::open();
        if (!opened) {
            status = opened.error();
            break;
        }
        handles[count++] = *opened;
    }
    for (std::size_t i = 0; i < count; ++i)
        CW_EXPECT((co_await digest::finish(handles[i])).has_value());
    CW_EXPECT_EQUAL(status, cw::Status::no_resource);
    CW_EXPECT(count != 0);
}
