// In the place of a fuzzer: runs what it would run, once with each file of a folder. It says which
// file it was if that ends the process.
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sanitizer/common_interface_defs.h>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::string current;

void tell() {
    std::fprintf(stderr, "replay: that was %s\n", current.c_str());
}

void replay(const std::filesystem::path& path) {
    current = path.string();
    std::ifstream file{path, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    // Of exactly this size, so that the sanitizer sees every byte read beyond it.
    const std::vector<std::uint8_t> input(text.begin(), text.end());
    LLVMFuzzerTestOneInput(input.data(), input.size());
}

} // namespace

int main(int argument_count, char** arguments) {
    if (argument_count != 2) {
        std::fprintf(stderr, "usage: replay FOLDER\n");
        return 2;
    }
    __sanitizer_set_death_callback(tell);
    std::signal(SIGABRT, [](int) {
        tell();
        std::_Exit(1);
    });
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator{arguments[1]}) {
        if (!entry.is_regular_file())
            continue;
        replay(entry.path());
        ++count;
    }
    std::printf("replay: %zu inputs\n", count);
    return count != 0 ? 0 : 1;
}
