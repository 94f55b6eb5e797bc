#include "sha256.hpp"
#include <gtest/gtest.h>
#include <string>
#include <string_view>

namespace {

std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span{text});
}

std::string hex(const std::array<std::uint8_t, 32>& digest) {
    std::string text;
    for (const std::uint8_t byte : digest) {
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
    }
    return text;
}

std::string sha256(std::string_view text) {
    digest::Sha256State state;
    state.add(bytes(text));
    return hex(state.finish());
}

/// Bytes without a pattern that a wrong order of words could hide.
std::string sample(std::size_t size) {
    std::string text;
    std::uint32_t x = 1;
    for (std::size_t i = 0; i < size; ++i) {
        x = x * 1664525 + 1013904223;
        text += static_cast<char>(x >> 24);
    }
    return text;
}

// Source: FIPS 180-2, appendix B; the empty message: NIST CAVP, SHA256ShortMsg.rsp.
TEST(Sha256, gives_the_published_digests) {
    EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(sha256(std::string(1'000'000, 'a')),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// Around each border of a block and of the padding. Expected: sha256sum of the digests, one a line.
TEST(Sha256, is_right_for_every_length) {
    std::string all;
    for (std::size_t size = 0; size <= 260; ++size)
        all += sha256(sample(size)) + "\n";
    EXPECT_EQ(sha256(all), "055c38f692b1b821fe7a03f671f014a6b6d5a7a342a3e37287ee871e90f50ef5");
}

TEST(Sha256, does_not_depend_on_how_the_data_is_cut) {
    const std::string text = sample(517);
    const std::string whole = sha256(text);
    for (std::size_t first = 0; first <= 130; ++first) {
        for (const std::size_t second : {0u, 1u, 55u, 63u, 64u, 65u, 128u, 300u}) {
            digest::Sha256State state;
            std::string_view rest = text;
            for (const std::size_t size : {first, second, text.size()}) {
                state.add(bytes(rest.substr(0, size)));
                rest.remove_prefix(std::min(size, rest.size()));
            }
            ASSERT_EQ(hex(state.finish()), whole) << first << " " << second;
        }
    }
}

TEST(Sha256, takes_data_at_any_alignment) {
    const std::string text = sample(300);
    for (std::size_t offset = 0; offset < 8; ++offset) {
        const std::string moved = std::string(offset, 'x') + text;
        EXPECT_EQ(sha256(std::string_view{moved}.substr(offset)), sha256(text));
    }
}

} // namespace
