// A programme of 32 bits that runs on the kernel of 64 in user mode (kernel/src/reader32_test.cpp
// enters it): reads variables by offsets, from pages that it has at places of its own, and has no
// library beneath it.
#include "../no_library.hpp"
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

// What the compiler may call besides.
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
}
