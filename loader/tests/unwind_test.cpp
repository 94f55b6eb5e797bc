#include <cw/loader/unwind.hpp>
#include <gtest/gtest.h>
#include <map>

#include "frame_table.hpp"

namespace cw::loader::test {
namespace {

constexpr std::uint64_t kFunction = 0x11'0000;
constexpr std::uint64_t kStack = 0x7000;

/// A function as clang compiles one with a frame pointer: it takes its frame at +2, saves ra, s0
/// and s1 up to +10, and points s0 to the frame at +12.
FrameTableBytes framed() {
    FrameTableBytes bytes;
    bytes.common().function(kFunction,
                            0x40,
                            {0x42,
                             0x0e,
                             48, // advance 2; offset of frame 48
                             0x48,
                             0x81,
                             1,
                             0x88,
                             2,
                             0x89,
                             3, // advance 8; ra, s0, s1
                             0x42,
                             0x0c,
                             8,
                             0,
                             0,
                             0}); // advance 2; def_cfa s0, 0; nop
    return bytes;
}

class Unwind : public testing::Test {
protected:
    Unwind() {
        for (std::uint64_t i = 1; i < 32; ++i)
            registers_.r[i] = 0x1000 + i;
        registers_.r[1] = 0xaaaa0;
        registers_.r[2] = kStack;
        registers_.r[8] = kStack + 48;
        stack_[kStack + 40] = 0xbbbb0; // ra
        stack_[kStack + 32] = 0xcccc0; // s0
        stack_[kStack + 24] = 0xdddd0; // s1
    }

    Result<FrameRegisters>
    caller(const FrameTable& table, std::uint64_t pc, PcKind kind = PcKind::interrupted) {
        registers_.pc = pc;
        const StackReader reader{
            .read =
                [](void* context, std::uint64_t address, std::uint64_t& word) noexcept {
                    auto& stack = *static_cast<std::map<std::uint64_t, std::uint64_t>*>(context);
                    const auto found = stack.find(address);
                    if (found == stack.end())
                        return false;
                    word = found->second;
                    return true;
                },
            .context = &stack_};
        return caller_frame(table, registers_, kind, reader);
    }
    Status refusal(const FrameTable& table, std::uint64_t pc = kFunction + 0x20) {
        const auto result = caller(table, pc);
        return result ? Status::ok : result.error();
    }

    FrameRegisters registers_{};
    std::map<std::uint64_t, std::uint64_t> stack_;
};

TEST_F(Unwind, before_the_frame_is_taken_everything_is_in_registers) {
    const auto caller = this->caller(framed().table(), kFunction);
    ASSERT_TRUE(caller);
    EXPECT_EQ(caller->pc, 0xaaaa0u);
    EXPECT_EQ(caller->r[2], kStack);
    EXPECT_EQ(caller->r[8], kStack + 48);
    EXPECT_EQ(caller->r[9], 0x1009u);
}

TEST_F(Unwind, tells_where_a_function_begins) {
    const FrameTableBytes bytes = framed();
    for (const std::uint64_t offset : {0u, 2u, 0x3fu})
        EXPECT_EQ(function_begin(bytes.table(), kFunction + offset, PcKind::interrupted),
                  kFunction);
    EXPECT_EQ(function_begin(bytes.table(), kFunction + 0x40, PcKind::return_address), kFunction);
    EXPECT_EQ(function_begin(bytes.table(), kFunction + 0x40, PcKind::interrupted).error(),
              Status::not_found);
    EXPECT_EQ(function_begin(bytes.table(), kFunction, PcKind::return_address).error(),
              Status::not_found);
    FrameTable other = bytes.table();
    other.machine = 3;
    EXPECT_EQ(function_begin(other, kFunction, PcKind::interrupted).error(), Status::unsupported);
}

TEST_F(Unwind, while_registers_are_saved_they_are_still_there) {
    registers_.r[8] = 0x8888;
    for (const std::uint64_t offset : {2u, 4u, 8u}) {
        const auto caller = this->caller(framed().table(), kFunction + offset);
        ASSERT_TRUE(caller) << offset;
        EXPECT_EQ(caller->pc, 0xaaaa0u);
        EXPECT_EQ(caller->r[2], kStack + 48);
        EXPECT_EQ(caller->r[8], 0x8888u);
    }
}

TEST_F(Unwind, saved_registers_come_from_the_frame) {
    registers_.r[8] = 0x8888; // not the frame pointer yet
    const auto early = caller(framed().table(), kFunction + 10);
    ASSERT_TRUE(early);
    EXPECT_EQ(early->pc, 0xbbbb0u);
    EXPECT_EQ(early->r[2], kStack + 48);
    registers_.r[8] = kStack + 48;
    registers_.r[2] = kStack - 16; // has moved on
    const auto late = caller(framed().table(), kFunction + 0x20);
    ASSERT_TRUE(late);
    EXPECT_EQ(late->pc, 0xbbbb0u);
    EXPECT_EQ(late->r[1], 0xbbbb0u);
    EXPECT_EQ(late->r[2], kStack + 48);
    EXPECT_EQ(late->r[8], 0xcccc0u);
    EXPECT_EQ(late->r[9], 0xdddd0u);
    EXPECT_EQ(late->r[18], 0x1012u);
}

TEST_F(Unwind, a_return_address_belongs_to_the_function_before_it) {
    FrameTableBytes bytes = framed();
    bytes.function(kFunction + 0x40, 0x10, {});
    const auto inside = caller(bytes.table(), kFunction + 0x40, PcKind::return_address);
    ASSERT_TRUE(inside);
    EXPECT_EQ(inside->pc, 0xbbbb0u); // of the first
    const auto next = caller(bytes.table(), kFunction + 0x40);
    ASSERT_TRUE(next);
    EXPECT_EQ(next->pc, 0xaaaa0u); // of the second, which has no frame yet
}

TEST_F(Unwind, every_instruction_that_clang_writes_is_known) {
    FrameTableBytes bytes;
    bytes.common().function(
        kFunction, 0x100, {0x02, 2,    0x0e, 48,            // advance_loc1; def_cfa_offset
                           0x03, 2,    0,    0x05, 1, 1,    // advance_loc2; offset_extended ra
                           0x89, 3,    0x88, 2,             // offset s1, s0
                           0x0a,                            // remember_state
                           0x04, 12,   0,    0,    0, 0xc1, // advance_loc4; restore ra
                           0x06, 8,    0x08, 9,             // restore_extended s0; same_value s1
                           0x0e, 0,                         // def_cfa_offset
                           0x50, 0x0b,                      // advance 16; restore_state
                           0x50, 0x0d, 8,    0x0e, 0}); // advance 16; def_cfa_register s0; offset 0
    const auto saved = caller(bytes.table(), kFunction + 4);
    ASSERT_TRUE(saved);
    EXPECT_EQ(saved->pc, 0xbbbb0u);
    EXPECT_EQ(saved->r[9], 0xdddd0u);
    const auto restored = caller(bytes.table(), kFunction + 16);
    ASSERT_TRUE(restored);
    EXPECT_EQ(restored->pc, 0xaaaa0u);
    EXPECT_EQ(restored->r[2], kStack);
    EXPECT_EQ(restored->r[8], kStack + 48);
    EXPECT_EQ(restored->r[9], 0x1009u);
    for (const std::uint64_t offset : {32u, 48u}) {
        const auto again = caller(bytes.table(), kFunction + offset);
        ASSERT_TRUE(again) << offset;
        EXPECT_EQ(again->pc, 0xbbbb0u);
        EXPECT_EQ(again->r[2], kStack + 48);
    }
}

TEST_F(Unwind, code_that_no_entry_covers_is_not_found) {
    EXPECT_EQ(refusal(framed().table(), kFunction - 2), Status::not_found);
    EXPECT_EQ(refusal(framed().table(), kFunction + 0x40), Status::not_found);
    EXPECT_EQ(refusal(FrameTableBytes{}.table()), Status::not_found);
    FrameTableBytes ended;
    ended.common().raw({0, 0, 0, 0}).function(kFunction, 0x40, {});
    EXPECT_EQ(refusal(ended.table()), Status::not_found) << "an entry behind the end mark";
}

TEST_F(Unwind, what_the_stack_refuses_is_an_error) {
    stack_.erase(kStack + 24);
    EXPECT_EQ(refusal(framed().table()), Status::out_of_range);
}

TEST_F(Unwind, a_frame_that_does_not_lie_above_is_refused) {
    registers_.r[8] = kStack - 16;
    EXPECT_EQ(refusal(framed().table()), Status::malformed);
    registers_.r[8] = kStack + 40;
    EXPECT_EQ(refusal(framed().table()), Status::malformed) << "not 16-byte aligned";
}

TEST_F(Unwind, what_clang_does_not_write_is_unsupported) {
    const auto with = [](std::initializer_list<std::uint8_t> instructions) {
        FrameTableBytes bytes;
        bytes.common().function(kFunction, 0x40, instructions);
        return bytes;
    };
    EXPECT_EQ(refusal(with({0x0f, 1, 0}).table()), Status::unsupported) << "an expression";
    EXPECT_EQ(refusal(with({0x01, 0, 0, 0, 0}).table()), Status::unsupported) << "set_loc";
    EXPECT_EQ(refusal(with({0xa0, 1}).table()), Status::unsupported) << "a floating point register";
    EXPECT_EQ(refusal(with({0x80, 1}).table()), Status::unsupported) << "x0";
    EXPECT_EQ(refusal(with({0x0c, 40, 0}).table()), Status::unsupported) << "frame in x40";
    EXPECT_EQ(refusal(with({0x0a, 0x0a, 0x0a, 0x0a, 0x0a}).table()), Status::unsupported);
    EXPECT_EQ(refusal(FrameTableBytes{}.common(1, 0x78, 0x03).function(kFunction, 64, {}).table()),
              Status::unsupported)
        << "another encoding of addresses";
}

TEST_F(Unwind, a_table_that_contradicts_itself_is_malformed) {
    const auto with = [](std::initializer_list<std::uint8_t> instructions) {
        FrameTableBytes bytes;
        bytes.common().function(kFunction, 0x40, instructions);
        return bytes;
    };
    EXPECT_EQ(refusal(with({0x0b}).table()), Status::malformed) << "restores what it never kept";
    EXPECT_EQ(refusal(with({0x0e}).table()), Status::malformed) << "ends in an instruction";
    EXPECT_EQ(refusal(with({0x0e, 0x80, 0x80}).table()), Status::malformed) << "or in a number";
    EXPECT_EQ(refusal(FrameTableBytes{}.raw({40, 0, 0, 0, 1, 0, 0, 0}).table()), Status::malformed)
        << "an entry beyond the end";
    FrameTableBytes self;
    self.common().function(kFunction, 0x40, {});
    self.bytes()[24] = 4; // its common entry is itself
    EXPECT_EQ(refusal(self.table()), Status::malformed);
    self.bytes()[24] = 0xff; // or lies before the table
    EXPECT_EQ(refusal(self.table()), Status::malformed);
}

TEST_F(Unwind, no_change_of_a_byte_and_no_cut_does_harm) {
    const std::vector<std::uint8_t> good = framed().bytes();
    ASSERT_EQ(refusal(FrameTableBytes::table_of(good)), Status::ok);
    for (std::size_t size = 0; size < good.size(); ++size) {
        const std::vector<std::uint8_t> cut{good.begin(),
                                            good.begin() + static_cast<std::ptrdiff_t>(size)};
        EXPECT_NE(refusal(FrameTableBytes::table_of(cut)), Status::ok) << size;
    }
    for (std::size_t at = 0; at < good.size(); ++at) {
        std::vector<std::uint8_t> changed = good;
        for (unsigned value = 0; value < 256; ++value) {
            changed[at] = static_cast<std::uint8_t>(value);
            const auto result = caller(FrameTableBytes::table_of(changed), kFunction + 0x20);
            if (result) {
                EXPECT_GE(result->r[2], kStack) << at << " = " << value;
            }
        }
    }
}

} // namespace
} // namespace cw::loader::test
