// Fuzzes Image::read: whatever the bytes, it must refuse them with one printable line or yield an
// image that can be used.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cw/loader/elf.hpp>
#include <cw/loader/image.hpp>
#include <memory>
#include <span>
#include <string>

#include "exercise_image.hpp"
#include "reshape.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

using namespace cw::loader;

[[noreturn]] void report(const std::string& what) {
    std::fprintf(stderr, "image_fuzz: %s\n", what.c_str());
    std::abort();
}

/// The reader expects the machine that the file claims if it knows it, so that both are explored.
std::uint16_t machine_for(std::span<const std::byte> file) {
    constexpr std::size_t kMachineAt = offsetof(elf::FileHeader, machine);
    const bool x86_64 =
        file.size() > kMachineAt && file[kMachineAt] == std::byte{elf::kMachineX86_64};
    return x86_64 ? elf::kMachineX86_64 : elf::kMachineRiscv;
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

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // A copy of exactly this size, so that the sanitizer sees every byte read beyond it.
    const auto copy = std::make_unique<std::byte[]>(size);
    std::copy_n(reinterpret_cast<const std::byte*>(data), size, copy.get());
    const std::span<const std::byte> file{copy.get(), size};
    const auto image = std::make_unique<Image>();
    const auto result = image->read(file, "sample", machine_for(file));
    if (!result) {
        check_message(result.error().view());
        return 0;
    }
    if (const std::string wrong = test::exercise(*image); !wrong.empty())
        report(wrong);
    return 0;
}

extern "C" std::size_t
LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed) {
    if (seed % 3 != 0)
        return LLVMFuzzerMutate(data, size, max_size);
    fuzz::change_relocation({reinterpret_cast<std::byte*>(data), size}, seed);
    return size;
}
