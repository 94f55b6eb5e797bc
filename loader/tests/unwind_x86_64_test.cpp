// Tables as clang 19 writes them for x86-64, byte by byte.
#include "unwind_x86_64.hpp"

namespace cw::loader::test {
namespace {

// long framed(long a) { long b = ext(a); return ext(b) + a + b; }
TEST_F(UnwindX86, a_frame_pointer_and_pushed_registers) {
    enter(function(0x25,
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
                    0x00}));
    push(kRbp, 1);
    set(kRbp, registers_.r[kRsp], 4);
    push(kR14, 6);
    push(kRbx, 7);
    set(kRbx, 1, 10);
    set(kR14, 2, 18);
    go(32);
    pop(kRbx, 33);
    pop(kR14, 35);
    pop(kRbp, 36);
}

// The same without a frame pointer.
TEST_F(UnwindX86, pushed_registers_and_no_frame_pointer) {
    enter(function(0x25, {0x42, 0x0e, 0x10, 0x41, 0x0e, 0x18, 0x41, 0x0e, 0x20, 0x83, 0x03, 0x8e,
                          0x02, 0x5d, 0x0e, 0x18, 0x41, 0x0e, 0x10, 0x42, 0x0e, 0x08, 0x00}));
    push(kR14, 2);
    push(kRbx, 3);
    push(kRax, 4); // for the alignment
    set(kRbx, 1, 7);
    set(kR14, 2, 15);
    go(29);
    leave(registers_.r[kRsp] + 8, 33);
    pop(kRbx, 34);
    pop(kR14, 36);
}

// long realign(long a) { alignas(64) char buf[128]; use(buf); return buf[a] + ext(a); }
TEST_F(UnwindX86, a_stack_that_is_aligned_anew) {
    enter(function(0x36,
                   {0x41,
                    0x0e,
                    0x10,
                    0x86,
                    0x02,
                    0x43,
                    0x0d,
                    0x06,
                    0x4e,
                    0x83,
                    0x04,
                    0x8e,
                    0x03,
                    0x63,
                    0x0c,
                    0x07,
                    0x08,
                    0x00,
                    0x00}));
    push(kRbp, 1);
    set(kRbp, registers_.r[kRsp], 4);
    push(kR14, 6);
    push(kRbx, 7);
    set(kRsp, registers_.r[kRsp] & ~std::uint64_t{63}, 11);
    set(kRsp, registers_.r[kRsp] - 0xc0, 18);
    set(kRbx, 1, 21);
    set(kR14, 2, 34);
    go(45);
    leave(registers_.r[kRbp] - 16, 49);
    pop(kRbx, 50);
    pop(kR14, 52);
    pop(kRbp, 53);
}

// long early(long a) {
//     if (a == 0) return 7;
//     long r = ext(a); if (r > 5) return r * ext(a + 1); return r + ext(2); }
FrameTableBytes early() {
    return function(0x46,
                    {0x47, 0x0e, 0x10, 0x41, 0x0e, 0x18, 0x41, 0x0e, 0x20, 0x83, 0x03, 0x8e, 0x02,
                     0x62, 0x0e, 0x08, 0xc3, 0xce, 0x46, 0x0e, 0x20, 0x83, 0x03, 0x8e, 0x02, 0x51,
                     0x0e, 0x18, 0x41, 0x0e, 0x10, 0x42, 0x0e, 0x08, 0xc3, 0xce, 0x00, 0x00, 0x00});
}

TEST_F(UnwindX86, a_return_in_the_middle_that_has_no_frame) {
    enter(early());
    go(3);
    go(43);
    set(kRax, 7, 48);
}

TEST_F(UnwindX86, code_with_a_frame_behind_a_return_in_the_middle) {
    enter(early());
    go(3);
    push(kR14, 7);
    push(kRbx, 8);
    push(kRax, 9);
    set(kR14, 1, 12);
    set(kRbx, 2, 20);
    go(41);
    go(49);
    go(62);
    leave(registers_.r[kRsp] + 8, 66);
    pop(kRbx, 67);
    pop(kR14, 69);
}

// long many(long a) { return ext7(a, 2, 3, 4, 5, 6, 7, 8, 9) + ext(a); }
TEST_F(UnwindX86, arguments_that_are_pushed_for_a_call) {
    enter(function(0x4b,
                   {0x42, 0x0e, 0x10, 0x41, 0x0e, 0x18, 0x41, 0x0e, 0x20, 0x83, 0x03, 0x8e, 0x02,
                    0x47, 0x0e, 0x28, 0x5d, 0x0e, 0x30, 0x42, 0x0e, 0x38, 0x42, 0x0e, 0x40, 0x49,
                    0x0e, 0x20, 0x52, 0x0e, 0x18, 0x41, 0x0e, 0x10, 0x42, 0x0e, 0x08, 0x00, 0x00}));
    push(kR14, 2);
    push(kRbx, 3);
    push(kRax, 4);
    set(kRbx, 1, 7);
    set(kRsp, registers_.r[kRsp] - 8, 11);
    go(38);
    push(kRax, 40);
    push(kRax, 42);
    push(kRax, 44);
    go(49);
    leave(registers_.r[kRsp] + 32, 53);
    set(kR14, 2, 56);
    leave(registers_.r[kRsp] + 8, 71);
    pop(kRbx, 72);
    pop(kR14, 74);
}

// What assemblers make of .cfi_remember_state around an epilogue in the middle.
TEST_F(UnwindX86, a_state_that_is_remembered) {
    enter(function(0x40, {0x41, 0x0e, 16,   0x83, 2,          // advance 1; offset of frame; rbx
                          0x4f, 0x0a, 0x41, 0x0e, 8,    0xc3, // advance 15, 1; restore rbx
                          0x41, 0x0b,                         // advance 1; restore_state
                          0x4e, 0x05, 12,   3,    0x0e, 24,   // advance 14; offset_extended r12
                          0x42, 0x06, 12,   0x08, 3,    0x0e, 8})); // advance 2
    push(kRbx, 1);
    set(kRbx, 1, 16);
    FrameRegisters before = registers_;
    pop(kRbx, 17);
    registers_ = before; // the code behind it is reached with the frame in place
    stack_[registers_.r[kRsp]] = truth_.r[kRbx];
    go(18);
    push(kR12, 32);
    set(kR12, 1, 33);
    registers_ = truth_;
    registers_.r[kRsp] = kStack - 8;
    go(34);
}

TEST_F(UnwindX86, a_return_address_belongs_to_the_function_before_it) {
    FrameTableBytes bytes = function(0x40, {0x41, 0x0e, 16});
    bytes.function(kFunction + 0x40, 0x10, {});
    stack_[kStack - 16] = 0xaaaa0;
    registers_.pc = kFunction + 0x40;
    registers_.r[kRsp] = kStack - 16;
    const auto inside = caller(bytes.table(), PcKind::return_address);
    ASSERT_TRUE(inside);
    EXPECT_EQ(inside->pc, kReturn); // of the first
    registers_.r[kRsp] = kStack - 8;
    const auto next = caller(bytes.table());
    ASSERT_TRUE(next);
    EXPECT_EQ(next->pc, kReturn); // of the second, which has no frame yet
    registers_.r[kRsp] = kStack - 24;
    stack_[kStack - 24] = 0xaaaa0;
    const auto other = caller(bytes.table());
    ASSERT_TRUE(other);
    EXPECT_EQ(other->pc, 0xaaaa0u);
}

} // namespace
} // namespace cw::loader::test
