// Methods: how provider and callers declare what they share, and what travels.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cw/abi/call.hpp>
#include <cw/abi/records.hpp>
#include <cw/core/reflect.hpp>
#include <string_view>
#include <type_traits>

namespace cw {

struct Version {
    std::uint32_t major = 1;
    std::uint32_t minor = 0;
};

/// The empty record.
struct Nothing {};

/// What may travel inline: up to 48 bytes, no padding, no pointers (reflection refuses them).
template <class T>
concept Record = std::is_aggregate_v<T> && std::is_trivially_copyable_v<T> &&
                 (std::is_empty_v<T> || (std::has_unique_object_representations_v<T> &&
                                         sizeof(T) <= abi::kMaxInlineWords * 8));

template <Record T>
inline constexpr std::size_t kWords = std::is_empty_v<T> ? 0 : (sizeof(T) + 7) / 8;

template <Record T>
using Words = std::array<std::uint64_t, kWords<T>>;

/// The record as words, zero padded.
template <Record T>
[[gnu::always_inline]] inline Words<T> to_words(const T& record) noexcept {
    Words<T> words{};
    if constexpr (kWords<T> != 0)
        __builtin_memcpy(words.data(), &record, sizeof(T));
    return words;
}

template <Record T>
[[gnu::always_inline]] inline T from_words(const std::uint64_t* words) noexcept {
    T record;
    if constexpr (kWords<T> != 0)
        __builtin_memcpy(&record, words, sizeof(T));
    return record;
}

/// Text and hash that identify a method with its layouts, for instance
/// "digest.sha256(data:Buffer)->(bytes:u8[32])".
template <class M>
consteval auto signature_of() {
    reflect::FixedText<abi::kMaxSignatureBytes + 1> text;
    text += M::kName;
    text += "(";
    reflect::append_record<typename M::Arguments>(text);
    text += ")->(";
    reflect::append_record<typename M::Reply>(text);
    text += ")";
    return text;
}

template <class M>
struct Signature {
    static constexpr auto kLong = signature_of<M>();
    /// NUL-terminated, no longer than needed.
    static constexpr auto kText = [] {
        std::array<char, kLong.size + 1> text{};
        for (std::size_t i = 0; i < kLong.size; ++i)
            text[i] = kLong.data[i];
        return text;
    }();
    static constexpr std::uint64_t kHash = abi::signature_hash(kLong.data, kLong.size);
};

namespace detail {
template <class T>
inline constexpr bool kIsBuffer = std::is_same_v<T, BufferRef> || std::is_same_v<T, OutBuffer>;

template <class Fields, std::size_t... I>
consteval bool writes_buffer(std::index_sequence<I...>) {
    return (std::is_same_v<std::remove_cvref_t<std::tuple_element_t<I, Fields>>, OutBuffer> || ...);
}

template <class Fields, std::size_t... I>
consteval void add_buffers(abi::MethodShape& shape, std::index_sequence<I...>) {
    const bool is_buffer[] = {kIsBuffer<std::remove_cvref_t<std::tuple_element_t<I, Fields>>>...,
                              false};
    const std::size_t sizes[] = {sizeof(std::remove_cvref_t<std::tuple_element_t<I, Fields>>)...,
                                 0};
    std::size_t offset = 0; // of field i: records have no padding
    for (std::size_t i = 0; i < sizeof...(I); ++i) {
        if (is_buffer[i])
            shape.buffer_word[shape.buffers++] = static_cast<std::uint8_t>(offset / 8);
        offset += sizes[i];
    }
}
} // namespace detail

/// Words and buffers of a method; at most two buffers, direct fields of the argument record.
template <class M>
consteval abi::MethodShape shape_of() {
    using Arguments = typename M::Arguments;
    using Fields = decltype(reflect::fields(std::declval<Arguments&>()));
    abi::MethodShape shape{};
    shape.argument_words = kWords<Arguments>;
    shape.reply_words = kWords<typename M::Reply>;
    detail::add_buffers<Fields>(shape, std::make_index_sequence<std::tuple_size_v<Fields>>{});
    return shape;
}

/// The MethodFlags that follow from the records.
template <class M>
consteval std::uint32_t flags_of() {
    using Fields = decltype(reflect::fields(std::declval<typename M::Arguments&>()));
    return detail::writes_buffer<Fields>(std::make_index_sequence<std::tuple_size_v<Fields>>{})
               ? abi::kMethodWritesBuffer
               : 0u;
}

/// True if the reply does not fit into one word, so that it needs an address to go to.
template <class M>
inline constexpr bool kLargeReply = kWords<typename M::Reply> > 1;

/// The slot that calls of method M go through; CW_REQUIRE defines it in a module.
template <class M>
struct SlotOf {
    [[gnu::section(".cw.slots"), gnu::visibility("hidden")]] static abi::Slot value;
};

} // namespace cw
