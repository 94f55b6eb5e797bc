// What an image tells about the variables of a file that is accepted.
#include <cw/core/variables/directory.hpp>
#include <cw/loader/image.hpp>
#include <gtest/gtest.h>
#include <memory>
#include <utility>

#include "exercise_image.hpp"
#include "module_file.hpp"

namespace cw::loader::test {
namespace {

static_assert(variable_form(9) == variables::form_of(variables::Kind::latch) &&
              variable_form(8) == variables::form_of(variables::Kind::word));

class VariableRecords : public testing::Test {
protected:
    /// Reads the file and exercises the image. Returns the message of a refusal.
    std::string read(const ModuleFile& file, std::uint16_t machine = elf::kMachineRiscv) {
        bytes_ = file.bytes();
        const auto result = image_->read(bytes_, "sample.cwm", machine);
        return result ? exercise(*image_) : std::string{result.error().view()};
    }
    [[nodiscard]] Image& image() { return *image_; }

private:
    std::vector<std::byte> bytes_;
    std::unique_ptr<Image> image_ = std::make_unique<Image>();
};

TEST_F(VariableRecords, tell_what_is_published) {
    const ModuleFile file{variables_spec()};
    ASSERT_EQ(read(file), "");
    const auto publishes = image().publishes();
    ASSERT_EQ(publishes.size(), 2u);

    EXPECT_EQ(image().text(publishes[0].name), "sample/zone");
    EXPECT_EQ(image().text(publishes[0].schema), "sec:i64,zone:{west:i32,dst:i32}");
    EXPECT_EQ(publishes[0].layout, 0xe16b77052e44451du);
    EXPECT_EQ(publishes[0].slot, file.variable_slots_at);
    EXPECT_EQ(publishes[0].bytes, 16u);
    EXPECT_EQ(publishes[0].form, 1u);
    EXPECT_EQ(publishes[0].lease_ms, 250u);

    EXPECT_EQ(image().text(publishes[1].name), "sample/level");
    EXPECT_EQ(image().text(publishes[1].schema), ":u32");
    EXPECT_EQ(publishes[1].slot, file.variable_slots_at + 8);
    EXPECT_EQ(publishes[1].bytes, 4u);
    EXPECT_EQ(publishes[1].form, 2u);
    EXPECT_EQ(publishes[1].lease_ms, 0u);
}

TEST_F(VariableRecords, tell_what_is_read) {
    const ModuleFile file{variables_spec()};
    ASSERT_EQ(read(file), "");
    const auto reads = image().reads();
    ASSERT_EQ(reads.size(), 2u);

    EXPECT_EQ(image().text(reads[0].name), "clock/offset");
    EXPECT_EQ(image().text(reads[0].schema), ":i64");
    EXPECT_EQ(reads[0].layout, 0x551bfb4e09e8a60eu);
    EXPECT_EQ(reads[0].slot, file.variable_slots_at + 16);
    EXPECT_EQ(reads[0].bytes, 8u);

    EXPECT_EQ(image().text(reads[1].name), "shaper/eth0:1/rate");
    EXPECT_EQ(image().text(reads[1].schema), "bytes:u64,lost:u32[3]");
    EXPECT_EQ(reads[1].slot, file.variable_slots_at + 32);
    EXPECT_EQ(reads[1].bytes, 20u);
}

TEST_F(VariableRecords, take_nothing_from_the_other_records) {
    ASSERT_EQ(read(ModuleFile{variables_spec()}), "");
    EXPECT_EQ(image().provides().size(), 2u);
    EXPECT_EQ(image().requires_().size(), 2u);
    EXPECT_EQ(image().devices().size(), 1u);
    EXPECT_EQ(image().init_count(), 2u);
}

TEST_F(VariableRecords, are_gone_when_a_file_without_them_is_read) {
    ASSERT_EQ(read(ModuleFile{variables_spec()}), "");
    ASSERT_EQ(read(ModuleFile{}), "");
    EXPECT_TRUE(image().publishes().empty());
    EXPECT_TRUE(image().reads().empty());
}

TEST_F(VariableRecords, are_gone_when_the_running_program_is_described) {
    ASSERT_EQ(read(ModuleFile{variables_spec()}), "");
    image().describe({}, {}, "kernel");
    EXPECT_TRUE(image().publishes().empty());
    EXPECT_TRUE(image().reads().empty());
}

TEST_F(VariableRecords, are_the_same_for_both_machines) {
    ModuleSpec spec = variables_spec();
    spec.machine = elf::kMachineX86_64;
    EXPECT_EQ(read(ModuleFile{spec}, elf::kMachineX86_64), "");
    EXPECT_EQ(image().publishes().size(), 2u);
    EXPECT_EQ(image().reads().size(), 2u);
}

TEST_F(VariableRecords, may_reach_their_limits) {
    ModuleSpec spec;
    for (std::size_t i = 0; i < abi::kMaxPublishes; ++i)
        spec.publishes.push_back({"out/" + std::to_string(i), ":u8", 1});
    for (std::size_t i = 0; i < abi::kMaxReads; ++i)
        spec.reads.push_back({"in/" + std::to_string(i), ":u8", 1});
    spec.publishes[0].name = "o/" + std::string(abi::kMaxNameBytes - 2, 'n');
    spec.publishes[1].schema = std::string(abi::kMaxSignatureBytes - 3, 'f') + ":u8";
    spec.publishes[2] = {"out/most", ":char[1024]", abi::kMaxVariableBytes};
    spec.publishes[2].lease_ms = ~0u;
    spec.reads[0] = {"in/most", "text:char[1020],count:u32", abi::kMaxVariableBytes};
    ASSERT_EQ(read(ModuleFile{spec}), "");
    EXPECT_EQ(image().publishes().size(), abi::kMaxPublishes);
    EXPECT_EQ(image().reads().size(), abi::kMaxReads);
    EXPECT_EQ(image().text(image().publishes()[1].schema).size(), abi::kMaxSignatureBytes);
    EXPECT_EQ(image().publishes()[2].lease_ms, ~0u);
}

TEST_F(VariableRecords, are_words_up_to_8_bytes) {
    ModuleSpec spec;
    spec.publishes = {{"out/word", "a:u32,b:u32", 8}, {"out/latch", "a:u64,b:bool", 9}};
    ASSERT_EQ(read(ModuleFile{spec}), "");
    EXPECT_EQ(image().publishes()[0].form, 2u);
    EXPECT_EQ(image().publishes()[1].form, 1u);
}

TEST_F(VariableRecords, have_names_of_two_parts_or_more) {
    ModuleSpec spec;
    for (const char* name : {"a/b", "0/9", "a_b/c:d.e-f", "a/b/c/d", "./..", "-/:"})
        spec.publishes.push_back({name, ":u8", 1});
    EXPECT_EQ(read(ModuleFile{spec}), "");
}

TEST_F(VariableRecords, of_two_readers_or_of_publisher_and_reader_may_be_of_one_variable) {
    ModuleSpec spec = variables_spec();
    for (int i = 0; i < 2; ++i)
        spec.reads.push_back({"sample/zone", ":u8", 1}); // What fits is found out when they meet.
    EXPECT_EQ(read(ModuleFile{spec}), "");
    EXPECT_EQ(image().reads().size(), 4u);
}

TEST_F(VariableRecords, may_have_slots_in_any_order_and_in_writable_data) {
    ModuleFile file{variables_spec()};
    std::swap(file.publishes[0].slot, file.publishes[1].slot);
    std::swap(file.reads[0].slot, file.reads[1].slot);
    file.reads[0].slot = file.grants_at + 0x28;
    EXPECT_EQ(read(file), "");
}

} // namespace
} // namespace cw::loader::test
