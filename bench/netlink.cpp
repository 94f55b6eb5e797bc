// How a packet scheduler's rate is changed on Linux: a message of rtnetlink, as `tc qdisc change`
// sends it, to a token bucket in a network of this programme's own.
// Source: rtnetlink(7); Linux, net/sched/sch_tbf.c.
#include "harness.hpp"

#include <cstring>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::uint64_t kChanges = 200;

/// One request: a token bucket as the root of the loopback's queue.
struct Request {
    nlmsghdr header{};
    tcmsg where{};
    struct {
        rtattr head{sizeof(rtattr) + 4, TCA_KIND};
        char name[4]{'t', 'b', 'f', '\0'};
    } kind;
    struct {
        rtattr head{sizeof(rtattr) + sizeof(rtattr) + sizeof(tc_tbf_qopt), TCA_OPTIONS};
        rtattr inner{sizeof(rtattr) + sizeof(tc_tbf_qopt), TCA_TBF_PARMS};
        tc_tbf_qopt bucket{};
    } options;

    explicit Request(std::uint16_t flags) {
        header.nlmsg_len = sizeof *this;
        header.nlmsg_type = RTM_NEWQDISC;
        header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
        where.tcm_family = AF_UNSPEC;
        where.tcm_ifindex = static_cast<int>(if_nametoindex("lo"));
        where.tcm_parent = TC_H_ROOT;
        where.tcm_handle = 1u << 16;
        options.bucket.rate.linklayer = TC_LINKLAYER_ETHERNET;
        options.bucket.rate.rate = 125'000'000; // bytes a second
        options.bucket.limit = 1 << 20;         // bytes
        options.bucket.buffer = 1 << 20;        // ticks of 64 ns: more than a packet of 64 KiB
    }
};

/// Sends it and waits for the answer: 0, or what is wrong.
int ask(int socket, const Request& request) {
    if (send(socket, &request, sizeof request, 0) != static_cast<ssize_t>(sizeof request))
        return errno;
    struct {
        nlmsghdr header;
        nlmsgerr answer;
        char more[256];
    } reply;
    const ssize_t bytes = recv(socket, &reply, sizeof reply, 0);
    if (bytes < static_cast<ssize_t>(sizeof reply.header + sizeof reply.answer) ||
        reply.header.nlmsg_type != NLMSG_ERROR)
        return EPROTO;
    return -reply.answer.error;
}

void change_rate(const bench::Cpus&) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        bench::absent(std::string{"no network of its own: "} + std::strerror(errno));
    const int socket = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    bench::check(socket >= 0, "a netlink socket");
    if (const int wrong = ask(socket, Request{NLM_F_CREATE | NLM_F_REPLACE}); wrong != 0)
        bench::absent(std::string{"no token bucket in this Linux: "} + std::strerror(wrong));
    Request request{0};
    bench::measure("netlink.change", kChanges, [&] {
        for (std::uint64_t i = 0; i < kChanges; ++i) {
            request.options.bucket.rate.rate ^= 8;
            errno = ask(socket, request);
            bench::check(errno == 0, "changing the rate");
        }
    });
    close(socket);
}

constexpr bench::Measurement kMeasurements[] = {{"netlink.change", change_rate}};

} // namespace

int main(int count, char** arguments) {
    return bench::run(count, arguments, kMeasurements);
}
