// Call frame information of any kind: the first bytes are the registers, the rest is the table.
// What comes out must be a frame above the one that went in.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cw/loader/unwind.hpp>
#include <memory>

using namespace cw::loader;

namespace {

constexpr std::uint64_t kTable = 0x10'0000;

struct Start {
    std::uint16_t place; ///< Distance of pc from the table.
    std::uint16_t stack_words;
    std::uint8_t registers[8]; ///< Of the stack, in units of 16 bytes: x8 and its like.
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Start start;
    if (size < sizeof(start))
        return 0;
    std::memcpy(&start, data, sizeof(start));
    size -= sizeof(start);
    // A copy of exactly this size, so that the sanitizer sees every byte read beyond it.
    const auto copy = std::make_unique<std::byte[]>(size);
    std::copy_n(reinterpret_cast<const std::byte*>(data) + sizeof(start), size, copy.get());

    FrameRegisters registers{};
    for (std::uint64_t i = 1; i < 32; ++i)
        registers.x[i] = 0x7000 + 16 * std::uint64_t{start.registers[i % 8]};
    registers.pc = kTable + start.place;
    std::uint64_t stack_end = 0x7000 + 8 * std::uint64_t{start.stack_words};
    const StackReader stack{.read =
                                [](void* end, std::uint64_t address, std::uint64_t& word) noexcept {
                                    word = address;
                                    return address >= 0x7000 &&
                                           address < *static_cast<std::uint64_t*>(end);
                                },
                            .context = &stack_end};
    for (const PcKind kind : {PcKind::interrupted, PcKind::return_address}) {
        const auto caller = caller_frame({{copy.get(), size}, kTable}, registers, kind, stack);
        if (caller && (caller->x[2] < registers.x[2] || caller->x[2] % 16 != 0 ||
                       caller->pc != caller->x[1])) {
            std::fputs("unwind_fuzz: the caller's frame is not above\n", stderr);
            std::abort();
        }
    }
    return 0;
}
