// The part of a domain's process that speaks to Linux. No state of its own: it runs in the vDSO and
// in the programme that starts the process.
#pragma once
#include "../shared/futex.hpp"
#include "../shared/protocol.hpp"
#include <cw/abi/syscall.hpp>

namespace cw::hosted {

// Linux's ABI, x86-64.
inline constexpr std::uint64_t kMapShared = 1, kMapPrivate = 2, kMapFixed = 0x10,
                               kMapAnonymous = 0x20, kMapNoReserve = 0x4000,
                               kMapFixedNoReplace = 0x10'0000;
inline constexpr std::uint64_t kDontWait = 0x40, kCloseOnExec = 0x4000'0000;
inline constexpr long kAgain = -11, kInterrupted = -4;

struct IoVector {
    void* base;
    std::uint64_t bytes;
};
struct MessageHeader {
    void* name;
    std::uint32_t name_bytes;
    IoVector* vectors;
    std::uint64_t vector_count;
    void* control;
    std::uint64_t control_bytes;
    int flags;
};
/// Room for one descriptor.
struct Attached {
    std::uint64_t bytes;
    int level, type;
    int descriptor;
    int padding;
};

/// Takes one command; false if there is none. `flags`: kDontWait, or 0 to wait for it.
[[nodiscard]] inline bool receive(Command& command, int& descriptor, std::uint64_t flags) noexcept {
    IoVector vector{&command, sizeof(command)};
    Attached attached{};
    MessageHeader header{nullptr, 0, &vector, 1, &attached, sizeof(attached), 0};
    long got = kInterrupted;
    while (got == kInterrupted)
        got = system_call(number::kRecvmsg,
                          kSocket,
                          reinterpret_cast<std::uint64_t>(&header),
                          flags | kCloseOnExec);
    if (got == 0) // the nucleus is gone
        system_call(number::kExitGroup, 0);
    if (got != sizeof(command))
        return false;
    descriptor =
        header.control_bytes >= sizeof(std::uint64_t) + 3 * sizeof(int) ? attached.descriptor : -1;
    return true;
}

/// Carries a command out that is not `start`.
inline void obey(const Command& command, int descriptor) noexcept {
    switch (command.kind) {
    case CommandKind::map:
        system_call(number::kMmap,
                    command.address,
                    command.bytes,
                    command.rights,
                    kMapShared | kMapFixed,
                    static_cast<std::uint64_t>(descriptor),
                    command.offset);
        break;
    case CommandKind::unmap: // the address stays ours
        system_call(number::kMmap,
                    command.address,
                    command.bytes,
                    0,
                    kMapPrivate | kMapFixed | kMapAnonymous | kMapNoReserve,
                    ~std::uint64_t{0},
                    0);
        break;
    case CommandKind::doorbell:
        system_call(number::kDup3,
                    static_cast<std::uint64_t>(descriptor),
                    std::uint64_t{kFirstDoorbell} + command.index,
                    0);
        break;
    case CommandKind::no_doorbell:
        system_call(number::kClose, std::uint64_t{kFirstDoorbell} + command.index);
        break;
    default:
        break;
    }
    if (descriptor >= 0)
        system_call(number::kClose, static_cast<std::uint64_t>(descriptor));
}

} // namespace cw::hosted
