#include <cw/core/text.hpp>
#include <cw/kernel/arch/sbi.hpp>
#include <cw/kernel/atomics_test.hpp>
#include <cw/kernel/layout.hpp>
#include <cw/nucleus/host.hpp>
#include <string_view>

namespace cw::kernel {

namespace {

/// More than any memory needs in which they can succeed at all: eventually is promised for such a
/// loop. Source: RISC-V Unprivileged 20191213, 8.3.
constexpr unsigned kTries = 1000;

/// Adds one by LR/SC; false if it never succeeds. `broken`: another SC in between, with which the
/// second one must fail (8.2).
bool add_by_reservation(std::uint64_t* word, bool broken) noexcept {
    std::uint64_t elsewhere = 0;
    for (unsigned tries = 0; tries < kTries; ++tries) {
        std::uint64_t value = 0, failed = 1;
        if (broken)
            asm volatile("lr.d %0, (%2)\n sc.d %1, zero, (%3)\n addi %0, %0, 1\n sc.d %1, %0, (%2)"
                         : "=&r"(value), "=&r"(failed)
                         : "r"(word), "r"(&elsewhere)
                         : "memory");
        else
            asm volatile("lr.d %0, (%2)\n addi %0, %0, 1\n sc.d %1, %0, (%2)"
                         : "=&r"(value), "=&r"(failed)
                         : "r"(word)
                         : "memory");
        if (failed == 0)
            return true;
    }
    return false;
}

/// What does not work there; null: everything does. What was there is there again.
const char* complaint_about(std::uint64_t* word, bool broken) noexcept {
    const std::uint64_t before = *word;
    const char* wrong = nullptr;
    std::uint64_t old = 0;
    *word = 0x7fff'ffff'ffff'fff0;
    asm volatile("amoadd.d %0, %1, (%2)" : "=&r"(old) : "r"(16), "r"(word) : "memory");
    if (old != 0x7fff'ffff'ffff'fff0 || *word != 0x8000'0000'0000'0000)
        wrong = "amoadd does not add";
    asm volatile("amoswap.d %0, %1, (%2)" : "=&r"(old) : "r"(5), "r"(word) : "memory");
    if (wrong == nullptr && (old != 0x8000'0000'0000'0000 || *word != 5))
        wrong = "amoswap does not swap";
    asm volatile("amoor.w %0, %1, (%2)" : "=&r"(old) : "r"(0x10), "r"(word) : "memory");
    if (wrong == nullptr && (old != 5 || *word != 0x15))
        wrong = "amoor does not set bits";
    if (wrong == nullptr && !add_by_reservation(word, broken))
        wrong = "LR/SC never succeeds";
    else if (wrong == nullptr && *word != 0x16)
        wrong = "LR/SC does not store";
    *word = before;
    return wrong;
}

/// Without the log, which has a lock.
void print(std::string_view text) noexcept {
    for (const char c : text)
        arch::sbi_console_putchar(c);
}

} // namespace

void test_atomics(const Machine& machine, PhysicalAddress free_begin) noexcept {
    const bool broken =
        std::string_view{machine.arguments}.find("atomics=broken") != std::string_view::npos;
    static std::uint64_t in_the_image;
    std::uint64_t* const places[] = {&in_the_image,
                                     direct_as<std::uint64_t>(free_begin),
                                     direct_as<std::uint64_t>(machine.ram_end - kPage)};
    for (std::uint64_t* const place : places) {
        const char* const wrong = complaint_about(place, broken);
        if (wrong == nullptr)
            continue;
        char memory[160];
        TextWriter text{memory, sizeof(memory)};
        text.format("PANIC: {} in memory at {}: it cannot hold locks\n",
                    wrong,
                    Hex{reinterpret_cast<std::uint64_t>(place)});
        print(text.text());
        power_off(101);
    }
}

} // namespace cw::kernel
