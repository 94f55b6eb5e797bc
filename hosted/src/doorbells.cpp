// Doorbells: eventfds. Whose they are is in the descriptor table of each process, which it cannot
// write: a domain rings whom it was given, and nobody's rings can be taken away by a third.
#include "host.hpp"
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <vector>

namespace cw::hosted {

namespace {
Lock bells_lock;
std::vector<int> free_bells;
} // namespace

int take_bell() noexcept {
    const Locked hold{bells_lock};
    if (free_bells.empty())
        return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    const int bell = free_bells.back();
    free_bells.pop_back();
    return bell;
}

void give_bell(int bell) noexcept {
    const Locked hold{bells_lock};
    free_bells.push_back(bell);
}

void ring_bell(int bell) noexcept {
    const std::uint64_t one = 1;
    // EAGAIN: it has been rung 2^64 times, which is enough.
    static_cast<void>(!write(bell, &one, sizeof(one)));
}

} // namespace cw::hosted

namespace cw::kernel {

using namespace hosted;

namespace {
constexpr int kNobody = -1;

void tell_doorbell(ExecutorRecord& record, std::uint32_t doorbell, int bell) noexcept {
    record.doorbells[doorbell].store(bell, Order::relaxed);
    if (!record.domain->is_kernel())
        send(*record.domain,
             {.kind = bell == kNobody ? CommandKind::no_doorbell : CommandKind::doorbell,
              .index = doorbell,
              .address = 0,
              .bytes = 0,
              .offset = 0,
              .rights = 0,
              .reserved = {}},
             bell);
}
} // namespace

std::uint32_t executor_doorbell(ExecutorRecord& record, Thread& target, abi::RingTag) noexcept {
    const std::uint32_t count = record.doorbell_count.load(Order::relaxed); // under kernel_lock
    std::uint32_t index = 0;
    while (index < count && record.doorbells_used[index])
        ++index; // the first that was given back; there are as many as ends
    record.doorbells_used[index] = true;
    tell_doorbell(record, index, target.bell);
    if (index == count)
        record.doorbell_count.store(count + 1, Order::release);
    return index;
}

void executor_give_back(ExecutorRecord& record, std::uint32_t doorbell) noexcept {
    tell_doorbell(record, doorbell, kNobody);
    record.doorbells_used[doorbell] = false;
}

void executor_forget(ExecutorRecord& record, Thread& target) noexcept {
    for (std::uint32_t i = 0; i < record.doorbell_count.load(Order::relaxed); ++i) {
        if (record.doorbells[i].load(Order::relaxed) == target.bell)
            tell_doorbell(record, i, kNobody); // its channel gives it back
    }
}

void thread_wake(Thread& thread) noexcept {
    ring_bell(thread.bell);
}

} // namespace cw::kernel
