// What the compiler may call, for a programme without a library. Defines it: for one source of
// each.
#pragma once
#include <cstddef>

namespace std {
void __throw_out_of_range_fmt(const char*, ...) {
    __builtin_trap();
}
} // namespace std

extern "C" {
void* memcpy(void* to, const void* from, std::size_t bytes) {
    auto* out = static_cast<char*>(to);
    for (const auto* in = static_cast<const char*>(from); bytes != 0; --bytes)
        *out++ = *in++;
    return to;
}
void* memset(void* to, int value, std::size_t bytes) {
    for (auto* out = static_cast<char*>(to); bytes != 0; --bytes)
        *out++ = static_cast<char>(value);
    return to;
}
int memcmp(const void* a, const void* b, std::size_t bytes) {
    const auto* x = static_cast<const unsigned char*>(a);
    for (const auto* y = static_cast<const unsigned char*>(b); bytes != 0; --bytes, ++x, ++y) {
        if (*x != *y)
            return *x - *y;
    }
    return 0;
}
std::size_t strlen(const char* text) {
    std::size_t length = 0;
    while (text[length] != '\0')
        ++length;
    return length;
}
void* memchr(const void* memory, int value, std::size_t bytes) {
    auto* at = static_cast<unsigned char*>(const_cast<void*>(memory));
    for (; bytes != 0; --bytes, ++at) {
        if (*at == static_cast<unsigned char>(value))
            return at;
    }
    return nullptr;
}
}
