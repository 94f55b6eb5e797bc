// A process of 32 bits that reads variables of a system of 64: it maps the directory and the group
// of the nucleus where it likes, and finds everything by offsets. No library beneath it.
//
//     reader32 DIRECTORY-FD BYTES GROUP-FD BYTES
//
// prints what it reads as "name=value" lines; exit status 0 if all of it could be read.
#include "no_library.hpp"
#include <cw/core/variables/read.hpp>

// As the nucleus declares them (clock.hpp, system.hpp), by hand: what a programme in another
// language would do.
struct Scale {
    std::uint64_t counter, multiplier, boot_ns, wall_ns;
    std::int32_t west_minutes, dst;
};
struct Harts { // a part of system/boot
    std::uint32_t harts;
};
/// Of the same record, in another order, one field narrower.
struct Boot {
    std::uint32_t page_bytes;
    std::uint32_t ticks_per_second;
    std::uint64_t number;
};

namespace {

long call(long number, long a, long b, long c, long d = 0, long e = 0, long f = 0) {
    long result;
    asm volatile("pushl %%ebp\n\tmovl %[six], %%ebp\n\tint $0x80\n\tpopl %%ebp"
                 : "=a"(result)
                 : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e), [six] "m"(f)
                 : "memory");
    return result;
}

void put(const char* name, std::uint64_t value) {
    char line[96];
    std::size_t at = 0;
    for (; name[at] != '\0'; ++at)
        line[at] = name[at];
    line[at++] = '=';
    // Bit by bit: a division of 64 bits would be a library's.
    char digits[16];
    for (int i = 15; i >= 0; --i, value >>= 4)
        digits[i] = "0123456789abcdef"[value & 15];
    for (const char digit : digits)
        line[at++] = digit;
    line[at++] = '\n';
    call(4, 1, reinterpret_cast<long>(line), static_cast<long>(at)); // write
}

long number(const char* text) {
    long value = 0;
    for (; *text >= '0' && *text <= '9'; ++text)
        value = value * 10 + *text - '0';
    return value;
}

const std::byte* map(const char* fd, const char* bytes) {
    const long at = call(192, 0, number(bytes), 1, 1, number(fd)); // mmap2: read, shared
    return at < 0 && at > -4096 ? nullptr : reinterpret_cast<const std::byte*>(at);
}

using namespace cw::variables;

template <class T>
bool read_one(const Directory& directory, const Group& group, const char* name, T& value) {
    const Entry* entry = directory.find(name);
    return entry != nullptr && read_in(group, *entry, value) == cw::Status::ok;
}

extern "C" [[noreturn, gnu::used]] void reader_main(const long* stack) {
    const auto* words = reinterpret_cast<const char* const*>(stack + 1);
    int status = 1;
    const std::byte* base = stack[0] == 5 ? map(words[1], words[2]) : nullptr;
    const std::byte* values = base != nullptr ? map(words[3], words[4]) : nullptr;
    if (values != nullptr) {
        const Directory directory{base};
        const Group group{values, static_cast<std::size_t>(number(words[4]))};
        Scale scale;
        Harts harts;
        Boot boot;
        if (read_one(directory, group, "time/scale", scale) &&
            read_one(directory, group, "system/boot", harts) &&
            read_one(directory, group, "system/boot", boot)) {
            put("multiplier", scale.multiplier);
            put("wall_ns", scale.wall_ns);
            put("harts", harts.harts);
            put("page_bytes", boot.page_bytes);
            put("number", boot.number);
            put("header", directory.header().boot);
            status = 0;
        }
    }
    call(1, status, 0, 0); // exit
    __builtin_unreachable();
}

} // namespace

asm(".globl _start\n_start:\n\tmovl %esp, %eax\n\tandl $-16, %esp\n\tsubl $12, %esp\n\tpushl "
    "%eax\n\tcall reader_main\n");
