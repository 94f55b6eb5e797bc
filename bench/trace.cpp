// Causeway's trace ring as a flight recorder: one writer, two arguments, the oldest overwritten.
#include "harness.hpp"

#include <cw/core/trace_ring.hpp>
#include <x86intrin.h>

namespace {

using Ring = cw::TraceRing<4096>;
constexpr std::uint64_t kRecords = 20'000;

template <bool kTimed>
void record(std::string_view name) {
    auto& ring = bench::shared<Ring>();
    ring.initialise();
    auto writer = ring.make_writer<cw::TracePolicy::overwrite>();
    bench::measure(name, kRecords, [&] {
        for (std::uint64_t i = 0; i < kRecords; ++i)
            writer.record(kTimed ? __rdtsc() : i, 7u, i, ~i);
    });
    cw::TraceEvent<> last[1];
    auto reader = ring.make_reader(kRecords * (bench::kSamples + 1) - 1);
    bench::check(reader.read(last, 1).count == 1 && last[0].args[0] == kRecords - 1,
                 "the last record");
}

constexpr bench::Measurement kMeasurements[] = {
    {"trace.record", [](const bench::Cpus&) { record<true>("trace.record"); }},
    {"trace.record.untimed", [](const bench::Cpus&) { record<false>("trace.record.untimed"); }},
};

} // namespace

int main(int count, char** arguments) {
    return bench::run(count, arguments, kMeasurements);
}
