// Pipes between two processes, one in each direction.
#include "descriptors.hpp"
#include "sweep.hpp"

namespace {

bench::Ends make() {
    int there[2], back[2];
    bench::check(pipe(there) == 0 && pipe(back) == 0, "pipe");
    return {back[0], there[1], there[0], back[1]};
}

constexpr bench::Measurement kMeasurements[] = {
    {"pipe.pingpong",
     [](const bench::Cpus& cpus) { bench::descriptors_from_rest("pipe.pingpong", cpus, make()); }},
    {"pipe.stream",
     [](const bench::Cpus& cpus) { bench::descriptor_stream("pipe.stream", cpus, make()); }},
    {"sweep.payload.pipe",
     [](const bench::Cpus& cpus) { bench::sweep_payload("sweep.payload.pipe", cpus, make()); }},
    {"sweep.depth.pipe",
     [](const bench::Cpus& cpus) { bench::sweep_depth("sweep.depth.pipe", cpus, make()); }},
};

} // namespace

int main(int count, char** arguments) {
    return bench::run(count, arguments, kMeasurements);
}
