// What an image tells about a file that is accepted, and the differences between files that it
// tolerates.
#include <cw/loader/image.hpp>
#include <gtest/gtest.h>
#include <memory>
#include <utility>

#include "exercise_image.hpp"
#include "module_file.hpp"

namespace cw::loader::test {
namespace {

class ImageTest : public testing::Test {
protected:
    /// Reads the file and exercises the image. Returns the message of a refusal.
    std::string read(const ModuleFile& file,
                     std::string_view name = "sample.cwm",
                     std::uint16_t machine = elf::kMachineRiscv) {
        bytes_ = file.bytes();
        const auto result = image_->read(bytes_, name, machine);
        return result ? exercise(*image_) : std::string{result.error().view()};
    }
    [[nodiscard]] const Image& image() const { return *image_; }

private:
    std::vector<std::byte> bytes_;
    std::unique_ptr<Image> image_ = std::make_unique<Image>();
};

TEST_F(ImageTest, tells_the_loads) {
    ASSERT_EQ(read(ModuleFile{}), "");
    const auto loads = image().loads();
    ASSERT_EQ(loads.size(), 5u);
    EXPECT_EQ(image().span_bytes(), 0x5000u);

    EXPECT_EQ(loads[0].rights, Rights::read);
    EXPECT_FALSE(loads[0].private_copy);
    EXPECT_EQ(loads[1].address, 0x1000u);
    EXPECT_EQ(loads[1].file_offset, 0x1000u);
    EXPECT_EQ(loads[1].file_bytes, 0x400u);
    EXPECT_EQ(loads[1].memory_bytes, 0x1000u);
    EXPECT_EQ(loads[1].rights, Rights::read_execute);
    EXPECT_FALSE(loads[1].private_copy || loads[1].remote_text);
    EXPECT_EQ(loads[2].rights, Rights::read_execute);
    EXPECT_TRUE(loads[2].remote_text);
    EXPECT_FALSE(loads[2].private_copy);
    EXPECT_EQ(loads[3].rights, Rights::read); // Relro: written by relocation only.
    EXPECT_TRUE(loads[3].private_copy);
    EXPECT_EQ(loads[4].rights, Rights::read_write);
    EXPECT_TRUE(loads[4].private_copy);
    EXPECT_EQ(loads[4].file_bytes, 0x40u);
}

TEST_F(ImageTest, tells_how_far_it_is_constant) {
    ASSERT_EQ(read(ModuleFile{}), "");
    EXPECT_EQ(image().constant_bytes(), 0x4000u); // up to the data

    ModuleFile mixed; // what is relocated lies among what is written to
    mixed.program_headers[ModuleFile::kMark].memory_bytes = 0;
    ASSERT_EQ(read(mixed), "");
    EXPECT_EQ(image().constant_bytes(), 0u);

    ModuleFile behind; // something constant lies behind the data
    behind.program_headers.push_back({.type = elf::kPtLoad,
                                      .flags = elf::kReadable,
                                      .offset = 0,
                                      .address = 0x10000,
                                      .physical_address = 0,
                                      .file_bytes = 8,
                                      .memory_bytes = 8,
                                      .alignment = 4096});
    behind.header.program_header_count = 11;
    ASSERT_EQ(read(behind), "");
    EXPECT_EQ(image().loads().size(), 6u);
    EXPECT_EQ(image().constant_bytes(), 0u);
}

TEST_F(ImageTest, tells_the_records) {
    const ModuleFile file;
    ASSERT_EQ(read(file), "");
    EXPECT_EQ(image().name(), "sample");
    EXPECT_EQ(image().module().state, file.state_at);
    ASSERT_EQ(image().provides().size(), 2u);
    EXPECT_EQ(image().text(image().provides()[1].name), "sample.fill");
    EXPECT_EQ(image().text(image().provides()[1].signature), "sample.fill(to:Buffer)->()");
    EXPECT_EQ(image().provides()[0].remote_stub, file.remote_text_at);
    ASSERT_EQ(image().requires_().size(), 2u);
    EXPECT_EQ(image().text(image().requires_()[0].name), "log.put");
    EXPECT_EQ(image().requires_()[1].slot, file.slots_at + 16);
    ASSERT_EQ(image().devices().size(), 1u);
    EXPECT_EQ(image().text(image().devices()[0].compatible), "ns16550a");
}

TEST_F(ImageTest, tells_relocations_and_constructors) {
    const ModuleFile file;
    ASSERT_EQ(read(file), "");
    ASSERT_EQ(image().relocation_count(), 22u);
    EXPECT_EQ(image().relocation(0).address, file.records_at + offsetof(abi::ModuleRecord, name));
    EXPECT_EQ(image().relocation(0).addend, file.strings_at);
    ASSERT_EQ(image().init_count(), 2u);
    EXPECT_EQ(image().init_function(0), file.init_array[0]);
    EXPECT_EQ(image().init_function(1), file.init_array[1]);
}

TEST_F(ImageTest, an_index_or_address_out_of_range_yields_nothing) {
    ASSERT_EQ(read(ModuleFile{}), "");
    EXPECT_EQ(image().relocation(22).address, 0u);
    EXPECT_EQ(image().relocation(~std::size_t{0}).addend, 0u);
    EXPECT_EQ(image().init_function(2), 0u);
    for (const std::uint64_t address : {0x3000ull, 0x4000ull, 0x5000ull, ~0ull})
        EXPECT_EQ(image().text(address), "") << address;
    EXPECT_EQ(image().text(0x1000), ""); // No string: it does not end within the longest length.
}

TEST_F(ImageTest, an_image_that_read_nothing_is_empty) {
    EXPECT_TRUE(image().loads().empty() && image().provides().empty() && image().name().empty());
    EXPECT_EQ(image().constant_bytes(), 0u);
    EXPECT_EQ(image().text(0), "");
    EXPECT_EQ(image().relocation(0).address, 0u);
}

TEST(OwnRecords, are_taken_with_their_pointers) {
    const auto address = [](const char* text) { return reinterpret_cast<std::uint64_t>(text); };
    abi::ProvideRecord records[2]{};
    for (abi::ProvideRecord& record : records) {
        record.header = {.kind = abi::RecordKind::provide, .size = sizeof(record)};
        record.name = address(&record == records ? "clock.now" : "clock.set");
    }
    abi::ModuleRecord module{};
    module.heap_bytes = 42;
    const auto image = std::make_unique<Image>();
    image->describe(std::as_bytes(std::span{records}), module, "kernel");
    EXPECT_EQ(image->name(), "kernel");
    EXPECT_EQ(image->module().heap_bytes, 42u);
    ASSERT_EQ(image->provides().size(), 2u);
    EXPECT_EQ(image->text(image->provides()[1].name), "clock.set");
    EXPECT_TRUE(image->loads().empty());

    abi::RequireRecord require{};
    require.header = {.kind = abi::RecordKind::require, .size = sizeof(require)};
    require.name = address("clock.now");
    image->describe(std::as_bytes(std::span{&require, 1}), module, "programme");
    ASSERT_EQ(image->requires_().size(), 1u);
    EXPECT_EQ(image->text(image->requires_()[0].name), "clock.now");
    EXPECT_EQ(image->requires_()[0].flags, abi::kMethodOptional); // It runs already.
    EXPECT_TRUE(image->provides().empty());

    // A file read into the same object is believed nothing.
    const std::vector<std::byte> bytes = ModuleFile{}.bytes();
    ASSERT_TRUE(image->read(bytes, "sample.cwm", elf::kMachineRiscv));
    EXPECT_EQ(image->text(address("clock.now")), "");
}

TEST_F(ImageTest, the_smallest_module_is_accepted) {
    EXPECT_EQ(read(ModuleFile{ModuleSpec{}}), "");
    EXPECT_EQ(image().init_count(), 0u);
}

TEST_F(ImageTest, both_machines_are_accepted) {
    ModuleSpec spec = sample_spec();
    spec.machine = elf::kMachineX86_64;
    EXPECT_EQ(read(ModuleFile{spec}, "sample.cwm", elf::kMachineX86_64), "");
}

TEST_F(ImageTest, floating_point_is_accepted_when_declared) {
    ModuleSpec spec = sample_spec();
    spec.flags = abi::kModuleFloatingPoint | abi::kModuleConcurrent;
    EXPECT_EQ(read(ModuleFile{spec}), "");
    ModuleFile uncompressed{spec};
    uncompressed.header.flags = elf::kRiscvFloatAbiDouble;
    EXPECT_EQ(read(uncompressed), "");
}

TEST_F(ImageTest, file_names_bind_the_module_name_only_with_their_ending) {
    EXPECT_EQ(read(ModuleFile{}, "modules/riscv64/sample.cwm"), "");
    EXPECT_EQ(read(ModuleFile{}, "/sample.cwm"), "");
    EXPECT_EQ(read(ModuleFile{}, "upload-17.tmp"), "");
    EXPECT_EQ(read(ModuleFile{}, ""), "");
}

TEST_F(ImageTest, limits_can_be_reached) {
    ModuleSpec spec;
    spec.name = std::string(abi::kMaxNameBytes, 'n');
    for (std::size_t i = 0; i < abi::kMaxMethods; ++i) {
        spec.provides.push_back({.name = "service.provided" + std::to_string(i)});
        spec.requires_.push_back({.name = "service.required" + std::to_string(i)});
    }
    spec.provides[0].name = "s." + std::string(abi::kMaxNameBytes - 2, 'm');
    spec.provides[1].signature =
        "service.provided1(" + std::string(abi::kMaxSignatureBytes - 18, 'a');
    spec.provides[2].shape = shape(6, 6, {4, 2});
    spec.provides[3].shape = shape(4, 0, {0, 2});
    for (std::size_t i = 0; i < abi::kMaxDevices; ++i)
        spec.devices.push_back("~ " + std::to_string(i)); // The ends of what is printable.
    ModuleFile file{spec};
    file.module.heap_bytes = abi::kMaxHeapBytes;
    file.module.stack_bytes = abi::kMaxStackBytes;
    file.module.frame_bytes = abi::kMaxFrameBytes;
    file.module.watchdog_ms = ~0u;
    EXPECT_EQ(read(file, spec.name + ".cwm"), "");
    EXPECT_EQ(image().provides().size(), abi::kMaxMethods);
    EXPECT_EQ(image().text(image().provides()[1].signature).size(), abi::kMaxSignatureBytes);
}

TEST_F(ImageTest, optional_parts_may_be_absent) {
    ModuleFile file;
    file.module.start = 0;
    file.provides[0].remote_stub = 0;
    file.provides[0].remote_layout = 0;
    file.program_headers[ModuleFile::kRemoteMark].type = elf::kPtNull;
    file.program_headers[ModuleFile::kStack].type = elf::kPtNull;
    EXPECT_EQ(read(file), "");
    EXPECT_FALSE(image().loads()[2].remote_text);
}

TEST_F(ImageTest, segments_that_a_linker_script_leaves_empty_are_accepted) {
    ModuleFile file;
    file.provides[0].remote_stub = 0;
    file.provides[0].remote_layout = 0;
    for (const std::size_t index : {ModuleFile::kRemote, ModuleFile::kRemoteMark}) {
        elf::ProgramHeader& header = file.program_headers[index];
        const std::uint32_t type = header.type;
        header = {};
        header.type = type;
    }
    file.tag(elf::kDtInitArray) = 0;
    file.tag(elf::kDtInitArraySz) = 0;
    EXPECT_EQ(read(file), "");
    EXPECT_EQ(image().loads().size(), 4u);
    EXPECT_EQ(image().init_count(), 0u);
}

TEST_F(ImageTest, a_load_without_contents_may_be_said_to_lie_behind_the_file) {
    ModuleFile file;
    file.program_headers[ModuleFile::kData].file_bytes = 0;
    file.resize(0x3fff);
    EXPECT_EQ(read(file), "");
    EXPECT_EQ(image().loads()[4].file_offset, 0u);
    EXPECT_EQ(image().loads()[4].file_bytes, 0u);
}

TEST_F(ImageTest, without_relro_the_records_are_writable_data) {
    ModuleFile file;
    file.program_headers[ModuleFile::kMark].memory_bytes = 0;
    EXPECT_EQ(read(file), "");
    EXPECT_EQ(image().loads()[3].rights, Rights::read_write);
}

TEST_F(ImageTest, headers_and_tags_of_use_to_others_are_accepted) {
    ModuleFile file;
    elf::ProgramHeader header{};
    header.offset = header.address = header.file_bytes = ~0ull;
    for (const std::uint32_t type : {elf::kPtNote,
                                     elf::kPtPhdr,
                                     elf::kPtGnuEhFrame,
                                     elf::kPtGnuProperty,
                                     elf::kPtRiscvAttributes}) {
        header.type = type;
        file.program_headers.push_back(header);
    }
    file.header.program_header_count = 15;
    file.tag(elf::kDtHash) = ~0ull;
    file.tag(elf::kDtGnuHash) = ~0ull;
    file.tag(elf::kDtSoName) = ~0ull;
    file.tag(elf::kDtFiniArray) = 0x1001;
    file.tag(elf::kDtFiniArraySz) = 3;
    file.tag(elf::kDtPltRel) = elf::kDtRela;
    file.tag(elf::kDtPltRelSz) = 0;
    EXPECT_EQ(read(file), "");
}

TEST_F(ImageTest, a_pointer_may_name_the_end_of_a_load) {
    ModuleFile file;
    file.relocations().push_back({file.slots_at, 3, 0x5000});
    file.patch_value(file.slots_at, std::uint64_t{0x5000});
    EXPECT_EQ(read(file), "");
}

TEST_F(ImageTest, as_many_program_headers_as_are_looked_at) {
    ModuleFile file;
    file.header.program_header_offset = 0x3400; // Behind the slots, where there is room for them.
    for (std::size_t i = 0; i < 32; ++i) {
        const bool present = i < file.program_headers.size();
        file.patch_value(0x3400 + i * sizeof(elf::ProgramHeader),
                         present ? file.program_headers[i] : elf::ProgramHeader{});
    }
    file.header.program_header_count = 32;
    EXPECT_EQ(read(file), "");
}

TEST_F(ImageTest, slots_may_lie_in_any_order) {
    ModuleFile file;
    std::swap(file.requires_[0].slot, file.requires_[1].slot);
    EXPECT_EQ(read(file), "");
}

TEST_F(ImageTest, slots_may_lie_in_writable_data) {
    ModuleFile file;
    file.requires_[0].slot = file.grants_at + 0x28;
    EXPECT_EQ(read(file), "");
}

TEST_F(ImageTest, a_large_image_needs_no_large_file) {
    ModuleFile file;
    file.program_headers[ModuleFile::kData].memory_bytes = kMaxImageBytes - 0x4000;
    file.module.state_bytes = (32u << 20) + 1;
    EXPECT_EQ(read(file), "");
    EXPECT_EQ(image().span_bytes(), kMaxImageBytes);
}

} // namespace
} // namespace cw::loader::test
