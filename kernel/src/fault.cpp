// Traps of user domains, the watchdog, and what back traces may read.
#include <cw/kernel/arch/csr.hpp>
#include <cw/kernel/boot.hpp>
#include <cw/kernel/fault.hpp>
#include <cw/kernel/sched.hpp>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/log.hpp>
#include <cw/nucleus/modules.hpp>

namespace cw::kernel {

namespace {

constexpr std::uint64_t kTickMilliseconds = 4;
constexpr std::uint64_t kDefaultWatchdogMilliseconds = 2000;
constexpr const char* kNoProgress =
    "no progress for 2000 ms (it loops, or a handler runs too long)";

/// Not a device, whose registers are not to be touched by looking.
bool is_ram(PhysicalAddress page) noexcept {
    return page >= machine().ram_begin && page < machine().ram_end;
}

} // namespace

namespace {

/// The module a domain's thread is in: where pc or ra lie, or who has borrowed what lies there;
/// else the domain's first.
ModuleInstance* guilty_module(const Domain& domain, const TrapFrame& frame) noexcept {
    for (const std::uint64_t address : {frame.pc, frame.x[1]}) {
        if (ModuleInstance* m = module_at(address); m != nullptr && m->domain == &domain)
            return m;
    }
    if (ModuleInstance* m = borrower_at(domain, frame.pc))
        return m;
    for (ModuleInstance* m = all_modules(); m != nullptr; m = m->next) {
        if (m->domain == &domain)
            return m;
    }
    return nullptr;
}

} // namespace

bool read_mapped(std::uint64_t address, std::uint64_t (&words)[2]) noexcept {
    const Domain* domain = current()->domain;
    const bool user = domain != nullptr && !domain->is_kernel();
    const AddressSpace& space = domain != nullptr ? domain->space : kernel_space();
    // A user domain chooses the address: it is shown its own memory, not the kernel's in its upper
    // half. Registers of devices are never read: that may do something.
    const std::uint64_t needed = kRightRead | (user ? std::uint64_t{kPteUser} : 0);
    for (unsigned i = 0; i < 2; ++i) {
        if (user && address + 8 * i >= abi::kWindowEnd)
            return false;
        const auto page = space.translate(address + 8 * i);
        if (page.bytes == 0 || (page.flags & needed) != needed || !is_ram(page.page))
            return false;
        words[i] =
            *direct_as<const std::uint64_t>(page.page + ((address + 8 * i) & (page.bytes - 1)));
    }
    return true;
}

std::size_t
read_domain(const Domain& domain, VirtualAddress from, void* into, std::size_t bytes) noexcept {
    constexpr std::uint64_t kReadable = kPteUser | kPteRead;
    std::size_t count = 0;
    for (; count < bytes; ++count) {
        const VirtualAddress at = from + count;
        const auto page = domain.space.translate(at);
        if (at >= abi::kWindowEnd || page.bytes == 0 || (page.flags & kReadable) != kReadable ||
            !is_ram(page.page))
            break;
        static_cast<char*>(into)[count] =
            *direct_as<const char>(page.page + (at & (page.bytes - 1)));
    }
    return count;
}

void domain_fault(Domain& domain, const char* cause, const TrapFrame& frame) noexcept {
    {
        const Locked hold{kernel_lock};
        if (const char* known = domain.executor->condemned; known != nullptr && !domain.ended) {
            log::line("{}: ended: {}", domain.name, known);
            end_domain(domain, known);
        }
        if (!domain.ended) {
            const ModuleInstance* guilty = guilty_module(domain, frame);
            log::line("{}: ended: {} at {}, address {}",
                      guilty == nullptr ? std::string_view{domain.name} : guilty->image->name(),
                      cause,
                      Hex{frame.pc},
                      Hex{frame.value});
            print_backtrace(frame.pc, frame.x[1], frame.x[8], frame.x[2]);
            end_domain(domain, cause);
        }
    }
    thread_exit();
}

void watch(Thread& thread, TrapFrame& frame) noexcept {
    const bool user_mode = (frame.status & arch::kStatusSpp) == 0;
    // In the kernel only modules are watched: they lie in the segment window, the kernel does not.
    if (thread.executor == nullptr || (!user_mode && frame.pc >= abi::kWindowEnd))
        return;
    // Untrusted, and only compared: a module that changes it by itself gets processor time, nothing
    // else.
    const ExecutorCounts statistics = seen(thread.executor->view->statistics);
    const std::uint64_t progress = statistics.received + statistics.completed;
    if (progress != thread.progress_seen) {
        thread.progress_seen = progress;
        thread.user_ticks = 0;
        return;
    }
    if (++thread.user_ticks * kTickMilliseconds < kDefaultWatchdogMilliseconds)
        return;
    thread.user_ticks = 0;
    if (!user_mode) {
        module_fault(kNoProgress, frame); // interrupted in a module: the kernel holds no lock
        return;
    }
    const Locked hold{kernel_lock};
    if (!thread.domain->ended) {
        log::line("{}: ended: {}", thread.domain->name, kNoProgress);
        end_domain(*thread.domain, kNoProgress);
    }
}

} // namespace cw::kernel
