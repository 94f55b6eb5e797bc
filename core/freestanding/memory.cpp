// The memory functions that a compiler may call in freestanding code.
// Compiled with -fno-builtin, or the loops would be turned into calls of themselves.
#include <cstddef>
#include <cstdint>

extern "C" {

void* memcpy(void* to, const void* from, std::size_t count) {
    auto* d = static_cast<unsigned char*>(to);
    const auto* s = static_cast<const unsigned char*>(from);
    if (((reinterpret_cast<std::uintptr_t>(d) | reinterpret_cast<std::uintptr_t>(s)) & 7) == 0) {
        using Word [[gnu::may_alias]] = std::uint64_t;
        while (count >= 32) {
            auto* dw = reinterpret_cast<Word*>(d);
            const auto* sw = reinterpret_cast<const Word*>(s);
            const Word a = sw[0], b = sw[1], c = sw[2], e = sw[3];
            dw[0] = a;
            dw[1] = b;
            dw[2] = c;
            dw[3] = e;
            d += 32;
            s += 32;
            count -= 32;
        }
        for (; count >= 8; count -= 8, d += 8, s += 8)
            *reinterpret_cast<Word*>(d) = *reinterpret_cast<const Word*>(s);
    }
    while (count-- != 0)
        *d++ = *s++;
    return to;
}

void* memmove(void* to, const void* from, std::size_t count) {
    auto* d = static_cast<unsigned char*>(to);
    const auto* s = static_cast<const unsigned char*>(from);
    if (d < s || d >= s + count)
        return memcpy(to, from, count);
    while (count-- != 0)
        d[count] = s[count];
    return to;
}

void* memset(void* to, int value, std::size_t count) {
    auto* d = static_cast<unsigned char*>(to);
    if ((reinterpret_cast<std::uintptr_t>(d) & 7) == 0) {
        using Word [[gnu::may_alias]] = std::uint64_t;
        const std::uint64_t word = 0x0101010101010101u * static_cast<unsigned char>(value);
        for (; count >= 32; count -= 32, d += 32) {
            auto* dw = reinterpret_cast<Word*>(d);
            dw[0] = word;
            dw[1] = word;
            dw[2] = word;
            dw[3] = word;
        }
        for (; count >= 8; count -= 8, d += 8)
            *reinterpret_cast<Word*>(d) = word;
    }
    while (count-- != 0)
        *d++ = static_cast<unsigned char>(value);
    return to;
}

int memcmp(const void* left, const void* right, std::size_t count) {
    const auto* a = static_cast<const unsigned char*>(left);
    const auto* b = static_cast<const unsigned char*>(right);
    for (; count != 0; --count, ++a, ++b) {
        if (*a != *b)
            return *a < *b ? -1 : 1;
    }
    return 0;
}

void* memchr(const void* in, int value, std::size_t count) {
    const auto* s = static_cast<const unsigned char*>(in);
    for (; count != 0; --count, ++s) {
        if (*s == static_cast<unsigned char>(value))
            return const_cast<unsigned char*>(s);
    }
    return nullptr;
}

std::size_t strlen(const char* text) {
    std::size_t length = 0;
    while (text[length] != '\0')
        ++length;
    return length;
}

std::size_t strnlen(const char* text, std::size_t limit) {
    std::size_t length = 0;
    while (length < limit && text[length] != '\0')
        ++length;
    return length;
}

char* strncpy(char* to, const char* from, std::size_t count) {
    std::size_t i = 0;
    for (; i < count && from[i] != '\0'; ++i)
        to[i] = from[i];
    for (; i < count; ++i)
        to[i] = '\0';
    return to;
}

// Bit functions of libgcc, for processors without Zbb.
int __clzdi2(std::uint64_t value) {
    int count = 0;
    for (unsigned shift = 32; shift != 0; shift >>= 1) {
        if ((value >> (64 - shift)) == 0) {
            count += static_cast<int>(shift);
            value <<= shift;
        }
    }
    return count + (value >> 63 == 0 ? 1 : 0);
}
int __ctzdi2(std::uint64_t value) {
    int count = 0;
    for (unsigned shift = 32; shift != 0; shift >>= 1) {
        if ((value & ((std::uint64_t{1} << shift) - 1)) == 0) {
            count += static_cast<int>(shift);
            value >>= shift;
        }
    }
    return count;
}
int __popcountdi2(std::uint64_t value) {
    int count = 0;
    for (; value != 0; value &= value - 1)
        ++count;
    return count;
}
}
