#include <cw/kernel/arch/csr.hpp>
#include <cw/kernel/unwind.hpp>
#include <cw/loader/call_convention.hpp>
#include <cw/loader/unwind.hpp>
#include <cw/nucleus/modules.hpp>

extern "C" const char image_begin[], image_text_end[], image_frames_begin[], image_frames_end[];

namespace cw::kernel {

namespace {

// More than a stack has room for.
constexpr unsigned kMaxFrames = kKernelStackPages * kPage / 16;
constexpr const loader::CallConvention& kCalls = *loader::call_convention(kMachine);
constexpr unsigned kThreadPointer = 4;

std::uint64_t address_of(const char* place) noexcept {
    return reinterpret_cast<std::uint64_t>(place);
}

/// Code that the kernel may run: its own, or that of a kernel-placed module.
bool is_code(std::uint64_t address) noexcept {
    if (is_kernel_code(address))
        return true;
    const ModuleCode code = module_code_at(address);
    if (code.image == nullptr || !code.in_kernel)
        return false;
    for (const loader::Load& load : code.image->loads()) {
        if (load.rights == loader::Rights::read_execute && address >= code.base + load.address &&
            address - code.base - load.address < load.file_bytes)
            return true;
    }
    return false;
}

loader::FrameTable frames_at(std::uint64_t pc) noexcept {
    if (is_kernel_code(pc)) {
        const auto* begin = reinterpret_cast<const std::byte*>(image_frames_begin);
        return {{begin, reinterpret_cast<const std::byte*>(image_frames_end)},
                address_of(image_frames_begin),
                kMachine};
    }
    const ModuleCode code = module_code_at(pc);
    if (code.image == nullptr)
        return {};
    loader::FrameTable table = code.image->frames();
    table.address += code.base;
    return table;
}

/// The caller of the function that is interrupted at `frame`.
Result<loader::FrameRegisters> first_caller(const loader::FrameRegisters& at,
                                            const loader::StackReader& stack) noexcept {
    if (!is_code(at.pc)) // a jump to nowhere: as if that had returned at once
        return loader::caller_at_entry(kMachine, at, stack);
    auto caller = loader::caller_frame(frames_at(at.pc), at, loader::PcKind::interrupted, stack);
    // clang 19 does not describe where a function of riscv64 takes its frame down. A function that
    // has not called anything still has its own return address in ra; one that has, an address in
    // itself.
    const std::uint64_t ra = at.r[kCalls.return_address];
    const ModuleCode code = module_code_at(at.pc);
    if (caller && code.image != nullptr && ra != caller->pc && is_return_address(ra) &&
        module_code_at(ra).base != code.base)
        return refuse(Status::malformed);
    return caller;
}

loader::StackReader reader_of(const Thread& self) noexcept {
    return {.read =
                [](void* thread, std::uint64_t address, std::uint64_t& word) noexcept {
                    return read_stack(*static_cast<const Thread*>(thread), address, word);
                },
            .context = const_cast<Thread*>(&self)};
}

loader::FrameRegisters registers_of(const TrapFrame& frame) noexcept {
    loader::FrameRegisters registers{};
    for (unsigned i = 1; i < 32; ++i)
        registers.r[i] = frame.x[i];
    registers.pc = frame.pc;
    return registers;
}

} // namespace

bool is_kernel_code(std::uint64_t address) noexcept {
    return address >= address_of(image_begin) && address < address_of(image_text_end);
}

bool is_return_address(std::uint64_t address) noexcept {
    if (address % 2 != 0 || !is_code(address - 4) || !is_code(address))
        return false;
    const auto* before = reinterpret_cast<const std::uint16_t*>(address);
    const unsigned low = before[-2], high = before[-1];
    return (low & 0x0fff) == 0x00ef ||                          // jal ra
           (low & 0x7fff) == 0x00e7 ||                          // jalr ra
           ((high & 0xf07f) == 0x9002 && (high & 0x0f80) != 0); // c.jalr
}

bool read_stack(const Thread& thread, std::uint64_t address, std::uint64_t& word) noexcept {
    const std::uint64_t bottom = thread.stack_top - kKernelStackPages * kPage;
    if (address % sizeof(word) != 0 || address < bottom ||
        address > thread.stack_top - sizeof(word))
        return false;
    word = *reinterpret_cast<const std::uint64_t*>(address);
    return true;
}

ModuleInstance* borrower_running(const Thread& self, const TrapFrame& frame) noexcept {
    const loader::StackReader stack = reader_of(self);
    const loader::FrameRegisters at = registers_of(frame);
    return borrower_running({frames_at, stack}, at, first_caller(at, stack));
}

bool return_to_caller(const Thread& self,
                      const ModuleInstance& stopped,
                      TrapFrame& frame) noexcept {
    const loader::StackReader stack = reader_of(self);
    loader::FrameRegisters at = registers_of(frame);
    bool inside = module_at(at.pc) == &stopped;
    auto caller = first_caller(at, stack);
    for (unsigned depth = 0; caller; ++depth) {
        at = *caller;
        const bool was_inside = inside;
        inside = module_at(at.pc) == &stopped;
        if (was_inside && !inside)
            break;
        if (depth == kMaxFrames)
            return false;
        caller = loader::caller_frame(frames_at(at.pc), at, loader::PcKind::return_address, stack);
    }
    if (!caller || !is_return_address(at.pc) || at.r[kCalls.stack_pointer] > self.stack_top)
        return false;
    for (unsigned i = 1; i < 32; ++i)
        frame.x[i] = at.r[i];
    frame.x[kThreadPointer] = reinterpret_cast<std::uint64_t>(&self);
    frame.x[kCalls.values[0]] = 0;
    frame.x[kCalls.values[1]] = static_cast<std::uint64_t>(Status::peer_died);
    frame.pc = at.pc;
    // As it is around every call: in the kernel, interrupts on, the kernel's view of memory.
    frame.status = (frame.status & ~arch::kStatusUserMemory) | arch::kStatusSpp | arch::kStatusSpie;
    CW_CSR_WRITE(satp, self.kernel_satp);
    return true;
}

} // namespace cw::kernel
