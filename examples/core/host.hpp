// What the examples need of Linux: memory that processes share, and a sleep that latches.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <cw/core/atomic.hpp>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace host {

inline void check(bool ok, const char* what) {
    if (ok)
        return;
    std::perror(what);
    std::exit(1);
}

/// Sleeps while the word has this value, unless woken.
inline void sleep_while(const cw::Atomic<std::uint32_t>& word, std::uint32_t value) {
    syscall(SYS_futex, &word, FUTEX_WAIT, value, nullptr, nullptr, 0);
}
inline void wake(const cw::Atomic<std::uint32_t>& word) {
    syscall(SYS_futex, &word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

/// A doorbell: ringing marks it, waiting returns at once if it was marked. A ring that comes just
/// before the sleep is not lost.
class Doorbell {
public:
    void ring() {
        if (rung_.exchange(1, cw::Order::acq_rel) == 0)
            wake(rung_);
    }
    void wait() {
        while (rung_.exchange(0, cw::Order::acq_rel) == 0)
            sleep_while(rung_, 0);
    }

private:
    cw::Atomic<std::uint32_t> rung_;
};

/// A file in memory of the size of a T.
template <class T>
int create_memory() {
    const int file = memfd_create("causeway-example", 0);
    check(file >= 0 && ftruncate(file, sizeof(T)) == 0, "memfd");
    return file;
}
/// Maps it wherever there is room: at another address each time.
template <class T>
T& map(int file) {
    void* memory = mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    check(memory != MAP_FAILED, "mmap");
    return *static_cast<T*>(memory);
}

} // namespace host
