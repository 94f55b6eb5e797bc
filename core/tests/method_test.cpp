// Signatures, layouts and hashes as they are computed at compile time. The texts are part of the
// binary contract: a change here breaks old modules.
#include <cw/core/declare.hpp>
#include <cw/core/future.hpp>
#include <gtest/gtest.h>

namespace cw::method_test { // records of an unnamed namespace have no name that could be reflected

enum class Colour : std::uint16_t { red };
struct Inner {
    std::uint8_t a;
    std::uint8_t b;
};
struct Everything {
    std::uint8_t byte;
    bool flag;
    char letter;
    std::int8_t small;
    Inner inner;
    Colour colour;
    std::array<std::uint32_t, 2> pair;
    std::int64_t large;
};
struct Numbers {
    std::uint16_t u16;
    std::int16_t i16;
    std::uint32_t u32;
    std::int32_t i32;
    std::uint32_t other;
};
struct Sent {
    std::uint64_t position;
    BufferRef data;
    OutBuffer result;
};
struct Full {
    std::array<std::uint64_t, 6> words;
};
struct Odd {
    std::array<char, 5> text;
};
struct Eight {
    std::uint8_t a, b, c, d, e, f, g, h;
};

CW_METHOD(test, everything, Everything, Numbers, 2, 7);
CW_METHOD(test, nothing, Nothing, Nothing, 1, 0);
CW_METHOD(test, buffers, Sent, Full, 1, 0);
CW_METHOD(test, odd, Odd, Eight, 1, 0);

template <class M>
std::string_view signature(const Method<M>&) {
    const auto& text = Signature<M>::kText;
    EXPECT_EQ(text.back(), '\0');
    return {text.data(), text.size() - 1};
}

TEST(Signature, golden_texts) {
    EXPECT_EQ(signature(nothing), "test.nothing()->()");
    EXPECT_EQ(signature(everything),
              "test.everything(byte:u8,flag:bool,letter:char,small:i8,inner:{a:u8,b:u8},colour:u16,"
              "pair:u32[2],large:i64)->(u16:u16,i16:i16,u32:u32,i32:i32,other:u32)");
    EXPECT_EQ(signature(buffers),
              "test.buffers(position:u64,data:Buffer,result:OutBuffer)->(words:u64[6])");
    EXPECT_EQ(signature(odd), "test.odd(text:char[5])->(a:u8,b:u8,c:u8,d:u8,e:u8,f:u8,g:u8,h:u8)");
}

TEST(Signature, golden_hashes) {
    // FNV-1a, 64 bits; the first two are published test vectors.
    EXPECT_EQ(abi::signature_hash("", 0), 0xcbf2'9ce4'8422'2325u);
    EXPECT_EQ(abi::signature_hash("a", 1), 0xaf63'dc4c'8601'ec8cu);
    EXPECT_EQ(Signature<nothing_method>::kHash, abi::signature_hash("test.nothing()->()", 18));
    EXPECT_EQ(Signature<everything_method>::kHash, 7823908739151618993u);
    EXPECT_EQ(Signature<buffers_method>::kHash, 4249501496831577606u);
}

TEST(Shape, words_and_buffers) {
    constexpr abi::MethodShape kBuffers = shape_of<buffers_method>();
    EXPECT_EQ(kBuffers.argument_words, 5);
    EXPECT_EQ(kBuffers.reply_words, 6);
    EXPECT_EQ(kBuffers.buffers, 2);
    EXPECT_EQ(kBuffers.buffer_word[0], 1);
    EXPECT_EQ(kBuffers.buffer_word[1], 3);
    EXPECT_EQ(flags_of<buffers_method>(), abi::kMethodWritesBuffer);
    constexpr abi::MethodShape kNothing = shape_of<nothing_method>();
    EXPECT_EQ(kNothing.argument_words, 0);
    EXPECT_EQ(kNothing.reply_words, 0);
    EXPECT_EQ(flags_of<nothing_method>(), 0u);
    EXPECT_EQ(shape_of<odd_method>().argument_words, 1);
    EXPECT_EQ(shape_of<everything_method>().argument_words, 3);
    EXPECT_TRUE(kLargeReply<buffers_method>);
    EXPECT_FALSE(kLargeReply<odd_method>);
}

TEST(Records, travel_as_words) {
    const Odd sent{{'h', 'e', 'l', 'l', 'o'}};
    const Words<Odd> words = to_words(sent);
    EXPECT_EQ(words[0], 0x6f'6c6c'6568u) << "zero padded";
    EXPECT_EQ(from_words<Odd>(words.data()).text, sent.text);
    const Full full{{1, 2, 3, 4, 5, 6}};
    EXPECT_EQ(from_words<Full>(to_words(full).data()).words, full.words);
}

// What may not travel.
struct Padded {
    std::uint8_t a;
    std::uint32_t b;
};
struct TooLarge {
    std::array<std::uint64_t, 7> words;
};
struct Floating {
    double value;
};
struct NotTrivial {
    NotTrivial(const NotTrivial&);
    std::uint64_t value;
};
static_assert(Record<Nothing> && Record<Full> && Record<Odd> && Record<Sent>);
static_assert(!Record<Padded>, "padding");
static_assert(!Record<TooLarge>, "more than 48 bytes");
static_assert(!Record<Floating>, "no unique representation");
static_assert(!Record<NotTrivial> && !Record<std::uint64_t>);

static_assert(reflect::field_count<Nothing>() == 0);
static_assert(reflect::field_count<Eight>() == reflect::kMaxFields);
static_assert(reflect::field_count<Everything>() == 8);
static_assert(reflect::field_name<Everything, 4>() == "inner");
static_assert(reflect::field_name<Inner, 1>() == "b");

} // namespace cw::method_test
