// Memory that processes share, and processes that are killed wherever they are.
#pragma once
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

#include <csignal>
#include <cw/core/atomic.hpp>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cw::test {

/// A T in memory that children made by fork() share.
template <class T>
class SharedMemory {
public:
    SharedMemory() :
        memory_{
            mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)} {
        if (memory_ == MAP_FAILED)
            std::abort();
        new (memory_) T;
    }
    ~SharedMemory() { munmap(memory_, sizeof(T)); }
    SharedMemory(const SharedMemory&) = delete;
    SharedMemory& operator=(const SharedMemory&) = delete;

    T& operator*() { return *static_cast<T*>(memory_); }
    T* operator->() { return static_cast<T*>(memory_); }

private:
    void* memory_;
};

/// Sleeps while the word has this value, in whichever process, unless woken.
inline void futex_sleep(const Atomic<std::uint32_t>& word, std::uint32_t value) {
    syscall(SYS_futex, &word, FUTEX_WAIT, value, nullptr, nullptr, 0);
}
inline void futex_wake(const Atomic<std::uint32_t>& word) {
    syscall(SYS_futex, &word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

/// A child that runs `fn()` and exits with what it returns; it is killed if it hangs.
template <class Function>
pid_t run_child(Function&& fn) {
    const pid_t child = fork();
    if (child == 0) {
        constexpr unsigned kHangs = 60; // seconds
        alarm(kHangs);
        _exit(fn());
    }
    return child;
}
/// Waits for its end; true if it exited with 0.
inline bool succeeded(pid_t child) {
    int status = 0;
    return waitpid(child, &status, 0) == child && status == 0;
}

/// A child that runs `fn(progress)`, which never returns, and is killed once it has made some
/// progress: this is over when the constructor returns. Requires: this process has one thread.
class KilledChild {
public:
    template <class Function>
    explicit KilledChild(Function&& fn) {
        const pid_t child = fork();
        if (child == 0) {
            fn(*progress_);
            _exit(0);
        }
        while (progress_->load(std::memory_order_relaxed) == 0) // dies with the test's time limit
            usleep(50);
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
    }
    /// What it had noted when it died.
    [[nodiscard]] std::uint64_t progress() { return progress_->load(std::memory_order_relaxed); }

private:
    SharedMemory<std::atomic<std::uint64_t>> progress_;
};

} // namespace cw::test
