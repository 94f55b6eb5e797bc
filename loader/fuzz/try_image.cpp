#include "try_image.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cw/loader/image.hpp>
#include <memory>
#include <string>

#include "exercise_image.hpp"

namespace cw::loader::fuzz {
namespace {

[[noreturn]] void report(const std::string& what) {
    std::fprintf(stderr, "try_image: %s\n", what.c_str());
    std::abort();
}

void check_message(std::string_view message) {
    if (!message.starts_with("sample: ") || message.size() > 240)
        report("the message does not name the file");
    for (const char c : message) {
        if (c < ' ' || c > '~')
            report("the message is not one printable line");
    }
}

} // namespace

void try_image(std::span<const std::byte> file, std::uint16_t machine) {
    // A copy of exactly this size, so that the sanitizer sees every byte read beyond it.
    const auto copy = std::make_unique<std::byte[]>(file.size());
    std::ranges::copy(file, copy.get());
    const auto image = std::make_unique<Image>();
    const auto result = image->read({copy.get(), file.size()}, "sample", machine);
    if (!result) {
        check_message(result.error().view());
        return;
    }
    if (const std::string wrong = test::exercise(*image); !wrong.empty())
        report(wrong);
}

} // namespace cw::loader::fuzz
