// A function of x86-64 in the middle of its frame, for tests of what its table says.
#pragma once
#include <cw/loader/call_convention.hpp>
#include <cw/loader/unwind.hpp>
#include <gtest/gtest.h>
#include <map>
#include <utility>

#include "frame_table.hpp"

namespace cw::loader::test {

inline constexpr std::uint64_t kFunction = 0x11'0000;
inline constexpr std::uint64_t kStack = 0x7000; ///< The caller's stack pointer.
inline constexpr std::uint64_t kReturn = 0xbbbb0;
inline constexpr std::uint64_t kLost = 0xdead'dead; ///< What an interrupt may have left.
inline constexpr unsigned kRax = 0, kRbx = 3, kRbp = 6, kRsp = 7, kR12 = 12, kR14 = 14, kRa = 16;

using Bytes = std::initializer_list<std::uint8_t>;

/// A table with one function of this size.
inline FrameTableBytes function(std::uint32_t size, Bytes instructions) {
    FrameTableBytes bytes{elf::kMachineX86_64};
    bytes.common().function(kFunction, size, instructions);
    return bytes;
}

/// Carries out what a function does to its frame. Each step ends in front of the instruction at
/// `next`, where the caller must be known with every register that a call keeps.
class UnwindX86 : public testing::Test {
protected:
    UnwindX86() {
        for (std::uint64_t i = 0; i < 16; ++i)
            registers_.r[i] = 0x1000 + i;
        registers_.r[kRsp] = kStack - 8;
        registers_.pc = kFunction;
        stack_[kStack - 8] = kReturn;
        truth_ = registers_;
        truth_.r[kRsp] = kStack;
        truth_.pc = kReturn;
    }

    void enter(FrameTableBytes bytes) {
        table_ = std::move(bytes);
        go(0);
    }
    void push(unsigned number, std::uint64_t next) {
        registers_.r[kRsp] -= 8;
        stack_[registers_.r[kRsp]] = registers_.r[number];
        go(next);
    }
    void pop(unsigned number, std::uint64_t next) {
        registers_.r[number] = stack_[registers_.r[kRsp]];
        leave(registers_.r[kRsp] + 8, next);
    }
    void set(unsigned number, std::uint64_t value, std::uint64_t next) {
        registers_.r[number] = value;
        go(next);
    }
    /// Moves the stack pointer up, out of what lies below.
    void leave(std::uint64_t stack_pointer, std::uint64_t next) {
        for (auto& [address, word] : stack_) {
            if (address < stack_pointer)
                word = kLost;
        }
        set(kRsp, stack_pointer, next);
    }
    void go(std::uint64_t next) {
        registers_.pc = kFunction + next;
        const auto caller = this->caller(table_.table());
        ASSERT_TRUE(caller) << next << ": " << name_of(caller.error());
        for (std::size_t i = 0; i < 16; ++i) {
            if (contains(kX86_64Calls.kept, i)) {
                EXPECT_EQ(caller->r[i], truth_.r[i]) << "register " << i << " at " << next;
            }
        }
        EXPECT_EQ(caller->pc, truth_.pc) << next;
        EXPECT_EQ(caller->r[kRa], truth_.pc) << next;
    }

    /// Reads words of stack_ only, and none below the stack pointer.
    Result<FrameRegisters> caller(const FrameTable& table, PcKind kind = PcKind::interrupted) {
        const StackReader reader{
            .read =
                [](void* context, std::uint64_t address, std::uint64_t& word) noexcept {
                    const auto& self = *static_cast<UnwindX86*>(context);
                    EXPECT_GE(address, self.registers_.r[kRsp]);
                    const auto found = self.stack_.find(address);
                    if (found == self.stack_.end())
                        return false;
                    word = found->second;
                    return true;
                },
            .context = this};
        return caller_frame(table, registers_, kind, reader);
    }
    Status refusal(const FrameTable& table) {
        const auto result = caller(table);
        return result ? Status::ok : result.error();
    }
    Status refusal(Bytes instructions) { return refusal(function(0x40, instructions).table()); }

    FrameTableBytes table_{elf::kMachineX86_64};
    FrameRegisters registers_{};
    FrameRegisters truth_{}; ///< The registers of the caller.
    std::map<std::uint64_t, std::uint64_t> stack_;
};

} // namespace cw::loader::test
