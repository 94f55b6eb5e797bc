#include "confine.hpp"

namespace cw::hosted {

namespace {

// Classic BPF, as seccomp takes it: linux/bpf_common.h, linux/seccomp.h.
struct Instruction {
    std::uint16_t code;
    std::uint8_t if_true, if_false; ///< How many instructions are skipped.
    std::uint32_t value;
};
constexpr std::uint16_t kLoad = 0x20, kEqual = 0x15, kAtLeast = 0x35, kAnd = 0x54, kReturn = 0x06;
constexpr std::uint32_t kAllow = 0x7fff'0000, kKillProcess = 0x8000'0000;
constexpr std::uint32_t kArchX86_64 = 0xc000'003e;
constexpr std::uint32_t kNumber = 0, kArch = 4;
constexpr std::uint32_t argument(unsigned index) {
    return 16 + 8 * index; // its lower half
}

// A rule for one call: if the number is another one, its checks are skipped.
constexpr Instruction load(std::uint32_t offset) {
    return {kLoad, 0, 0, offset};
}
constexpr Instruction call(long number, std::uint8_t checks) {
    return {kEqual, 0, checks, static_cast<std::uint32_t>(number)};
}
constexpr Instruction kAllowed{kReturn, 0, 0, kAllow};
constexpr Instruction kKilled{kReturn, 0, 0, kKillProcess};
constexpr std::uint32_t kNoDescriptor = ~std::uint32_t{0};
constexpr std::uint32_t kWriteAndExecute = 6;
constexpr std::uint32_t kShared = static_cast<std::uint32_t>(kMapShared | kMapFixed);
constexpr std::uint32_t kNothing =
    static_cast<std::uint32_t>(kMapPrivate | kMapFixed | kMapAnonymous | kMapNoReserve);

} // namespace

bool confine(bool drives_files) noexcept {
    // On the stack: code that runs at any address has no pointers to constants of its own.
    const Instruction filter[] = {
        load(kArch),
        {kEqual, 1, 0, kArchX86_64},
        kKilled,
        load(kNumber),
        // read(kBell, ...)
        call(number::kRead, 4),
        load(argument(0)),
        {kEqual, 0, 1, kBell},
        kAllowed,
        kKilled,
        // write(a doorbell, ..., 8)
        call(number::kWrite, 6),
        load(argument(0)),
        {kAtLeast, 0, 3, kFirstDoorbell},
        load(argument(2)),
        {kEqual, 0, 1, 8},
        kAllowed,
        kKilled,
        // recvmsg(kSocket, ...)
        call(number::kRecvmsg, 4),
        load(argument(0)),
        {kEqual, 0, 1, kSocket},
        kAllowed,
        kKilled,
        // dup3(..., a doorbell, ...)
        call(number::kDup3, 4),
        load(argument(1)),
        {kAtLeast, 0, 1, kFirstDoorbell},
        kAllowed,
        kKilled,
        // mmap of a descriptor that was handed over, never writable and executable at once; or of
        // nothing
        call(number::kMmap, 11),
        load(argument(3)),
        {kEqual, 0, 4, kShared},
        load(argument(2)),
        {kAnd, 0, 0, kWriteAndExecute},
        {kEqual, 4, 0, kWriteAndExecute},
        kAllowed,
        {kEqual, 0, 2, kNothing},
        load(argument(2)),
        {kEqual, 1, 0, 0},
        kKilled,
        kAllowed,
        // io_uring_enter(kFilesRing, any, 0, 0): no other ring, and nothing that waits
        call(number::kIoUringEnter, 8),
        load(argument(0)),
        {kEqual, 0, 5, drives_files ? std::uint32_t{kFilesRing} : kNoDescriptor},
        load(argument(2)),
        {kEqual, 0, 3, 0},
        load(argument(3)),
        {kEqual, 0, 1, 0},
        kAllowed,
        kKilled,
        call(number::kFutex, 1),
        kAllowed,
        call(number::kPpoll, 1),
        kAllowed,
        call(number::kClose, 1),
        kAllowed,
        call(number::kSigreturn, 1),
        kAllowed,
        call(number::kExitGroup, 1),
        kAllowed,
        kKilled,
    };
    const struct {
        std::uint16_t length;
        const Instruction* filter;
    } programme{sizeof(filter) / sizeof(filter[0]), filter};
    constexpr std::uint64_t kSetNoNewPrivileges = 38, kSetSeccomp = 22, kModeFilter = 2;
    return system_call(number::kPrctl, kSetNoNewPrivileges, 1) == 0 &&
           system_call(number::kPrctl,
                       kSetSeccomp,
                       kModeFilter,
                       reinterpret_cast<std::uint64_t>(&programme)) == 0;
}

} // namespace cw::hosted
