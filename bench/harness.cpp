#include "harness.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace bench {

namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kAbsent = 77; // as test drivers have it for "skipped"

bool read_cpus(std::string_view text, Cpus& cpus) {
    const char* const end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, cpus.first);
    if (first.ec != std::errc{} || first.ptr == end || *first.ptr != ',')
        return false;
    const auto second = std::from_chars(first.ptr + 1, end, cpus.second);
    return second.ec == std::errc{} && second.ptr == end;
}

int complain(const char* programme, std::span<const Measurement> measurements) {
    std::fprintf(stderr, "usage: %s --list | NAME --cpus A,B\nNAME is one of:\n", programme);
    for (const Measurement& one : measurements)
        std::fprintf(stderr, "  %.*s\n", static_cast<int>(one.name.size()), one.name.data());
    return kUsage;
}

} // namespace

int run(int count, char** arguments, std::span<const Measurement> measurements) {
    if (count == 2 && std::string_view{arguments[1]} == "--list") {
        for (const Measurement& one : measurements)
            std::printf("%.*s\n", static_cast<int>(one.name.size()), one.name.data());
        return 0;
    }
    Cpus cpus;
    if (count != 4 || std::string_view{arguments[2]} != "--cpus" || !read_cpus(arguments[3], cpus))
        return complain(arguments[0], measurements);
    for (const Measurement& one : measurements) {
        if (one.name == arguments[1]) {
            pin(cpus.first);
            one.run(cpus);
            return 0;
        }
    }
    return complain(arguments[0], measurements);
}

void check(bool ok, std::string_view what) {
    if (ok)
        return;
    std::fprintf(
        stderr, "%.*s: %s\n", static_cast<int>(what.size()), what.data(), std::strerror(errno));
    std::exit(kFailed);
}

void absent(std::string_view why) {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(why.size()), why.data());
    std::exit(kAbsent);
}

void pin(int cpu) {
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(static_cast<std::size_t>(cpu), &only);
    check(sched_setaffinity(0, sizeof(only), &only) == 0, "pinning to a processor");
}

std::uint64_t now_ns() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(now.tv_nsec);
}

void print_figure(std::string_view name, std::string_view unit, std::vector<std::uint64_t> values) {
    std::ranges::sort(values);
    std::printf("@figure name=%.*s unit=%.*s min=%llu median=%llu n=%zu\n",
                static_cast<int>(name.size()),
                name.data(),
                static_cast<int>(unit.size()),
                unit.data(),
                static_cast<unsigned long long>(values.front()),
                static_cast<unsigned long long>(values[values.size() / 2]),
                values.size());
    std::fflush(stdout); // a process that forks later must not print it again
}

void measure(std::string_view name, std::uint64_t operations, const std::function<void()>& sample) {
    sample();
    std::vector<std::uint64_t> values;
    for (int i = 0; i < kSamples; ++i) {
        const std::uint64_t begin = now_ns();
        sample();
        values.push_back((now_ns() - begin) * 1000 / operations);
    }
    print_figure(name, "ps", std::move(values));
}

void beside_thread(const Cpus& cpus,
                   const std::function<void()>& serve,
                   const std::function<void()>& drive) {
    std::thread other{[&] {
        pin(cpus.second);
        serve();
    }};
    drive();
    other.join();
}

void beside_process(const Cpus& cpus,
                    const std::function<void()>& serve,
                    const std::function<void()>& drive) {
    std::fflush(nullptr);
    const pid_t parent = getpid();
    const pid_t child = fork();
    check(child >= 0, "fork");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(kFailed);
        pin(cpus.second);
        serve();
        _exit(0);
    }
    drive();
    int status = 0;
    check(waitpid(child, &status, 0) == child, "waitpid");
    if (status != 0) {
        std::fprintf(stderr, "the other process ended with status %d\n", status);
        std::exit(kFailed);
    }
}

void* shared_memory(std::size_t bytes) {
    void* const memory = mmap(
        nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    check(memory != MAP_FAILED, "mmap");
    return memory;
}

} // namespace bench
