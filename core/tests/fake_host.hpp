// A host for the runtime in tests: executors that a test steps one at a time, or that run on
// threads of their own.
#pragma once
#include <chrono>
#include <condition_variable>
#include <csetjmp>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <cw/abi/control.hpp>
#include <cw/core/executor.hpp>

namespace cw::test {

/// The kernel's doorbell: ringing latches, waiting consumes.
class Bell {
public:
    void ring(abi::RingTag tag = 0);
    /// What a consumed ring says.
    struct Rung {
        bool any;
        abi::RingTag tag; ///< Of the only one there was; else 0.
    };
    /// Consumes rings that came.
    Rung take();
    [[nodiscard]] bool rung() const;
    /// How often it was rung, latched or not.
    [[nodiscard]] std::uint64_t rings() const;
    /// Sleeps until it is rung or `deadline_ns` of the steady clock has come; as take().
    Rung wait(std::uint64_t deadline_ns);

private:
    mutable std::mutex mutex_;
    std::condition_variable condition_;
    [[nodiscard]] Rung consume();

    std::uint64_t latched_ = 0;
    abi::RingTag tag_ = 0; ///< Of the last ring.
    std::uint64_t rings_ = 0;
};

/// Pages of their own that can be taken away.
class Pages {
public:
    enum class Contents : std::uint8_t {
        zeroed,
        any, ///< Zeroed too, unless they were used before: see use_again().
    };
    explicit Pages(std::size_t bytes, Contents contents = Contents::zeroed);
    ~Pages();
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;

    [[nodiscard]] std::uint64_t address() const;
    template <class T>
    [[nodiscard]] T* as(std::size_t offset = 0) const {
        return reinterpret_cast<T*>(address() + offset);
    }
    /// Whoever touches them from now on faults.
    void take_away();
    /// The same as far as the address sanitizer sees, and without a system call.
    void forbid();
    /// From now on pages that are given back are kept for the next of their size, which saves the
    /// time of a system call and its page faults. On one thread only.
    static void use_again();

private:
    void* memory_;
    std::size_t bytes_;
    bool taken_away_ = false;
};

/// Both index words of a fresh page.
void initialise_index_page(IndexPage& page);

/// What an executor told its kernel.
struct Told {
    abi::Report kind;
    std::uint64_t b, c, d;
};

/// An executor, the kernel's memory for it, and the thread that runs it.
class ExecutorThread {
public:
    explicit ExecutorThread(std::string name);
    ~ExecutorThread();
    ExecutorThread(const ExecutorThread&) = delete;
    ExecutorThread& operator=(const ExecutorThread&) = delete;

    [[nodiscard]] Executor& executor() { return *executor_; }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const RuntimeOps& ops() const { return ops_; }
    [[nodiscard]] Atomic<std::uint64_t>* interrupts() { return interrupts_.data(); }
    Bell bell;

    // The kernel's side.

    std::uint32_t client_ends = 0; ///< Given away so far; none is used again.
    std::uint32_t server_ends = 0;

    /// An entry of the control ring, and a ring of the bell if the executor asked for it.
    void tell(const abi::ControlEntry& entry);
    /// Index of the doorbell that rings `target`.
    std::uint32_t doorbell_to(Bell& target, abi::RingTag tag);
    /// What it told; taken away by the call.
    std::vector<Told> take_reports();
    /// Called on the executor's thread for each report, besides keeping it.
    std::function<void(const Told&)> on_report;

    // Stepping.

    /// Runs the loop until it goes to sleep, as if wait() had returned.
    void step();
    /// True if the kernel would let it run: it never ran, was rung, or its deadline has passed.
    [[nodiscard]] bool runnable() const;
    /// Of its last sleep.
    [[nodiscard]] std::uint64_t deadline() const { return deadline_; }

    // Running on a thread of its own.

    void start();
    void stop();
    [[nodiscard]] bool threaded() const { return threaded_; }

    // What platform:: calls.

    void on_wake(std::uint32_t doorbell);
    abi::RingTag on_wait(std::uint64_t deadline, std::uint64_t doorbell);
    void on_told(const Told& told);
    [[noreturn]] void on_fail(std::string message);
    [[nodiscard]] const std::string& failure() const { return failure_; }

private:
    void run();

    std::string name_;
    std::unique_ptr<Executor> executor_;
    Pages control_; ///< The kernel's index page and the entries.
    Pages own_page_;
    RingProducer<NativeSync> control_ring_;
    abi::StartBlock start_{};
    RuntimeOps ops_;
    std::vector<Pending*> deadlines_;
    std::vector<Atomic<std::uint64_t>> interrupts_;
    struct Doorbell {
        Bell* target;
        abi::RingTag tag;
    };
    std::vector<Doorbell> doorbells_;
    std::mutex reports_mutex_;
    std::vector<Told> reports_;
    std::string failure_;
    std::jmp_buf asleep_{};
    bool started_ = false;
    bool threaded_ = false;
    Atomic<bool> stopping_{false};
    std::uint64_t deadline_ = 0;
    std::thread thread_;
};

/// A thread that passes through modules without an executor of its own, as a synchronous caller in
/// the kernel; while it lives.
class PassingThread {
public:
    PassingThread();
    ~PassingThread();
    PassingThread(const PassingThread&) = delete;
    PassingThread& operator=(const PassingThread&) = delete;
    Context context{};

private:
    Context* before_;
};

/// The clock of stepped executors; threads of their own use the steady clock in nanoseconds.
extern Atomic<std::uint64_t> ticks;

/// Steps who is runnable until nobody is. Fails the test if that takes more than `limit` steps.
void run_until_quiet(const std::vector<ExecutorThread*>& threads, std::uint64_t limit = 100'000);

/// Ends the process with a message if a test hangs for longer than `limit`.
class Watchdog {
public:
    explicit Watchdog(const char* what, std::chrono::seconds limit = std::chrono::seconds{60});
    ~Watchdog();

private:
    std::mutex mutex_;
    std::condition_variable condition_;
    bool done_ = false;
    std::thread thread_;
};

} // namespace cw::test
