// Module files as the compiler and the linker make them.
#include <cw/loader/call_convention.hpp>
#include <cw/loader/image.hpp>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <memory>
#include <ostream>
#include <string>

#include "exercise_image.hpp"
#include "module_file.hpp"

namespace cw::loader::test {
namespace {

std::vector<std::byte> contents_of(const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    const auto* const bytes = reinterpret_cast<const std::byte*>(text.data());
    return {bytes, bytes + text.size()};
}

struct Machine {
    const char* name;
    std::uint16_t number;
    std::uint8_t frame_pointer; ///< DWARF register number.
    std::uint8_t below_frame;   ///< How far below the end of its frame the frame pointer points.
    std::uint8_t code_unit;     ///< Instructions begin at multiples of it.
};

constexpr Machine kRiscv{"riscv64", elf::kMachineRiscv, 8, 0, 2};
constexpr Machine kX86_64{"x86_64", elf::kMachineX86_64, 6, 16, 1};

void PrintTo(const Machine& value, std::ostream* out) {
    *out << value.name;
}

class RealModule : public testing::TestWithParam<Machine> {
protected:
    /// Reads a module of the build; the result is empty, or what is wrong with it.
    std::string read(const std::string& module) {
        const std::string name = module + ".cwm";
        bytes_ = contents_of(std::string{CW_REAL_MODULES "/"} + GetParam().name + "/" + name);
        EXPECT_FALSE(bytes_.empty()) << name;
        const auto result = image_->read(bytes_, name, GetParam().number);
        return result ? exercise(*image_) : std::string{result.error().view()};
    }
    [[nodiscard]] const Image& image() const { return *image_; }

private:
    std::vector<std::byte> bytes_;
    std::unique_ptr<Image> image_ = std::make_unique<Image>();
};

TEST_P(RealModule, is_accepted) {
    ASSERT_EQ(read("real"), "");
    EXPECT_EQ(image().name(), "real");
    ASSERT_EQ(image().loads().size(), 5u);
    EXPECT_TRUE(image().loads()[2].remote_text);
    ASSERT_EQ(image().provides().size(), 1u);
    EXPECT_EQ(image().text(image().provides()[0].signature), "real.twice(value:u64)->(result:u64)");
    ASSERT_EQ(image().requires_().size(), 1u);
    EXPECT_EQ(image().loads()[3].rights, Rights::read);
    EXPECT_EQ(image().init_count(), 0u);
    // Every pointer of the records and the one in .data.
    EXPECT_EQ(image().relocation_count(), 12u);
}

TEST_P(RealModule, runs_its_constructors_in_order_of_priority) {
    ASSERT_EQ(read("constructed"), "");
    EXPECT_EQ(image().init_count(), 2u);
    EXPECT_NE(image().init_function(0), image().init_function(1));
}

TEST_P(RealModule, is_refused_when_it_imports_a_symbol) {
    EXPECT_EQ(read("imports"),
              "imports.cwm: imports the symbol 'missing_function': a module imports services, not "
              "symbols");
}

TEST_P(RealModule, knows_the_caller_at_every_instruction) {
    ASSERT_EQ(read("constructed"), "");
    EXPECT_EQ(image().frames().machine, GetParam().number);
    const Load& text = image().loads()[1];
    ASSERT_EQ(text.rights, Rights::read_execute);
    const CallConvention& calls = *call_convention(GetParam().number);
    FrameRegisters registers{};
    registers.r[calls.return_address] = 0x1111'0000; // also where it was saved
    registers.r[GetParam().frame_pointer] = 0x8000 - GetParam().below_frame;
    const StackReader stack{.read =
                                [](void*, std::uint64_t address, std::uint64_t& word) noexcept {
                                    word = 0x1111'0000;
                                    return address >= 0x7000 && address < 0x8000;
                                },
                            .context = nullptr};
    std::size_t known = 0;
    for (std::uint64_t at = text.address; at < text.address + text.file_bytes;
         at += GetParam().code_unit) {
        registers.pc = at;
        registers.r[calls.stack_pointer] = 0x7000;
        auto caller = caller_frame(image().frames(), registers, PcKind::interrupted, stack);
        if (!caller && caller.error() == Status::not_found)
            continue;                             // between functions
        if (!caller && calls.pushed_bytes != 0) { // an odd number of words has been pushed
            registers.r[calls.stack_pointer] = 0x7008;
            caller = caller_frame(image().frames(), registers, PcKind::interrupted, stack);
        }
        ASSERT_TRUE(caller) << std::hex << at << ": " << name_of(caller.error());
        EXPECT_EQ(caller->pc, 0x1111'0000u) << std::hex << at;
        ++known;
    }
    EXPECT_GT(known, text.file_bytes / GetParam().code_unit / 2);
}

INSTANTIATE_TEST_SUITE_P(Machines,
                         RealModule,
                         testing::Values(kRiscv, kX86_64),
                         [](const auto& info) { return std::string{info.param.name}; });

class RealRiscvModule : public RealModule {};

TEST_P(RealRiscvModule, may_use_floating_point_if_it_says_so) {
    EXPECT_EQ(read("floating"), "");
}

TEST_P(RealRiscvModule, is_refused_when_it_hides_floating_point) {
    EXPECT_EQ(read("floating_undeclared"),
              "floating_undeclared.cwm: is built for the double float ABI, but its module record "
              "says it uses no floating point");
}

INSTANTIATE_TEST_SUITE_P(Machines, RealRiscvModule, testing::Values(kRiscv), [](const auto& info) {
    return std::string{info.param.name};
});

} // namespace
} // namespace cw::loader::test
