#include <cw/kernel/boot.hpp>
#include <cw/kernel/register_audit.hpp>
#include <cw/kernel/sched.hpp>
#include <cw/nucleus/domain.hpp>
#include <cw/nucleus/log.hpp>
#include <cw/nucleus/modules.hpp>
#include <cw/nucleus/segment.hpp>
#include <string_view>

namespace cw::kernel {

namespace {

/// A load or store, as far as compilers use them for registers. Source: RISC-V Unprivileged
/// 20191213, chapters 2.6, 8, 16 and 24.
struct Access {
    unsigned bytes = 0; ///< 0: none.
    bool store = false;
    bool sign = false; ///< Of a load.
    bool atomic = false;
    unsigned reg = 0;
    unsigned length = 4; ///< Of the instruction.
};

Access decode(std::uint32_t code) noexcept {
    Access access;
    const unsigned funct3 = code >> 12 & 7;
    switch (code & 0x7f) {
    case 0x03: // LB, LH, LW, LD, LBU, LHU, LWU
        if (funct3 != 7)
            access = {.bytes = 1u << (funct3 & 3), .sign = funct3 < 4, .reg = code >> 7 & 31};
        return access;
    case 0x23: // SB, SH, SW, SD
        if (funct3 < 4)
            access = {.bytes = 1u << funct3, .store = true, .reg = code >> 20 & 31};
        return access;
    case 0x2f: // LR, SC, AMOs
        access.atomic = true;
        return access;
    default:
        break;
    }
    if ((code & 3) != 0) // of two bytes: C.LW, C.LD, C.SW, C.SD only
        return access;
    const unsigned kind = code >> 13 & 7;
    if (kind == 2 || kind == 3 || kind == 6 || kind == 7)
        access = {.bytes = (kind & 1) != 0 ? 8u : 4u,
                  .store = kind >= 6,
                  .sign = true,
                  .reg = 8 + (code >> 2 & 7),
                  .length = 2};
    return access;
}

/// The instruction at this address, of which a part may lie in the next page; 0: there is none.
std::uint32_t instruction_at(const AddressSpace& space, std::uint64_t pc) noexcept {
    std::uint32_t code = 0;
    for (unsigned half = 0; half < 2; ++half) {
        const std::uint64_t at = pc + 2 * half;
        const auto page = space.translate(at);
        if (page.bytes == 0 || (page.flags & kPteExecute) == 0)
            return 0;
        code |= std::uint32_t{*direct_as<const std::uint16_t>(page.page + (at & (page.bytes - 1)))}
                << 16 * half;
        if ((code & 3) != 3)
            break; // of two bytes
    }
    return code;
}

std::uint64_t load(const volatile void* from, const Access& access) noexcept {
    switch (access.bytes) {
    case 1: {
        const auto value = *static_cast<const volatile std::uint8_t*>(from);
        return access.sign ? static_cast<std::uint64_t>(static_cast<std::int8_t>(value)) : value;
    }
    case 2: {
        const auto value = *static_cast<const volatile std::uint16_t*>(from);
        return access.sign ? static_cast<std::uint64_t>(static_cast<std::int16_t>(value)) : value;
    }
    case 4: {
        const auto value = *static_cast<const volatile std::uint32_t*>(from);
        return access.sign ? static_cast<std::uint64_t>(static_cast<std::int32_t>(value)) : value;
    }
    default:
        return *static_cast<const volatile std::uint64_t*>(from);
    }
}
void store(volatile void* to, const Access& access, std::uint64_t value) noexcept {
    switch (access.bytes) {
    case 1:
        *static_cast<volatile std::uint8_t*>(to) = static_cast<std::uint8_t>(value);
        return;
    case 2:
        *static_cast<volatile std::uint16_t*>(to) = static_cast<std::uint16_t>(value);
        return;
    case 4:
        *static_cast<volatile std::uint32_t*>(to) = static_cast<std::uint32_t>(value);
        return;
    default:
        *static_cast<volatile std::uint64_t*>(to) = value;
    }
}

/// The register page of a device of this domain that holds the address; null if none does.
Segment* registers_at(std::uint64_t address, const Domain& domain) noexcept {
    Segment* const segment = segment_at(address);
    return segment != nullptr && segment->owner == &domain &&
                   segment->site->name() == "devices.registers"
               ? segment
               : nullptr;
}

} // namespace

bool registers_audited() noexcept {
    static const bool audited =
        std::string_view{machine().arguments}.find("registers=audit") != std::string_view::npos;
    return audited;
}

RegisterAccess audit_access(TrapFrame& frame, bool from_user) noexcept {
    constexpr std::uint64_t kLoadPageFault = 13, kStorePageFault = 15;
    const Domain* const domain = from_user ? current()->domain : &kernel_domain();
    if ((frame.cause != kLoadPageFault && frame.cause != kStorePageFault) ||
        frame.pc >= abi::kWindowEnd) // the kernel itself, which may hold the lock
        return RegisterAccess::elsewhere;
    const Locked hold{kernel_lock};
    const Segment* const segment = registers_at(frame.value, *domain);
    if (segment == nullptr)
        return RegisterAccess::elsewhere;
    const AddressSpace& space = from_user ? domain->space : kernel_space();
    const Access access = decode(instruction_at(space, frame.pc));
    if (access.atomic)
        return RegisterAccess::atomic;
    const std::uint64_t offset = frame.value - segment->base;
    if (access.bytes == 0 || frame.value % access.bytes != 0 ||
        offset + access.bytes > segment->bytes)
        return RegisterAccess::unknown;
    void* const place = segment_view(*segment, offset);
    if (access.store)
        store(place, access, access.reg == 0 ? 0 : frame.x[access.reg]);
    else if (const std::uint64_t value = load(place, access); access.reg != 0)
        frame.x[access.reg] = value;
    frame.pc += access.length;
    return RegisterAccess::done;
}

} // namespace cw::kernel
