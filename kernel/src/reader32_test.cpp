#include <cw/core/variables/clock.hpp>
#include <cw/core/variables/declare.hpp>
#include <cw/kernel/arch/csr.hpp>
#include <cw/kernel/boot.hpp>
#include <cw/kernel/paging.hpp>
#include <cw/kernel/reader32.hpp>
#include <cw/kernel/reader32_test.hpp>
#include <cw/kernel/sched.hpp>
#include <cw/nucleus/archive.hpp>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/log.hpp>
#include <cw/nucleus/panic.hpp>
#include <cw/nucleus/segment.hpp>
#include <cw/nucleus/variables.hpp>
#include <string_view>

namespace cw::kernel {

namespace reader32 {
CW_VARIABLE_NAMED(pair, "reader32/pair", Pair);
CW_VARIABLE_NAMED(wide, "reader32/wide", Wide);
static_assert(std::string_view{CwVariable_pair::kName} == kPairName &&
              std::string_view{CwVariable_wide::kName} == kWideName);
} // namespace reader32

namespace {

using namespace reader32;

struct Exit {
    std::uint64_t a0, cause, pc, value;
};
extern "C" bool reader32_enter(std::uint64_t pc,
                               std::uint64_t argument,
                               std::uint64_t sp,
                               std::uint64_t satp,
                               Exit& exit) noexcept;

constexpr std::uint64_t kUserCall = 8;
constexpr std::uint16_t kAsid = 0xffff; ///< No domain's.
constexpr std::uint32_t kReads = 100'000;

struct alignas(kPage) Memory {
    Job job;
    std::byte stack[kMemoryBytes - sizeof(Job)];
};
static_assert(sizeof(Memory) == kMemoryBytes);

Memory memory; ///< The reader's: shared with it, and looked at when it is over.
Published<CwVariable_pair> the_pair;
Published<CwVariable_wide> the_wide;
std::uint32_t published;             ///< By publish(); its hart's, then whoever saw `stopped`.
Atomic<std::uint32_t> stop, stopped; ///< [R103], [R104] release, [A103], [A104] acquire.

void publish() noexcept {
    ++published;
    the_pair.publish({published, published});
    Wide wide;
    // The upper halves change too, now and then.
    wide.numbers.fill(std::uint64_t{published} << 20);
    the_wide.publish(wide);
}

/// Publishes on a hart of its own, a hundred thousand times a second at the most, so that reads
/// succeed in between. Ordering: [A103] acquire, [R104] release; pair with reader32_test()'s.
void publish_until_stopped() noexcept {
    while (stop.load(Order::acquire) == 0) { // [A103]
        publish();
        const std::uint64_t begin = arch::ticks();
        while (arch::ticks() - begin < ticks_per_second() / 100'000) {
        }
    }
    stopped.store(1, Order::release); // [R104]
}

PhysicalAddress physical(const void* address) noexcept {
    const auto page = kernel_space().translate(reinterpret_cast<std::uint64_t>(address));
    CW_ASSERT(page.bytes != 0);
    return page.page + (reinterpret_cast<std::uint64_t>(address) & (page.bytes - 1));
}

void map(AddressSpace& space,
         std::uint64_t to,
         const void* from,
         std::uint64_t bytes,
         std::uint64_t flags) noexcept {
    for (std::uint64_t at = 0; at < bytes; at += kPage) {
        const auto* const page = static_cast<const std::byte*>(from) + at;
        if (kernel_space().translate(reinterpret_cast<std::uint64_t>(page)).bytes != 0)
            CW_ASSERT(space.map(to + at, physical(page), kPage, flags | kPteUser) == Status::ok);
    }
}

ArchiveFile programme() noexcept {
    for (std::uint32_t i = 0; i < archive_count(); ++i) {
        if (const ArchiveFile file = archive_file(i); file.name == "reader_rv32")
            return file;
    }
    panic("reader=rv32: no such file in the archive", __FILE__, __LINE__);
}

/// Locks: kernel_lock held.
void make_space(AddressSpace& space) noexcept {
    CW_ASSERT(space.create(kAsid) == Status::ok);
    const ArchiveFile file = programme();
    map(space, kText, file.data.data(), file.data.size(), kPteRead | kPteExecute);
    map(space, kMemory, &memory, sizeof(memory), kPteRead | kPteWrite);
    const Segment* const names = segment_at(variables_directory());
    const variables::Directory directory{reinterpret_cast<const void*>(variables_directory())};
    const Segment* const values =
        segment_at(directory.find(kScaleName)->address.load(Order::relaxed));
    CW_ASSERT(names != nullptr && values != nullptr);
    map(space, kDirectory, reinterpret_cast<const void*>(names->base), names->bytes, kPteRead);
    map(space, kGroup, reinterpret_cast<const void*>(values->base), values->bytes, kPteRead);
    memory.job.group_bytes = static_cast<std::uint32_t>(values->bytes);
    memory.job.reads = kReads;
}

/// What is wrong with what it read; null: nothing.
const char* complaint_about(const Job& job) noexcept {
    clock::Scale scale{};
    const variables::Directory directory{reinterpret_cast<const void*>(variables_directory())};
    if (variables::read(*directory.find(kScaleName), scale) != Status::ok)
        return "the kernel cannot read the clock";
    static_assert(sizeof(scale) == sizeof(job.scale));
    if (job.pointer_bytes != 4)
        return "it is no programme of 32 bits";
    if (job.errors != 0)
        return "a read was refused";
    if (job.torn != 0)
        return "a value was torn, or older than one before";
    if (job.found_nobody != 0)
        return "it found what nobody publishes";
    if (__builtin_memcmp(&scale, &job.scale, sizeof(scale)) != 0)
        return "the clock reads otherwise";
    if (job.pair.low == 0 || job.pair.low > published || job.values == 0 ||
        job.wide.numbers[0] == 0 || job.wide.numbers[0] >> 20 > published ||
        (job.wide.numbers[0] & 0xf'ffff) != 0)
        return "it read what was not published";
    if (published > kReads / 100 && job.values < 2)
        return "it always read the same";
    return nullptr;
}

} // namespace

bool reader32_test_wanted() noexcept {
    return std::string_view{machine().arguments}.find("reader=rv32") != std::string_view::npos;
}

void reader32_test() noexcept {
    static AddressSpace space;
    {
        const Locked hold{kernel_lock};
        CW_ASSERT(the_pair.create() == Status::ok && the_wide.create() == Status::ok);
        publish();
        make_space(space);
        if (hart_count() > 1) {
            const auto thread = thread_create_kernel("publishes", 4, &publish_until_stopped);
            CW_ASSERT(thread.has_value());
            thread_assign(**thread, hart((this_hart().index + 1) % hart_count()));
            thread_start(**thread);
        } else {
            stopped.store(1, Order::relaxed);
        }
    }
    Exit exit{};
    bool entered = false;
    {
        const arch::InterruptsOff off;
        entered = reader32_enter(kText, kMemory, kMemory + kMemoryBytes, space.satp(), exit);
    }
    stop.store(1, Order::release);              // [R103]
    while (stopped.load(Order::acquire) == 0) { // [A104]
    }
    const Job& job = memory.job;
    const char* const wrong = !entered                  ? "UXL cannot be 1 on this machine"
                              : exit.cause != kUserCall ? "it trapped"
                              : exit.a0 != 1            ? "its registers have more than 32 bits"
                                                        : complaint_about(job);
    log::line(
        "{}reader32: {}; read {} times beside {} values, saw {}, busy {}, torn {}, errors {}; "
        "trap {} at {}, address {}, a0 {}",
        wrong == nullptr ? "" : "PANIC: ",
        wrong == nullptr ? "reads the same" : wrong,
        job.reads,
        published,
        job.values,
        job.busy,
        job.torn,
        job.errors,
        exit.cause,
        Hex{exit.pc},
        Hex{exit.value},
        Hex{exit.a0});
    power_off(wrong == nullptr ? 0 : 101);
}

} // namespace cw::kernel
