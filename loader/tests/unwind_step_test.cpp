// The caller of every function, at every instruction of it: functions as clang compiles them for
// x86-64 run one instruction at a time, while the test keeps a list of who called whom of its own.
#include <algorithm>
#include <cstring>
#include <cw/loader/call_convention.hpp>
#include <gtest/gtest.h>
#include <sstream>
#include <string>
#include <vector>

#include "stepped_library.hpp"

namespace cw::loader::test {
namespace {

constexpr std::uint8_t kStackPointer = kX86_64Calls.stack_pointer;

/// The few instructions that do not go on behind themselves, and how long they are. Source: Intel
/// SDM 2, opcode maps. clang makes no others of these functions.
enum class Flow : std::uint8_t { on, jump, call, ret };

struct Instruction {
    Flow flow;
    std::uint64_t bytes; ///< Of those that do not go on; 0: see where the next one begins.
};

Instruction instruction_at(std::uint64_t pc) {
    const auto* const code = reinterpret_cast<const std::uint8_t*>(pc);
    if (code[0] == 0xc3)
        return {Flow::ret, 1};
    if (code[0] == 0xe8)
        return {Flow::call, 5};
    if (code[0] == 0xe9)
        return {Flow::jump, 5};
    if (code[0] == 0xeb || code[0] >> 4 == 7)
        return {Flow::jump, 2};
    if (code[0] == 0x0f && code[1] >> 4 == 8)
        return {Flow::jump, 6};
    return {Flow::on, 0};
}

/// A call through a register or memory: its length is told by where it returns to.
bool is_indirect_call(std::uint64_t pc) {
    const auto* code = reinterpret_cast<const std::uint8_t*>(pc);
    if (code[0] >> 4 == 4) // REX
        ++code;
    return code[0] == 0xff && (code[1] >> 3 & 7) == 2;
}

std::uint64_t word_at(std::uint64_t address) {
    std::uint64_t word = 0;
    std::memcpy(&word, reinterpret_cast<const void*>(address), sizeof(word));
    return word;
}

/// caller_frame() on a stack that ends at `stack_end` and has nothing below the stack pointer.
Result<FrameRegisters> caller_on(std::uint64_t stack_end,
                                 const FrameTable& table,
                                 const FrameRegisters& at,
                                 PcKind kind) noexcept {
    std::uint64_t limits[] = {at.r[kStackPointer], stack_end};
    const StackReader reader{
        .read =
            [](void* context, std::uint64_t address, std::uint64_t& word) noexcept {
                const auto* const within = static_cast<const std::uint64_t*>(context);
                if (address < within[0] || address > within[1] - sizeof(word))
                    return false;
                word = word_at(address);
                return true;
            },
        .context = limits};
    return caller_frame(table, at, kind, reader);
}

std::uint64_t end_of(std::span<std::byte> stack) {
    return reinterpret_cast<std::uint64_t>(stack.data() + stack.size());
}

/// Compares what caller_frame() finds with its own list of calls. Allocates nothing in the handler.
class CallerCheck final : public StepObserver {
public:
    CallerCheck(const SteppedLibrary& library, std::span<std::byte> stack) :
        library_{library},
        stack_end_{end_of(stack)},
        lengths_(library.code().end - library.code().begin) {}

    void before(FrameRegisters& now) noexcept override {
        if (last_.pc != 0)
            follow(now);
        last_ = now;
        if (depth_ != 0 && library_.has(now.pc))
            check(now);
    }

    /// What was wrong first; empty if all was as it should be.
    [[nodiscard]] std::string wrong() const {
        if (wrong_.what == nullptr)
            return "";
        std::ostringstream out;
        out << wrong_.what << " in call " << wrong_.level << " of " << wrong_.depth << ", at 0x"
            << std::hex << wrong_.pc - library_.code().begin;
        return out.str();
    }
    [[nodiscard]] std::size_t deepest() const { return deepest_; }
    /// The instructions that were run.
    [[nodiscard]] std::vector<std::uint64_t> seen() const {
        std::vector<std::uint64_t> places;
        for (std::size_t i = 0; i < lengths_.size(); ++i) {
            if (lengths_[i] != 0)
                places.push_back(library_.code().begin + i);
        }
        return places;
    }
    /// Where a function has an instruction that was not run; empty if there is none.
    [[nodiscard]] std::string missed() const {
        for (const CodeRange& function : library_.functions()) {
            for (std::uint64_t at = function.begin; at < function.end;) {
                const std::size_t place = at - library_.code().begin;
                if (lengths_[place] == 0)
                    return "at " + std::to_string(place);
                at += lengths_[place];
            }
        }
        return "";
    }

private:
    static constexpr std::size_t kMaxDepth = 64;
    struct Complaint {
        const char* what; ///< Null: there is none.
        std::size_t level;
        std::size_t depth;
        std::uint64_t pc;
    };

    /// Keeps the list of callers: `now` follows on the instruction at last_.
    void follow(const FrameRegisters& now) {
        Instruction done = instruction_at(last_.pc);
        if (is_indirect_call(last_.pc))
            done = {Flow::call, word_at(now.r[kStackPointer]) - last_.pc};
        if (done.flow == Flow::call) {
            if (depth_ == kMaxDepth)
                return complain("more calls than expected", depth_);
            calls_[depth_] = last_;
            calls_[depth_++].pc = last_.pc + done.bytes;
            deepest_ = std::max(deepest_, depth_);
        } else if (done.flow == Flow::ret && depth_ != 0) {
            if (!same(now, calls_[--depth_]))
                complain("the function itself lost registers of its caller", depth_);
        }
        if (library_.has(last_.pc)) {
            const std::uint64_t length = done.flow == Flow::on ? now.pc - last_.pc : done.bytes;
            lengths_[last_.pc - library_.code().begin] = static_cast<std::uint8_t>(length);
        }
    }
    [[nodiscard]] static bool same(const FrameRegisters& a, const FrameRegisters& b) {
        for (std::size_t i = 0; i < 32; ++i) {
            if (contains(kX86_64Calls.kept, i) && a.r[i] != b.r[i])
                return false;
        }
        return a.pc == b.pc;
    }
    void check(const FrameRegisters& now) {
        FrameRegisters at = now;
        PcKind kind = PcKind::interrupted;
        for (std::size_t level = depth_; level > 0; --level) {
            const auto caller = caller_on(stack_end_, library_.frames(), at, kind);
            if (!caller)
                return complain(name_of(caller.error()), level);
            if (!same(*caller, calls_[level - 1]))
                return complain("not the registers of the caller", level);
            at = *caller;
            kind = PcKind::return_address;
        }
    }
    void complain(const char* what, std::size_t level) {
        if (wrong_.what == nullptr)
            wrong_ = {what, level, depth_, last_.pc};
    }

    const SteppedLibrary& library_;
    std::uint64_t stack_end_;
    FrameRegisters last_{};
    FrameRegisters calls_[kMaxDepth]{}; ///< As each call that is under way has to return.
    std::size_t depth_ = 0;
    std::size_t deepest_ = 0;
    std::vector<std::uint8_t> lengths_; ///< Of the instructions that were run, by their places.
    Complaint wrong_{};
};

/// At one instruction, leaves all calls as the nucleus leaves those of a module that has broken.
class Leaver final : public StepObserver {
public:
    Leaver(const SteppedLibrary& library, std::span<std::byte> stack, std::uint64_t at) :
        library_{library}, stack_end_{end_of(stack)}, at_{at} {}

    void before(FrameRegisters& now) noexcept override {
        if (left_ || now.pc != at_)
            return;
        FrameRegisters at = now;
        PcKind kind = PcKind::interrupted;
        for (unsigned depth = 0; library_.has(at.pc); ++depth) {
            const auto caller = caller_on(stack_end_, library_.frames(), at, kind);
            if (!caller || depth == 64)
                return;
            at = *caller;
            kind = PcKind::return_address;
        }
        at.r[kX86_64Calls.values[0]] = 0;
        at.r[kX86_64Calls.values[1]] = static_cast<std::uint64_t>(Status::peer_died);
        now = at;
        left_ = true;
    }
    [[nodiscard]] bool left() const { return left_; }

private:
    const SteppedLibrary& library_;
    std::uint64_t stack_end_;
    std::uint64_t at_;
    bool left_ = false;
};

class UnwindStep : public testing::TestWithParam<const char*> {
protected:
    alignas(16) static inline std::byte stack_[256 * 1024];
};

TEST_P(UnwindStep, finds_every_caller_at_every_instruction) {
    const SteppedLibrary library{std::string{CW_STEPPED_LIBRARIES "/"} + GetParam() + ".so"};
    ASSERT_TRUE(library.good());
    ASSERT_EQ(library.frames().machine, elf::kMachineX86_64);
    CallerCheck check{library, stack_};
    const Returned value = single_step(library.run(), 5, stack_, check);
    EXPECT_EQ(value.first, library.run()(5));
    EXPECT_EQ(check.wrong(), "");
    EXPECT_EQ(check.missed(), "") << "the test does not run all code";
    EXPECT_GE(check.deepest(), 7u) << "run, six of recursive";
    EXPECT_GT(check.seen().size(), 300u);
}

TEST_P(UnwindStep, goes_back_to_the_outermost_caller_from_every_instruction) {
    const SteppedLibrary library{std::string{CW_STEPPED_LIBRARIES "/"} + GetParam() + ".so"};
    ASSERT_TRUE(library.good());
    CallerCheck all{library, stack_};
    single_step(library.run(), 1, stack_, all);
    ASSERT_GT(all.seen().size(), 300u);
    for (const std::uint64_t at : all.seen()) {
        Leaver leaver{library, stack_, at};
        const Returned value = single_step(library.run(), 1, stack_, leaver);
        ASSERT_TRUE(leaver.left());
        ASSERT_EQ(value.first, 0u);
        ASSERT_EQ(value.second, static_cast<std::uint64_t>(Status::peer_died));
    }
}

INSTANTIATE_TEST_SUITE_P(Flags,
                         UnwindStep,
                         testing::Values("frame_pointer",
                                         "no_frame_pointer",
                                         "module",
                                         "no_red_zone",
                                         "small",
                                         "unoptimized",
                                         "probed_stack"),
                         [](const auto& info) { return std::string{info.param}; });

} // namespace
} // namespace cw::loader::test
