// Files that are wrong in one place: whatever it is, the image is refused or can be used.
#include <cstring>
#include <cw/loader/image.hpp>
#include <gtest/gtest.h>
#include <memory>

#include "exercise_image.hpp"
#include "module_file.hpp"

namespace cw::loader::test {
namespace {

/// With variables, so that every kind of record is among what changes.
std::vector<std::byte> sample_bytes(std::uint16_t machine) {
    ModuleSpec spec = variables_spec();
    spec.machine = machine;
    return ModuleFile{spec}.bytes();
}

class ImageMutation : public testing::TestWithParam<std::uint16_t> {};

/// Exercises the image if the bytes are accepted, and demands one printable line if they are not.
void check(Image& image, const std::vector<std::byte>& bytes, std::uint16_t machine) {
    const auto result = image.read(bytes, "sample.cwm", machine);
    if (result) {
        ASSERT_EQ(exercise(image), "");
        return;
    }
    ASSERT_TRUE(result.error().view().starts_with("sample.cwm: "));
    for (const char c : result.error().view())
        ASSERT_TRUE(c >= ' ' && c <= '~');
}

TEST_P(ImageMutation, any_one_byte_may_change) {
    const std::vector<std::byte> valid = sample_bytes(GetParam());
    const auto image = std::make_unique<Image>();
    for (std::size_t i = 0; i < valid.size(); ++i) {
        for (const unsigned flip : {0x01u, 0x80u, 0xffu}) {
            std::vector<std::byte> bytes = valid;
            bytes[i] ^= std::byte(flip);
            ASSERT_NO_FATAL_FAILURE(check(*image, bytes, GetParam())) << "byte " << i;
        }
    }
}

TEST_P(ImageMutation, the_file_may_end_anywhere) {
    const std::vector<std::byte> valid = sample_bytes(GetParam());
    const auto image = std::make_unique<Image>();
    for (std::size_t size = 0; size < valid.size(); ++size) {
        const std::vector<std::byte> bytes{valid.begin(),
                                           valid.begin() + static_cast<std::ptrdiff_t>(size)};
        ASSERT_FALSE(image->read(bytes, "sample.cwm", GetParam())) << size << " bytes";
    }
}

TEST_P(ImageMutation, any_word_may_become_extreme) {
    const std::vector<std::byte> valid = sample_bytes(GetParam());
    const auto image = std::make_unique<Image>();
    for (std::size_t i = 0; i + 8 <= valid.size(); i += 8) {
        for (const std::uint64_t word : {std::uint64_t{0},
                                         std::uint64_t{0x1000},
                                         std::uint64_t{0x7fff'ffff},
                                         std::uint64_t{1} << 63,
                                         ~std::uint64_t{0} - 7,
                                         ~std::uint64_t{0}}) {
            std::vector<std::byte> bytes = valid;
            std::memcpy(bytes.data() + i, &word, sizeof(word));
            ASSERT_NO_FATAL_FAILURE(check(*image, bytes, GetParam())) << "word at " << i;
        }
    }
}

/// An object keeps nothing of the file it read before.
TEST_P(ImageMutation, an_image_can_be_read_again_after_a_refusal) {
    const std::vector<std::byte> valid = sample_bytes(GetParam());
    const auto image = std::make_unique<Image>();
    ASSERT_TRUE(image->read(valid, "sample.cwm", GetParam()));
    for (const std::size_t size : {0uz, 100uz, 0x1000uz, valid.size() - 1}) {
        const std::vector<std::byte> bytes{valid.begin(),
                                           valid.begin() + static_cast<std::ptrdiff_t>(size)};
        EXPECT_FALSE(image->read(bytes, "sample.cwm", GetParam()));
        EXPECT_TRUE(image->provides().empty() && image->publishes().empty());
        ASSERT_TRUE(image->read(valid, "sample.cwm", GetParam()));
        EXPECT_EQ(exercise(*image), "");
        EXPECT_EQ(image->provides().size(), 2u);
        EXPECT_EQ(image->publishes().size(), 2u);
        EXPECT_EQ(image->reads().size(), 2u);
    }
}

INSTANTIATE_TEST_SUITE_P(Machines,
                         ImageMutation,
                         testing::Values(elf::kMachineRiscv, elf::kMachineX86_64),
                         [](const auto& info) {
                             return info.param == elf::kMachineRiscv ? "riscv64" : "x86_64";
                         });

} // namespace
} // namespace cw::loader::test
