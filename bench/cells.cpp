// Control cells beside what sets a parameter elsewhere: a plain store, and text that is written to
// a file of the kernel's. And what a reader notices when others write as fast as they may.
#include "harness.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cw/core/cells/cell.hpp>
#include <cw/core/cells/move.hpp>
#include <fcntl.h>
#include <unistd.h>

namespace {

using cw::cells::State;
using Value = std::uint64_t;

constexpr std::uint64_t kStores = 20'000;
constexpr std::uint64_t kWrites = 500;
constexpr std::uint64_t kEffects = 1'000;
constexpr std::uint64_t kBatches = 5'000;
constexpr std::uint64_t kLoads = 32; ///< Of a batch: a clock takes longer than a load.
constexpr std::uint64_t kBetweenStores_ns = 1'000;

/// A cell as the nucleus makes one, held by this programme; its parts lie in pages of their own.
struct Subject {
    alignas(4096) cw::cells::Entry entry;
    alignas(4096) cw::cells::Line line;
    alignas(4096) cw::cells::Echo echo;
    cw::cells::Cell<Value> cell{entry, echo};
    cw::cells::Handle<Value> handle{line, entry, echo, 1};

    Subject() {
        entry.max = ~Value{0} - 1;
        cw::cells::move_to<cw::NativeSync>(
            entry, line, reinterpret_cast<std::uint64_t>(&line), 1, 1, State::held);
    }
};
Subject subject;

void store_cell(const bench::Cpus&) {
    auto handle = subject.handle;
    bench::measure("cell.store", kStores, [handle]() mutable {
        for (std::uint64_t i = 0; i < kStores; ++i) {
            handle.store(i);
            asm volatile(""); // one at a time
        }
    });
}

void store_plain(const bench::Cpus&) {
    static cw::Atomic<Value> word;
    bench::measure("store.plain", kStores, [] {
        for (std::uint64_t i = 0; i < kStores; ++i) {
            word.store(i, cw::Order::relaxed); // which is a plain one
            asm volatile("");
        }
    });
}

void load_cell(const bench::Cpus&) {
    bench::measure("cell.load", kStores, [] {
        for (std::uint64_t i = 0; i < kStores; ++i)
            bench::use(subject.cell.load());
    });
}

/// Writes `text` again and again to an open file of Linux's kernel that holds just that.
void write_text(std::string_view name, const char* path, std::string_view text) {
    const int file = open(path, O_WRONLY | O_CLOEXEC);
    const auto bytes = static_cast<ssize_t>(text.size());
    if (file < 0 || pwrite(file, text.data(), text.size(), 0) != bytes)
        bench::absent(std::string{path} + " cannot be written");
    bench::measure(name, kWrites, [=] {
        for (std::uint64_t i = 0; i < kWrites; ++i)
            bench::check(pwrite(file, text.data(), text.size(), 0) == bytes, "pwrite");
    });
    close(file);
}

void write_procfs(const bench::Cpus&) {
    // Whoever raises this may do so: it makes this programme the first to go when memory is short.
    write_text("procfs.pwrite", "/proc/self/oom_score_adj", "900    \n");
}

/// What is written is what is there. A plain number of the kernel's, behind nothing but the reading
/// of its digits.
void write_sysfs(const bench::Cpus&) {
    constexpr const char* kPath = "/sys/kernel/mm/transparent_hugepage/khugepaged/max_ptes_none";
    char text[32];
    const int file = open(kPath, O_RDONLY | O_CLOEXEC);
    const ssize_t bytes = file < 0 ? 0 : read(file, text, sizeof text);
    close(file);
    if (bytes <= 0)
        bench::absent(std::string{kPath} + " cannot be read");
    write_text("sysfs.pwrite", kPath, {text, static_cast<std::size_t>(bytes)});
}

/// From a store until its writer sees that the owner, which runs, goes by it.
void effect(const bench::Cpus& cpus) {
    constexpr Value kEnd = ~Value{0} - 1;
    subject.handle.store(1);
    bench::beside_thread(
        cpus,
        [] {
            Value seen = 0;
            while (seen != kEnd) {
                const auto sample = subject.cell.sample();
                if (sample.value == seen) {
                    bench::relax();
                    continue;
                }
                seen = sample.value;
                subject.cell.applied(sample);
            }
        },
        [] {
            static Value next = 2;
            bench::measure("cell.effect", kEffects, [] {
                for (std::uint64_t i = 0; i < kEffects; ++i, ++next) {
                    subject.handle.store(next);
                    while (subject.handle.applied().value_or(0) != next)
                        bench::relax();
                }
            });
            subject.handle.store(kEnd);
        });
}

/// Of batches of loads, the one that only one in a hundred is slower than.
std::uint64_t slow_batch_ns() {
    static std::array<std::uint64_t, kBatches> took;
    for (std::uint64_t& batch : took) {
        const std::uint64_t begin = bench::now_ns();
        for (std::uint64_t i = 0; i < kLoads; ++i)
            bench::use(subject.cell.load());
        batch = bench::now_ns() - begin;
    }
    auto* const slow = took.data() + kBatches * 99 / 100;
    std::ranges::nth_element(took, slow);
    return *slow;
}

void print_slow_batches(std::string_view name) {
    std::vector<std::uint64_t> values;
    for (int i = 0; i < bench::kSamples; ++i)
        values.push_back(slow_batch_ns());
    bench::print_figure(name, "ns", std::move(values));
}

void load_quiet(const bench::Cpus&) {
    print_slow_batches("cell.load.p99");
}

/// The same while another thread stores a million times a second.
void load_written(const bench::Cpus& cpus) {
    static std::atomic<bool> ends{false};
    bench::beside_thread(
        cpus,
        [] {
            std::uint64_t due = bench::now_ns();
            for (Value i = 0; !ends.load(std::memory_order_relaxed); ++i) {
                subject.handle.store(i);
                for (due += kBetweenStores_ns; bench::now_ns() < due;)
                    bench::relax();
            }
        },
        [] {
            print_slow_batches("cell.load.p99.written");
            ends.store(true, std::memory_order_relaxed);
        });
}

constexpr bench::Measurement kMeasurements[] = {
    {"cell.store", store_cell},
    {"store.plain", store_plain},
    {"cell.load", load_cell},
    {"procfs.pwrite", write_procfs},
    {"sysfs.pwrite", write_sysfs},
    {"cell.effect", effect},
    {"cell.load.p99", load_quiet},
    {"cell.load.p99.written", load_written},
};

} // namespace

int main(int count, char** arguments) {
    return bench::run(count, arguments, kMeasurements);
}
