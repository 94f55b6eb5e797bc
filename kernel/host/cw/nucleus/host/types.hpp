// The types that the nucleus embeds: the kernel's.
#pragma once
#include <cw/abi/control.hpp>
#include <cw/kernel/interrupts.hpp>
#include <cw/kernel/paging.hpp>
#include <cw/kernel/spinlock.hpp>
#include <cw/kernel/thread.hpp>

namespace cw::kernel {

using Lock = SpinLock;
inline constexpr std::uint16_t kMachine = 243; ///< Of module files: EM_RISCV.

struct DomainHost {
    AddressSpace space;
    bool at_rest; ///< Its thread has not started yet, or has gone: no hart has its translations.
};

struct ExecutorHost {
    WakeGrant* doorbells; ///< Page(s) of kMaxDoorbells.
    DoorbellTarget* doorbell_targets;
    std::uint32_t doorbell_count;
    std::uint32_t interrupts[kMaxExecutorInterrupts]; ///< PLIC sources.
};

struct SegmentHost {
    bool contiguous;
};

} // namespace cw::kernel
