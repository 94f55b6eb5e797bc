// Shared variables beside what reads such values elsewhere: a sequence lock, and the clock of
// Linux's vDSO.
#include "harness.hpp"

#include <array>
#include <cstring>
#include <ctime>
#include <cw/core/variables/clock.hpp>
#include <cw/modules/bench/sequence_lock.hpp>
#include <sys/time.h>

cw::ModuleState cw_module{}; // declared by the headers, used by none of this

namespace subjects {
struct Words {
    std::array<std::uint64_t, 6> words;
};
} // namespace subjects

namespace {

using subjects::Words;

constexpr std::uint64_t kReads = 20'000;

/// An entry, and a link as the loader makes it, in memory of their own.
template <class T>
struct Variable {
    cw::variables::Entry entry;
    cw::variables::Link link;
    alignas(64) cw::LatchOf<T> latch;
    cw::variables::Publisher<T> publisher;

    Variable() {
        link.place.set(reinterpret_cast<std::uint64_t>(&latch));
        link.entry = &entry;
        entry.version.change(1, cw::variables::State::live, [this] {
            entry.address.store(reinterpret_cast<std::uint64_t>(&latch), cw::Order::relaxed);
            entry.layout.store(cw::variables::kLayoutOf<T>, cw::Order::relaxed);
        });
    }
    void publish(const T& value) {
        publisher.publish(reinterpret_cast<std::uint64_t>(&latch), value);
    }
};

void succeed(cw::Status status) {
    if (status != cw::Status::ok) [[unlikely]]
        bench::check(false, "read");
}

void read_variable(const bench::Cpus&) {
    static Variable<Words> variable;
    variable.publish({{1, 2, 3, 4, 5, 6}});
    bench::measure("var.read48", kReads, [] {
        for (std::uint64_t i = 0; i < kReads; ++i) {
            Words value;
            succeed(cw::variables::read(variable.link, value));
            bench::use(value);
        }
    });
}

void read_sequence_lock(const bench::Cpus&) {
    static bench::SequenceLock lock;
    lock.write({1, 2, 3, 4, 5, 6});
    bench::measure("seqlock.read48", kReads, [] {
        for (std::uint64_t i = 0; i < kReads; ++i) {
            bench::SequenceLock::Value value;
            lock.read(value);
            bench::use(value);
        }
    });
}

/// The scale of this machine, as well as half a millisecond tells it: what it says is of no concern
/// here.
Variable<cw::clock::Scale>& scale() {
    static Variable<cw::clock::Scale> variable;
    const std::uint64_t before = cw::arch::counter();
    const std::uint64_t started = bench::now_ns();
    while (bench::now_ns() - started < 500'000)
        bench::relax();
    const std::uint64_t counts = cw::arch::counter() - before;
    variable.publish({before,
                      (std::uint64_t{500'000} << 32) / counts,
                      started,
                      started,
                      -60,
                      1,
                      cw::arch::kCounterAlgorithm});
    return variable;
}

void read_clock(const bench::Cpus&) {
    static const auto& variable = scale();
    bench::measure("clock.read", kReads, [] {
        for (std::uint64_t i = 0; i < kReads; ++i) {
            cw::clock::Scale known;
            succeed(cw::variables::read(variable.link, known));
            std::uint64_t now = known.boot_ns;
            succeed(cw::clock::add_passed(known, cw::arch::counter(), now));
            bench::use(now);
        }
    });
}

void read_vdso(const bench::Cpus&) {
    bench::measure("clock.vdso", kReads, [] {
        for (std::uint64_t i = 0; i < kReads; ++i) {
            timespec time;
            clock_gettime(CLOCK_MONOTONIC, &time);
            bench::use(time.tv_nsec);
        }
    });
}

void time_of_day(const bench::Cpus&) {
    static const auto& variable = scale();
    bench::measure("clock.time_of_day", kReads, [] {
        for (std::uint64_t i = 0; i < kReads; ++i) {
            cw::clock::TimeValue time;
            cw::clock::TimeZone zone;
            succeed(cw::clock::time_of_day(variable.link, &time, &zone));
            bench::use(time.microseconds + zone.dst);
        }
    });
}

void gettimeofday_vdso(const bench::Cpus&) {
    bench::measure("gettimeofday.vdso", kReads, [] {
        for (std::uint64_t i = 0; i < kReads; ++i) {
            timeval time;
            struct timezone zone;
            gettimeofday(&time, &zone);
            bench::use(time.tv_usec + zone.tz_dsttime);
        }
    });
}

constexpr bench::Measurement kMeasurements[] = {
    {"var.read48", read_variable},
    {"seqlock.read48", read_sequence_lock},
    {"clock.read", read_clock},
    {"clock.vdso", read_vdso},
    {"clock.time_of_day", time_of_day},
    {"gettimeofday.vdso", gettimeofday_vdso},
};

} // namespace

int main(int count, char** arguments) {
    return bench::run(count, arguments, kMeasurements);
}
