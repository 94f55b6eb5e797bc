#include "unwind.hpp"
#include <algorithm>
#include <cw/core/executor.hpp>
#include <cw/nucleus/log.hpp>
#include <cw/nucleus/modules.hpp>
#include <iterator>
#include <link.h>

namespace cw::hosted {

namespace {

constexpr const loader::CallConvention& kCalls = loader::kX86_64Calls;
constexpr unsigned kMaxFrames = 4096;

// By DWARF number.
constexpr int kGeneral[] = {REG_RAX,
                            REG_RDX,
                            REG_RCX,
                            REG_RBX,
                            REG_RSI,
                            REG_RDI,
                            REG_RBP,
                            REG_RSP,
                            REG_R8,
                            REG_R9,
                            REG_R10,
                            REG_R11,
                            REG_R12,
                            REG_R13,
                            REG_R14,
                            REG_R15};

/// A stretch of this process's own code, and its call frame information.
struct OwnCode {
    std::uint64_t begin = 0, end = 0;
    loader::FrameTable frames;
};

/// Of the object (the nucleus itself, or a library) that holds an address.
OwnCode own_code_at(std::uint64_t address) noexcept {
    struct Search {
        std::uint64_t address;
        OwnCode found;
    } search{address, {}};
    dl_iterate_phdr(
        [](dl_phdr_info* object, std::size_t, void* given) {
            auto& wanted = *static_cast<Search*>(given);
            OwnCode code;
            const ElfW(Phdr)* index = nullptr;
            for (int i = 0; i < object->dlpi_phnum; ++i) {
                const ElfW(Phdr)& part = object->dlpi_phdr[i];
                const std::uint64_t begin = object->dlpi_addr + part.p_vaddr;
                if (part.p_type == PT_LOAD && (part.p_flags & PF_X) != 0 &&
                    wanted.address >= begin && wanted.address < begin + part.p_memsz) {
                    code.begin = begin;
                    code.end = begin + part.p_memsz;
                }
                if (part.p_type == PT_GNU_EH_FRAME)
                    index = &part;
            }
            if (code.begin == 0)
                return 0;
            wanted.found = code;
            if (index == nullptr)
                return 1;
            // .eh_frame_hdr: version, three encodings, the distance of .eh_frame (pcrel, sdata4 is
            // what linkers write). The section ends with a zero word; its bound here is the
            // object's end of read-only data.
            const std::uint64_t header = object->dlpi_addr + index->p_vaddr;
            const auto* bytes = reinterpret_cast<const unsigned char*>(header);
            if (bytes[0] != 1 || bytes[1] != 0x1b)
                return 1;
            const std::uint64_t frames = header + 4 +
                                         static_cast<std::uint64_t>(std::int64_t{
                                             *reinterpret_cast<const std::int32_t*>(header + 4)});
            const std::uint64_t size = frames < header ? header - frames : 0;
            for (int i = 0; i < object->dlpi_phnum; ++i) {
                const ElfW(Phdr)& part = object->dlpi_phdr[i];
                const std::uint64_t begin = object->dlpi_addr + part.p_vaddr;
                if (part.p_type == PT_LOAD && frames >= begin && frames < begin + part.p_filesz)
                    wanted.found.frames = {{reinterpret_cast<const std::byte*>(frames),
                                            size != 0 ? size : begin + part.p_filesz - frames},
                                           frames,
                                           kMachine};
            }
            return 1;
        },
        &search);
    return search.found;
}

const loader::Load* code_of_module(std::uint64_t address) noexcept {
    const ModuleCode code = module_code_at(address);
    if (code.image == nullptr || !code.in_kernel)
        return nullptr;
    for (const loader::Load& load : code.image->loads()) {
        if (load.rights == loader::Rights::read_execute && address >= code.base + load.address &&
            address - code.base - load.address < load.file_bytes)
            return &load;
    }
    return nullptr;
}

loader::FrameTable frames_at(std::uint64_t pc) noexcept {
    if (const ModuleCode code = module_code_at(pc); code.image != nullptr)
        return {code.image->frames().bytes, code.base + code.image->frames().address, kMachine};
    return own_code_at(pc).frames;
}

loader::StackReader reader_of(const Thread& self) noexcept {
    return {.read =
                [](void* thread, std::uint64_t address, std::uint64_t& word) noexcept {
                    if (address % sizeof(word) != 0 ||
                        !in_stack(*static_cast<const Thread*>(thread), address))
                        return false;
                    word = stack_word(address);
                    return true;
                },
            .context = const_cast<Thread*>(&self)};
}

} // namespace

loader::FrameRegisters registers_of(const ucontext_t& context) noexcept {
    loader::FrameRegisters registers{};
    for (std::size_t i = 0; i < std::size(kGeneral); ++i)
        registers.r[i] = static_cast<std::uint64_t>(context.uc_mcontext.gregs[kGeneral[i]]);
    registers.pc = static_cast<std::uint64_t>(context.uc_mcontext.gregs[REG_RIP]);
    return registers;
}

void put_registers(ucontext_t& context, const loader::FrameRegisters& registers) noexcept {
    for (std::size_t i = 0; i < std::size(kGeneral); ++i)
        context.uc_mcontext.gregs[kGeneral[i]] = static_cast<greg_t>(registers.r[i]);
    context.uc_mcontext.gregs[REG_RIP] = static_cast<greg_t>(registers.pc);
    context.uc_mcontext.gregs[REG_EFL] &= ~greg_t{0x400}; // as around every call: forwards
}

bool is_nucleus_code(std::uint64_t address) noexcept {
    return own_code_at(address).begin != 0;
}

bool is_return_address(std::uint64_t address) noexcept {
    if ((code_of_module(address) == nullptr || code_of_module(address - 7) == nullptr) &&
        (!is_nucleus_code(address) || !is_nucleus_code(address - 7)))
        return false;
    const auto* end = reinterpret_cast<const unsigned char*>(address);
    if (end[-5] == 0xe8) // call rel32
        return true;
    for (int length = 2; length <= 7; ++length) { // call through a register or memory: ff /2
        if (end[-length] == 0xff && (end[-length + 1] & 0x38) == 0x10)
            return true;
    }
    return false;
}

bool gives_up(const loader::FrameRegisters& at) noexcept {
    return at.pc == reinterpret_cast<std::uint64_t>(&platform::fail);
}

bool in_stack(const Thread& thread, std::uint64_t address) noexcept {
    return address >= thread.stack_bottom && address <= thread.stack_top - sizeof(std::uint64_t);
}

bool in_guard(const Thread& thread, std::uint64_t address) noexcept {
    return address < thread.stack_bottom && thread.stack_bottom - address <= kPage;
}

Result<loader::FrameRegisters> caller_of(const Thread& self,
                                         const loader::FrameRegisters& at) noexcept {
    const loader::StackReader stack = reader_of(self);
    // A jump to nowhere: as if that had returned at once. Giving up is a function of one
    // instruction.
    if (gives_up(at) || frames_at(at.pc).bytes.empty())
        return loader::caller_at_entry(kMachine, at, stack);
    return loader::caller_frame(frames_at(at.pc), at, loader::PcKind::interrupted, stack);
}

ModuleInstance* borrower_running(const Thread& self, const loader::FrameRegisters& trap) noexcept {
    return kernel::borrower_running({frames_at, reader_of(self)}, trap, caller_of(self, trap));
}

bool return_to_caller(const Thread& self,
                      const ModuleInstance& stopped,
                      loader::FrameRegisters& at) noexcept {
    const loader::StackReader stack = reader_of(self);
    bool inside = module_at(at.pc) == &stopped;
    auto caller = caller_of(self, at);
    loader::FrameRegisters place{};
    for (unsigned depth = 0; caller; ++depth) {
        place = *caller;
        const bool was_inside = inside;
        inside = module_at(place.pc) == &stopped;
        if (was_inside && !inside)
            break;
        if (depth == kMaxFrames)
            return false;
        caller =
            loader::caller_frame(frames_at(place.pc), place, loader::PcKind::return_address, stack);
    }
    if (!caller || !is_return_address(place.pc) || !in_stack(self, stack_pointer(place)))
        return false;
    sanitizer::frames_gone(stack_pointer(at), stack_pointer(place));
    at = place;
    at.r[kCalls.values[0]] = 0;
    at.r[kCalls.values[1]] = static_cast<std::uint64_t>(Status::peer_died);
    return true;
}

void describe_stack(const Thread& self, const loader::FrameRegisters& at) noexcept {
    describe_address(at.pc);
    // Frame pointer chain: [rbp] = the caller's, [rbp + 8] = return address.
    std::uint64_t frame = at.r[6];
    std::uint64_t below = stack_pointer(at);
    for (unsigned depth = 0; depth < 16; ++depth) {
        if (frame % 8 != 0 || frame < below || !in_stack(self, frame) || !in_stack(self, frame + 8))
            return;
        describe_address(stack_word(frame + 8));
        below = frame + 16;
        frame = stack_word(frame);
    }
}

} // namespace cw::hosted
