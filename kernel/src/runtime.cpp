#include <cw/core/executor.hpp>
#include <cw/core/runtime_ops.hpp>
#include <cw/kernel/arch/timer.hpp>
#include <cw/kernel/fault.hpp>
#include <cw/kernel/sched.hpp>
#include <cw/kernel/spinlock.hpp>
#include <cw/nucleus/domain.hpp>
#include <cw/nucleus/modules.hpp>

namespace cw::platform {

using namespace kernel;

void wake(std::uint32_t doorbell) noexcept {
    ExecutorRecord& record = *current()->executor;
    if (doorbell >= record.doorbell_count)
        return;
    // As the trap entry does for user domains: by the grant, which stays good when the target's
    // thread is gone. The target itself may go at any time.
    const WakeGrant grant = record.doorbells[doorbell];
    if (grant.word->word.fetch_or(grant.mask, Order::acq_rel) == kWakePoke) // [R6]
        kernel::arch::poke(*grant.word->hart);
}

abi::RingTag wait(std::uint64_t deadline_ticks, std::uint64_t doorbell) noexcept {
    ExecutorRecord& record = *current()->executor;
    if (record.retired.load(Order::acquire))
        thread_exit();
    if (doorbell != abi::kNoDoorbell)
        wake(static_cast<std::uint32_t>(doorbell));
    kernel_wait(deadline_ticks);
    return 0;
}

std::uint64_t now() noexcept {
    return kernel::arch::ticks();
}

void report(abi::Report kind, std::uint64_t b, std::uint64_t c, std::uint64_t d) noexcept {
    handle_report(*current()->executor, kind, b, c, d);
}

void fail(ModuleState* module, const char* message, std::size_t length) noexcept {
    module_failed_in_kernel(*module, {message, length});
}

void wake_self(Executor& executor) noexcept {
    thread_wake(*static_cast<ExecutorRecord*>(executor.host)
                     ->thread); // only ever a kernel executor: set when it was made
}

namespace {
SpinLock deadline_lock; // one is enough: only the worker is passed through
}

std::uint64_t lock_deadlines(Executor&) noexcept {
    const std::uint64_t before = kernel::arch::interrupts_off();
    deadline_lock.lock();
    return before;
}

void unlock_deadlines(Executor&, std::uint64_t state) noexcept {
    deadline_lock.unlock();
    kernel::arch::interrupts_restore(state);
}

} // namespace cw::platform
