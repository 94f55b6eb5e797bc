// io_uring: what it costs to hand operations that do nothing to Linux, and to pass a message from
// one ring to another.
#include "harness.hpp"

#include <cstring>
#include <liburing.h>
#include <string>

namespace {

constexpr unsigned kEntries = 256;

class Ring {
public:
    Ring() {
        const int error = io_uring_queue_init(kEntries, &ring_, 0);
        if (error == -ENOSYS || error == -EPERM)
            bench::absent("io_uring is not allowed here");
        errno = -error;
        bench::check(error == 0, "io_uring_queue_init");
    }
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;
    ~Ring() { io_uring_queue_exit(&ring_); }
    [[nodiscard]] io_uring* get() { return &ring_; }

private:
    io_uring ring_{};
};

/// `depth` operations in one system call, then all their completions.
void nops(Ring& ring, unsigned depth) {
    for (unsigned i = 0; i < depth; ++i) {
        io_uring_sqe* const entry = io_uring_get_sqe(ring.get());
        io_uring_prep_nop(entry);
        entry->user_data = i;
    }
    bench::check(io_uring_submit_and_wait(ring.get(), depth) == static_cast<int>(depth),
                 "io_uring_submit_and_wait");
    unsigned head = 0, seen = 0;
    io_uring_cqe* completion = nullptr;
    io_uring_for_each_cqe(ring.get(), head, completion) {
        bench::check(completion->res == 0 && completion->user_data == seen, "a completion");
        ++seen;
    }
    io_uring_cq_advance(ring.get(), seen);
    bench::check(seen == depth, "the number of completions");
}

void nop(std::string_view name, unsigned depth) {
    Ring ring;
    constexpr unsigned kOperations = 2048;
    bench::measure(name, kOperations, [&] {
        for (unsigned i = 0; i < kOperations / depth; ++i)
            nops(ring, depth);
    });
}

void send(Ring& from, const Ring& to, int target, std::uint64_t value) {
    static_cast<void>(to);
    io_uring_sqe* const entry = io_uring_get_sqe(from.get());
    io_uring_prep_msg_ring(entry, target, 8, value, 0);
    entry->flags |= IOSQE_CQE_SKIP_SUCCESS; // the sender wants to know of failures only
    bench::check(io_uring_submit(from.get()) == 1, "io_uring_submit");
}
std::uint64_t receive(Ring& ring) {
    io_uring_cqe* completion = nullptr;
    bench::check(io_uring_wait_cqe(ring.get(), &completion) == 0, "io_uring_wait_cqe");
    bench::check(completion->res == 8, "a message of a ring");
    const std::uint64_t value = completion->user_data;
    io_uring_cqe_seen(ring.get(), completion);
    return value;
}

/// Round trips between two threads with a ring each, sleeping in io_uring_wait_cqe().
void message_ring(const bench::Cpus& cpus) {
    constexpr std::uint64_t kRounds = 100;
    Ring mine, theirs;
    bench::beside_thread(
        cpus,
        [&] {
            for (std::uint64_t i = 0; i < kRounds * (bench::kSamples + 1); ++i)
                send(theirs, mine, mine.get()->ring_fd, receive(theirs) + 1);
        },
        [&] {
            bench::measure("io_uring.msg_ring", kRounds, [&] {
                for (std::uint64_t i = 0; i < kRounds; ++i) {
                    send(mine, theirs, theirs.get()->ring_fd, i);
                    bench::check(receive(mine) == i + 1, "the answer");
                }
            });
        });
}

constexpr bench::Measurement kMeasurements[] = {
    {"io_uring.nop1", [](const bench::Cpus&) { nop("io_uring.nop1", 1); }},
    {"io_uring.nop128", [](const bench::Cpus&) { nop("io_uring.nop128", 128); }},
    {"io_uring.msg_ring", message_ring},
    {"sweep.depth.io_uring_nop",
     [](const bench::Cpus&) {
         for (unsigned depth = 1; depth <= 128; depth *= 2)
             nop("sweep.depth.io_uring_nop." + std::to_string(depth), depth);
     }},
};

} // namespace

int main(int count, char** arguments) {
    return bench::run(count, arguments, kMeasurements);
}
