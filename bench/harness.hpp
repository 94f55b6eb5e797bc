// What the measuring programmes share: the command line, pinning, the clock, the line they print.
//
// One programme, one concept. `PROGRAMME --list` names its measurements; `PROGRAMME NAME --cpus
// A,B` takes one short sample of one of them, so that whoever calls it can interleave all.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace bench {

/// The two processors of a measurement.
struct Cpus {
    int first = 0;
    int second = 1;
};

struct Measurement {
    std::string_view name;
    void (*run)(const Cpus& cpus);
};

/// The programme: reads the command line, runs what it names. Returns the exit status.
int run(int count, char** arguments, std::span<const Measurement> measurements);

/// For measurements beside those with a name each; see sweep.hpp.
void print_figure(std::string_view name, std::string_view unit, std::vector<std::uint64_t> values);

/// Ends the programme with a message if a call of the system failed.
void check(bool ok, std::string_view what);
/// Ends it with the status that says: cannot be measured on this machine.
[[noreturn]] void absent(std::string_view why);

void pin(int cpu);
[[nodiscard]] std::uint64_t now_ns();

/// In one run; one more, the first, is for warming up. Many short ones: on a busy machine some fit
/// between two interruptions.
inline constexpr int kSamples = 25;

/// Prints the figure `name` in picoseconds an operation: `sample` is called kSamples + 1 times and
/// does `operations` operations each time.
void measure(std::string_view name, std::uint64_t operations, const std::function<void()>& sample);

/// A thread or a process on the other processor that does `serve` until the measurement is over.
/// The caller goes on on the first processor. `serve` is to return by itself.
void beside_thread(const Cpus& cpus,
                   const std::function<void()>& serve,
                   const std::function<void()>& drive);
void beside_process(const Cpus& cpus,
                    const std::function<void()>& serve,
                    const std::function<void()>& drive);

/// Zeroed memory that the process of beside_process shares.
[[nodiscard]] void* shared_memory(std::size_t bytes);
template <class T>
[[nodiscard]] T& shared() {
    return *static_cast<T*>(shared_memory(sizeof(T)));
}

/// Between two looks at a word that another processor writes.
inline void relax() noexcept {
    asm volatile("pause");
}
/// The compiler is to believe that the value is used.
template <class T>
inline void use(const T& value) noexcept {
    asm volatile("" : : "r,m"(value) : "memory");
}

} // namespace bench
