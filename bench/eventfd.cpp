// Two eventfds between two processes.
#include "descriptors.hpp"

#include <sys/eventfd.h>

namespace {

void pingpong(const bench::Cpus& cpus) {
    const int there = eventfd(0, 0), back = eventfd(0, 0);
    bench::check(there >= 0 && back >= 0, "eventfd");
    bench::descriptors_from_rest("eventfd.pingpong", cpus, {back, there, there, back});
}

constexpr bench::Measurement kMeasurements[] = {{"eventfd.pingpong", pingpong}};

} // namespace

int main(int count, char** arguments) {
    return bench::run(count, arguments, kMeasurements);
}
