// A pair of Unix sockets between two processes: stream sockets for the sweeps, whose messages may
// be of any size, and sockets that keep message boundaries for the rest.
#include "descriptors.hpp"
#include "sweep.hpp"

#include <sys/socket.h>

namespace {

bench::Ends make(int type) {
    int pair[2];
    bench::check(socketpair(AF_UNIX, type, 0, pair) == 0, "socketpair");
    return {pair[0], pair[0], pair[1], pair[1]};
}

constexpr bench::Measurement kMeasurements[] = {
    {"unix.pingpong",
     [](const bench::Cpus& cpus) {
         bench::descriptors_from_rest("unix.pingpong", cpus, make(SOCK_SEQPACKET));
     }},
    {"unix.stream",
     [](const bench::Cpus& cpus) {
         bench::descriptor_stream("unix.stream", cpus, make(SOCK_SEQPACKET));
     }},
    {"sweep.payload.unix",
     [](const bench::Cpus& cpus) {
         bench::sweep_payload("sweep.payload.unix", cpus, make(SOCK_STREAM));
     }},
    {"sweep.depth.unix",
     [](const bench::Cpus& cpus) {
         bench::sweep_depth("sweep.depth.unix", cpus, make(SOCK_STREAM));
     }},
};

} // namespace

int main(int count, char** arguments) {
    return bench::run(count, arguments, kMeasurements);
}
