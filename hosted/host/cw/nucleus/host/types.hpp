// The types that the nucleus embeds: those of Linux.
#pragma once
#include <cstdint>
#include <cw/abi/control.hpp>
#include <cw/core/arch/context.hpp>
#include <cw/core/atomic.hpp>
#include <cw/core/module_state.hpp>
#include <cw/nucleus/layout.hpp>
#include <mutex>
#include <pthread.h>

namespace cw::hosted {
struct CallPage;
class FilesDevice;
struct HostWords;
} // namespace cw::hosted

namespace cw::kernel {

/// A mutex that knows whether the calling thread holds it: a fault under kernel_lock is the
/// nucleus' own.
class Lock {
public:
    void lock() noexcept {
        mutex_.lock();
        holder_.store(pthread_self(), Order::relaxed);
    }
    void unlock() noexcept {
        holder_.store(0, Order::relaxed);
        mutex_.unlock();
    }
    /// Relaxed: only the calling thread can have stored its own number.
    [[nodiscard]] bool is_mine() const noexcept {
        return holder_.load(Order::relaxed) == pthread_self();
    }

private:
    std::mutex mutex_;
    Atomic<pthread_t> holder_;
};

/// Holds a lock while it lives.
class Locked {
public:
    explicit Locked(Lock& lock) noexcept : lock_{lock} { lock_.lock(); }
    Locked(const Locked&) = delete;
    Locked& operator=(const Locked&) = delete;
    ~Locked() { lock_.unlock(); }

private:
    Lock& lock_;
};

inline constexpr std::uint16_t kMachine = 62; ///< Of module files: EM_X86_64.

struct Domain;
struct ExecutorRecord;
struct ModuleInstance;

/// A thread of the nucleus process: of a kernel executor; or that which makes the synchronous calls
/// of a user domain, whose own thread is its process.
struct Thread {
    Context context; ///< gs points here.
    Domain* domain;
    ExecutorRecord* executor; ///< Null for the nucleus' own service threads.
    int bell;                 ///< An eventfd; belongs to the pool of bells.
    int process;              ///< pidfd of a user domain's process, or -1.
    int pid;                  ///< Its number.
    std::uint32_t cpu;        ///< 1 + index of the processor it is kept on, or 0.
    pthread_t thread;
    std::uint64_t stack_bottom, stack_top; ///< A page that nobody may touch lies below.
    void* fault_stack;                     ///< Where it handles its faults.
    Atomic<bool> running;
    hosted::CallPage* calls; ///< User domains only.
    /// Call grants there are. Release, after the grant; pairs with the acquire in make_call().
    Atomic<std::uint32_t> call_limit;
    Atomic<bool> doomed;          ///< Its domain has ended.
    Atomic<std::uint32_t> reaped; ///< 1: its process is gone; a futex word.
    Atomic<bool> sleeping;        ///< Kernel executors only: sits in wait().
    Atomic<bool> suspected;       ///< The watchdog interrupts it.
    std::uint64_t progress_seen;  ///< For the watchdog, like the next two:
    std::uint64_t time_seen;      ///< processor time of this thread,
    std::uint64_t process_seen;   ///< and of the process.
    char name[32];
};

[[nodiscard]] inline Thread* current() noexcept {
    static_assert(offsetof(Thread, context) == 0);
    return reinterpret_cast<Thread*>(arch::context());
}

struct DomainHost {
    int socket;       ///< 1 + descriptor: commands to its process go in here. 0: none.
    int their_socket; ///< 1 + descriptor of the other end, until the process has it.
    std::uint64_t commands;
    std::uint64_t life;         ///< No other domain has it, whatever else is used again. Not 0.
    hosted::HostWords* words;   ///< Null until the executor's segments are there.
    hosted::FilesDevice* files; ///< What its process was born with; null: nothing.
};

struct ExecutorHost {
    Atomic<int>* doorbells; ///< kMaxDoorbells eventfds, -1 for nobody.
    bool* doorbells_used;
    Atomic<std::uint32_t> doorbell_count; ///< Release, after the entry; pairs with wake().
    int files_ring; ///< 1 + descriptor of the io_uring that its module drives; 0: none.
};

/// A stretch of a segment that is somebody else's memory.
struct Borrowed {
    std::uint64_t offset, bytes;
    const std::byte* where; ///< As the nucleus sees it.
    int descriptor;         ///< Opened for reading only.
    std::uint64_t file_offset;
};

struct SegmentHost {
    int memory;         ///< 1 + descriptor of its memfd; 0: it has no pages of its own.
    int memory_to_read; ///< 1 + descriptor of the same, opened for reading only; 0: not yet needed.
    std::uint64_t file_bytes;
    std::uint64_t populated_end; ///< Behind the last page it was given and still has.
    std::uint64_t pages;
    std::byte* view; ///< All of it, writable, at an address of the nucleus' own.
    Borrowed borrowed[8];
    std::uint32_t borrowed_count;
};

} // namespace cw::kernel
