// A programme of 32 bits that runs on the kernel of 64 in user mode (kernel/src/reader32_test.cpp
// enters it): reads variables by offsets, from pages that it has at places of its own, and has no
// library beneath it.
#include <cw/core/variables/read.hpp>
#include <cw/kernel/reader32.hpp>

/// A part of Scale, in another order: found by the schema.
struct Part {
    std::int32_t dst, west_minutes;
    std::uint64_t counter;
};

namespace {

using namespace cw::variables;
using namespace cw::kernel::reader32;

struct Reader {
    Job& job;
    Directory directory{reinterpret_cast<const void*>(kDirectory)};
    Group group{reinterpret_cast<const std::byte*>(kGroup), job.group_bytes};

    template <class T>
    bool read(const Entry* entry, T& value) {
        const cw::Status status =
            entry == nullptr ? cw::Status::not_found : read_in(group, *entry, value);
        job.busy += status == cw::Status::busy;
        job.errors += status != cw::Status::ok && status != cw::Status::busy;
        return status == cw::Status::ok;
    }
};

extern "C" [[gnu::used]] void reader_main(Job* given) {
    Job& job = *given;
    Reader reader{job};
    job.pointer_bytes = sizeof(void*);
    job.found_nobody = reader.directory.find(kNobodysName) != nullptr;
    const Entry* const scale = reader.directory.find(kScaleName);
    reader.read(scale, job.scale);
    Part part{};
    reader.read(scale, part);
    job.torn += part.counter != job.scale.counter;
    const Entry* const pair = reader.directory.find(kPairName);
    const Entry* const wide = reader.directory.find(kWideName);
    for (std::uint32_t i = 0; i < job.reads; ++i) {
        if (Pair read; reader.read(pair, read)) {
            job.torn += read.low != read.high || read.low < job.pair.low;
            job.pair = read;
        }
        if (Wide read; reader.read(wide, read)) {
            for (const std::uint64_t number : read.numbers)
                job.torn += number != read.numbers[0];
            job.torn += read.numbers[0] < job.wide.numbers[0];
            job.values += read.numbers[0] != job.wide.numbers[0];
            job.wide = read;
        }
    }
}

} // namespace

// a0: the Job; the stack is there. At the end it traps with what only 32 bits give: 1 where -1 is
// shifted right by 31, and otherwise 2^33 - 1.
asm(".section .text.start, \"ax\"\n"
    ".globl _start\n_start:\n\tcall reader_main\n\tli a0, -1\n\tsrli a0, a0, 31\n\tecall\n");

namespace std {
void __throw_out_of_range_fmt(const char*, ...) {
    __builtin_trap();
}
} // namespace std

// What the compiler may call.
extern "C" {
/// A processor of 32 bits has no load of eight bytes. A word of eight bytes that is stored as a
/// whole is whole here if its upper half was the same before and after: counters, as versions and
/// generations are, only grow. What other words are of (the values in a latch) is checked with
/// those. Ordering: at least the one asked for, by full fences.
std::uint64_t __atomic_load_8(const volatile void* from, int) {
    const auto* halves = static_cast<const volatile std::uint32_t*>(from);
    for (;;) {
        const std::uint32_t high = halves[1];
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        const std::uint32_t low = halves[0];
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        if (halves[1] == high)
            return std::uint64_t{high} << 32 | low;
    }
}
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
