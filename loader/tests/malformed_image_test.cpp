// Every malformed file is refused, with exactly the message its case demands.
#include <cw/loader/image.hpp>
#include <gtest/gtest.h>
#include <memory>
#include <ostream>
#include <set>

#include "malformed_cases.hpp"

namespace cw::loader::test {
void PrintTo(const MalformedCase& value, std::ostream* out) {
    *out << value.name;
}

namespace {

class MalformedImage : public testing::TestWithParam<MalformedCase> {};

TEST_P(MalformedImage, is_refused_with_its_message) {
    const MalformedCase& malformed = GetParam();
    ModuleFile file;
    malformed.change(file);
    const std::vector<std::byte> bytes = file.bytes();
    const auto image = std::make_unique<Image>();
    const auto result = image->read(bytes, malformed.file_name, malformed.machine);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().view(), malformed.message);
}

INSTANTIATE_TEST_SUITE_P(Loader,
                         MalformedImage,
                         testing::ValuesIn(malformed_cases()),
                         [](const auto& info) { return std::string{info.param.name}; });

TEST(MalformedCases, have_names_of_their_own) {
    std::set<std::string> names;
    for (const MalformedCase& malformed : malformed_cases())
        EXPECT_TRUE(names.insert(malformed.name).second) << malformed.name;
}

/// Each message is one that the case alone brings about: the module without its change is accepted
/// by the same reader.
TEST(MalformedCases, differ_from_a_file_that_is_accepted) {
    const auto image = std::make_unique<Image>();
    for (const ModuleSpec& spec : {sample_spec(), variables_spec()}) {
        const std::vector<std::byte> bytes = ModuleFile{spec}.bytes();
        const auto result = image->read(bytes, "sample.cwm", elf::kMachineRiscv);
        EXPECT_TRUE(result.has_value()) << result.error().view();
    }
}

} // namespace
} // namespace cw::loader::test
