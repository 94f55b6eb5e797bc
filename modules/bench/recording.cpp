#include "recording.hpp"
#include "measure.hpp"
#include <cw/core/arch/counter.hpp>
#include <cw/core/trace_ring.hpp>
#include <cw/sdk/arch/raw_calls.hpp>

namespace bench {

namespace {
using Ring = cw::TraceRing<64>; // it wraps
Ring ring;
} // namespace

cw::Task<> measure_recording() noexcept {
    const std::uint64_t base = overhead();
    ring.initialise();
    auto writer = ring.make_writer<cw::TracePolicy::overwrite>();
    for (int i = 0; i < kRepeats; ++i) {
        const auto number = static_cast<std::uint64_t>(i);
        const std::uint64_t before = cw::raw::instructions();
        writer.record(cw::arch::counter(), 7u, number, ~number);
        figure.add(cw::raw::instructions() - before - base);
    }
    static_cast<void>(co_await report("trace.record", "instructions"));
    cw::TraceEvent<> last[1];
    auto reader = ring.make_reader(kRepeats - 1);
    if (reader.read(last, 1).count != 1 || last[0].args[0] != kRepeats - 1)
        co_return cw::refuse(cw::Status::refused);
    co_return cw::Nothing{};
}

} // namespace bench
