// Module files as the compiler and the linker make them.
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
};

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

INSTANTIATE_TEST_SUITE_P(Machines,
                         RealModule,
                         testing::Values(Machine{"riscv64", elf::kMachineRiscv},
                                         Machine{"x86_64", elf::kMachineX86_64}),
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

TEST_P(RealRiscvModule, knows_the_caller_at_every_instruction) {
    ASSERT_EQ(read("constructed"), "");
    const Load& text = image().loads()[1];
    ASSERT_EQ(text.rights, Rights::read_execute);
    FrameRegisters registers{};
    registers.x[1] = 0x1111'0000; // the return address, also where it was saved
    registers.x[2] = 0x7000;
    registers.x[8] = 0x8000;
    const StackReader stack{.read =
                                [](void*, std::uint64_t address, std::uint64_t& word) noexcept {
                                    word = 0x1111'0000;
                                    return address >= 0x7000 && address < 0x8000;
                                },
                            .context = nullptr};
    std::size_t known = 0;
    for (std::uint64_t at = text.address; at < text.address + text.file_bytes; at += 2) {
        registers.pc = at;
        const auto caller = caller_frame(image().frames(), registers, PcKind::interrupted, stack);
        if (!caller && caller.error() == Status::not_found)
            continue; // between functions
        ASSERT_TRUE(caller) << std::hex << at << ": " << name_of(caller.error());
        EXPECT_EQ(caller->pc, 0x1111'0000u) << std::hex << at;
        ++known;
    }
    EXPECT_GT(known, text.file_bytes / 4);
}

INSTANTIATE_TEST_SUITE_P(Machines,
                         RealRiscvModule,
                         testing::Values(Machine{"riscv64", elf::kMachineRiscv}),
                         [](const auto& info) { return std::string{info.param.name}; });

} // namespace
} // namespace cw::loader::test
