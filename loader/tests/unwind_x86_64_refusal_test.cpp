// Tables and frames of x86-64 that no compiler makes.
#include "unwind_x86_64.hpp"

namespace cw::loader::test {
namespace {

using UnwindX86Refusal = UnwindX86;

TEST_F(UnwindX86Refusal, a_frame_that_does_not_hold_the_return_address_is_refused) {
    EXPECT_EQ(refusal({0x0c, 7, 0}), Status::malformed) << "is not above the stack pointer";
    EXPECT_EQ(refusal({0x0e, 16}), Status::malformed) << "is not 16-byte aligned";
    registers_.r[kRbp] = kStack - 32;
    EXPECT_EQ(refusal({0x0c, 6, 16}), Status::malformed) << "lies below";
    registers_.r[kRsp] = kStack - 4;
    registers_.r[kRbp] = kStack - 16;
    EXPECT_EQ(refusal({0x0c, 6, 16}), Status::malformed) << "has half a word";
    registers_.r[kRsp] = ~std::uint64_t{7};
    EXPECT_EQ(refusal(Bytes{}), Status::malformed) << "wraps around";
}

TEST_F(UnwindX86Refusal, what_the_stack_refuses_is_an_error) {
    EXPECT_EQ(refusal({0x0e, 24}), Status::out_of_range) << "the return address";
    stack_[kStack + 8] = kReturn;
    EXPECT_EQ(refusal({0x0e, 24, 0x83, 2}), Status::out_of_range) << "rbx";
}

TEST_F(UnwindX86Refusal, a_place_outside_of_the_frame_is_not_read) {
    stack_[kStack] = stack_[kStack - 16] = kLost;
    FrameTableBytes above{elf::kMachineX86_64};
    above.common_of({'z', 'R', 0, 1, 0x78, 16, 1, 0x1b, 0x0c, 7, 8, 0x90, 1})
        .function(kFunction, 0x40, {0x83, 0, 0x8c, 2});
    const auto caller = this->caller(above.table());
    ASSERT_TRUE(caller);
    EXPECT_EQ(caller->r[kRbx], truth_.r[kRbx]) << "lies in the caller's frame";
    EXPECT_EQ(caller->r[kR12], truth_.r[kR12]) << "lies below the stack pointer";
}

TEST_F(UnwindX86Refusal, what_clang_does_not_write_is_unsupported) {
    EXPECT_EQ(refusal({0x0f, 1, 0}), Status::unsupported) << "an expression for the frame";
    EXPECT_EQ(refusal({0x10, 3, 1, 0}), Status::unsupported) << "an expression for rbx";
    EXPECT_EQ(refusal({0x16, 3, 1, 0}), Status::unsupported) << "a value by expression";
    EXPECT_EQ(refusal({0x01, 0, 0, 0, 0}), Status::unsupported) << "set_loc";
    EXPECT_EQ(refusal({0x07, 16}), Status::unsupported) << "undefined, as of the outermost";
    EXPECT_EQ(refusal({0x2e, 16}), Status::unsupported) << "GNU_args_size";
    EXPECT_EQ(refusal({0x91, 2}), Status::unsupported) << "xmm0";
    EXPECT_EQ(refusal({0xdf}), Status::unsupported) << "restore of register 31";
    EXPECT_EQ(refusal({0x0c, 16, 8}), Status::unsupported) << "frame in the return address";
    EXPECT_EQ(refusal({0x0c, 0xff, 0xff, 0xff, 0xff, 0x0f, 8}), Status::unsupported);
    EXPECT_EQ(refusal({0x90, 2}), Status::unsupported) << "another place of the return address";
    EXPECT_EQ(refusal({0x08, 16}), Status::unsupported) << "a return address in no place";
    EXPECT_EQ(refusal({0x0a, 0x0a, 0x0a, 0x0a, 0x0a}), Status::unsupported);
    EXPECT_EQ(refusal(FrameTableBytes{elf::kMachineX86_64}
                          .common(1, 0x78, 0x03)
                          .function(kFunction, 64, {})
                          .table()),
              Status::unsupported)
        << "another encoding of addresses";
}

TEST_F(UnwindX86Refusal, a_table_of_another_machine_is_unsupported) {
    FrameTableBytes bytes = function(0x40, {});
    FrameTable table = bytes.table();
    ASSERT_EQ(refusal(table), Status::ok);
    for (const std::uint16_t machine : {std::uint16_t{0}, elf::kMachineRiscv, std::uint16_t{183}}) {
        table.machine = machine;
        EXPECT_EQ(refusal(table), Status::unsupported) << machine;
    }
    bytes = FrameTableBytes{elf::kMachineRiscv};
    table = bytes.common().function(kFunction, 0x40, {}).table();
    table.machine = elf::kMachineX86_64;
    EXPECT_EQ(refusal(table), Status::unsupported);
}

TEST_F(UnwindX86Refusal, a_table_that_contradicts_itself_is_malformed) {
    EXPECT_EQ(refusal({0x0b}), Status::malformed) << "restores what it never kept";
    EXPECT_EQ(refusal({0x0e}), Status::malformed) << "ends in an instruction";
    EXPECT_EQ(refusal({0x0e, 0x80, 0x80}), Status::malformed) << "or in a number";
    FrameTableBytes unsaid{elf::kMachineX86_64};
    unsaid.common_of({'z', 'R', 0, 1, 0x78, 16, 1, 0x1b, 0x90, 1}).function(kFunction, 0x40, {});
    EXPECT_EQ(refusal(unsaid.table()), Status::malformed) << "says of no frame";
    FrameTableBytes self = function(0x40, {});
    self.bytes()[28] = 4; // its common entry is itself
    EXPECT_EQ(refusal(self.table()), Status::malformed);
    self.bytes()[28] = 0xff; // or lies before the table
    EXPECT_EQ(refusal(self.table()), Status::malformed);
}

TEST_F(UnwindX86Refusal, no_change_of_a_byte_and_no_cut_does_harm) {
    const std::vector<std::uint8_t> good = function(0x25,
                                                    {0x41,
                                                     0x0e,
                                                     0x10,
                                                     0x86,
                                                     0x02,
                                                     0x43,
                                                     0x0d,
                                                     0x06,
                                                     0x43,
                                                     0x83,
                                                     0x04,
                                                     0x8e,
                                                     0x03,
                                                     0x5d,
                                                     0x0c,
                                                     0x07,
                                                     0x08,
                                                     0x00,
                                                     0x00})
                                               .bytes();
    for (std::uint64_t at = kStack - 64; at < kStack + 64; at += 8)
        stack_[at] = at;
    registers_.r[kRsp] = kStack - 48;
    registers_.r[kRbp] = kStack - 16;
    registers_.pc = kFunction + 0x20;
    ASSERT_EQ(refusal(FrameTableBytes::table_of(good, elf::kMachineX86_64)), Status::ok);
    for (std::size_t size = 0; size < good.size(); ++size) {
        const std::vector<std::uint8_t> cut{good.begin(),
                                            good.begin() + static_cast<std::ptrdiff_t>(size)};
        EXPECT_NE(refusal(FrameTableBytes::table_of(cut, elf::kMachineX86_64)), Status::ok) << size;
    }
    for (std::size_t at = 0; at < good.size(); ++at) {
        std::vector<std::uint8_t> changed = good;
        for (unsigned value = 0; value < 256; ++value) {
            changed[at] = static_cast<std::uint8_t>(value);
            const auto result = caller(FrameTableBytes::table_of(changed, elf::kMachineX86_64));
            if (result) {
                EXPECT_GT(result->r[kRsp], registers_.r[kRsp]) << at << " = " << value;
                EXPECT_EQ(result->pc, result->r[kRsp] - 8) << at << " = " << value;
            }
        }
    }
}

/// A stack on which every word says that the same function called, and rbp leads back.
TEST_F(UnwindX86Refusal, callers_that_call_each_other_in_a_circle_come_to_an_end) {
    for (std::uint64_t at = kStack - 256; at < kStack; at += 16) {
        stack_[at] = kStack - 256; // rbp
        stack_[at + 8] = kFunction + 8;
    }
    const FrameTableBytes framed = function(0x40, {0x0c, 6, 16, 0x86, 2});
    registers_.r[kRsp] = kStack - 256;
    registers_.r[kRbp] = kStack - 256;
    registers_.pc = kFunction + 8;
    const auto first = caller(framed.table(), PcKind::return_address);
    ASSERT_TRUE(first);
    registers_ = *first;
    EXPECT_EQ(refusal(framed.table()), Status::malformed) << "rbp leads down";

    const FrameTableBytes frameless = function(0x40, {0x0e, 16});
    unsigned calls = 0;
    for (auto caller = this->caller(frameless.table()); caller && calls < 100;
         caller = this->caller(frameless.table()), ++calls)
        registers_ = *caller;
    EXPECT_EQ(calls, 15u);
}

} // namespace
} // namespace cw::loader::test
