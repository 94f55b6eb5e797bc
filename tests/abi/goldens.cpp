// Compares the binary contract with abi/goldens, or writes it there.
#include "contract.hpp"
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>

namespace {

using cw::goldens::Golden;

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream source{text};
    for (std::string line; std::getline(source, line);)
        lines.push_back(line);
    return lines;
}

/// Names the first line in which the golden and what was compiled differ.
bool same(const std::filesystem::path& path, const std::string& compiled) {
    std::ifstream file{path};
    const std::string golden{std::istreambuf_iterator<char>{file}, {}};
    if (golden == compiled)
        return true;
    const std::vector<std::string> before = lines_of(golden), now = lines_of(compiled);
    std::size_t at = 0;
    while (at < before.size() && at < now.size() && before[at] == now[at])
        ++at;
    const auto line = [&](const std::vector<std::string>& of) {
        return at < of.size() ? of[at] : std::string{"(nothing)"};
    };
    std::printf("abi/goldens/%s:%zu:\n  golden:   %s\n  compiled: %s\n",
                path.filename().c_str(),
                at + 1,
                line(before).c_str(),
                line(now).c_str());
    return false;
}

} // namespace

int main(int count, char** arguments) {
    if (count != 3) {
        std::puts("usage: abi_goldens check|write FOLDER");
        return 2;
    }
    std::vector<Golden> all = cw::goldens::binary_contract();
    std::ranges::move(cw::goldens::runtime_contract(), std::back_inserter(all));
    bool equal = true;
    for (const Golden& golden : all) {
        const auto path = std::filesystem::path{arguments[2]} / (golden.name + ".txt");
        if (std::string_view{arguments[1]} == "write")
            std::ofstream{path} << golden.text;
        equal &= same(path, golden.text);
    }
    if (!equal)
        std::puts("The binary contract has changed: files built before do not fit any more. If "
                  "that is meant, raise kAbiMajor or\nkAbiMinor (abi/layout.hpp) and run: ./cw "
                  "build hosted-asan --target update-goldens");
    return equal ? 0 : 1;
}
