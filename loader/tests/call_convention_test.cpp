#include <cw/loader/call_convention.hpp>
#include <cw/loader/unwind.hpp>
#include <gtest/gtest.h>

namespace cw::loader::test {
namespace {

TEST(CallConvention, is_known_for_the_machines_of_modules) {
    EXPECT_EQ(call_convention(elf::kMachineRiscv), &kRiscvCalls);
    EXPECT_EQ(call_convention(elf::kMachineX86_64), &kX86_64Calls);
    EXPECT_EQ(call_convention(0), nullptr);
    EXPECT_EQ(call_convention(183), nullptr) << "AArch64";
}

TEST(CallConvention, keeps_what_the_psabis_say) {
    const auto set_of = [](std::initializer_list<unsigned> numbers) {
        RegisterSet set = 0;
        for (const unsigned number : numbers)
            set |= RegisterSet{1} << number;
        return set;
    };
    EXPECT_EQ(kRiscvCalls.kept, set_of({2, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27}));
    EXPECT_EQ(kX86_64Calls.kept, set_of({3, 6, 7, 12, 13, 14, 15}));
    for (const CallConvention* calls : {&kRiscvCalls, &kX86_64Calls}) {
        EXPECT_TRUE(contains(calls->kept, calls->stack_pointer));
        EXPECT_EQ(calls->kept & ~calls->integers, 0u);
        for (const std::uint8_t value : calls->values)
            EXPECT_TRUE(contains(calls->integers & ~calls->kept, value));
        EXPECT_EQ(contains(calls->integers, calls->return_address), calls->pushed_bytes == 0);
    }
}

/// A stack with one word, at 0x7000.
constexpr StackReader kOneWord{.read =
                                   [](void*, std::uint64_t address, std::uint64_t& word) noexcept {
                                       word = 0xbbbb0;
                                       return address == 0x7000;
                                   },
                               .context = nullptr};

TEST(CallerAtEntry, has_its_return_address_in_ra_on_riscv) {
    FrameRegisters registers{};
    registers.r[1] = 0xaaaa0;
    registers.r[2] = 0x7000;
    const auto caller = caller_at_entry(elf::kMachineRiscv, registers, kOneWord);
    ASSERT_TRUE(caller);
    EXPECT_EQ(caller->pc, 0xaaaa0u);
    EXPECT_EQ(caller->r[2], 0x7000u);
}

TEST(CallerAtEntry, has_its_return_address_on_the_stack_on_x86_64) {
    FrameRegisters registers{};
    registers.r[3] = 0x3333;
    registers.r[7] = 0x7000;
    const auto caller = caller_at_entry(elf::kMachineX86_64, registers, kOneWord);
    ASSERT_TRUE(caller);
    EXPECT_EQ(caller->pc, 0xbbbb0u);
    EXPECT_EQ(caller->r[7], 0x7008u);
    EXPECT_EQ(caller->r[3], 0x3333u);
    registers.r[7] = 0x7008;
    EXPECT_EQ(caller_at_entry(elf::kMachineX86_64, registers, kOneWord).error(),
              Status::out_of_range);
}

TEST(CallerAtEntry, is_unsupported_on_another_machine) {
    EXPECT_EQ(caller_at_entry(183, {}, kOneWord).error(), Status::unsupported);
}

} // namespace
} // namespace cw::loader::test
