#include "places.hpp"
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <elf.h>
#include <fstream>
#include <iterator>
#include <vector>

namespace death {

namespace {

std::string hex(std::uint64_t value) {
    char text[32];
    std::snprintf(text, sizeof(text), "%#llx", static_cast<unsigned long long>(value));
    return text;
}

/// Address of the page in which the code of an ELF file begins.
std::uint64_t code_begin(const std::string& elf) {
    std::ifstream file{elf, std::ios::binary};
    Elf64_Ehdr header{};
    file.read(reinterpret_cast<char*>(&header), sizeof(header));
    for (unsigned i = 0; file && i < header.e_phnum; ++i) {
        Elf64_Phdr segment{};
        file.seekg(static_cast<std::streamoff>(header.e_phoff + i * sizeof(segment)));
        file.read(reinterpret_cast<char*>(&segment), sizeof(segment));
        if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0)
            return segment.p_vaddr & ~std::uint64_t{4095};
    }
    return 0;
}

/// What llvm-symbolizer says of each address, the innermost function first, a block of lines each.
std::vector<std::vector<std::string>> ask(const std::string& elf,
                                          const std::vector<std::uint64_t>& addresses) {
    std::string command = "llvm-symbolizer-19 --functions --inlines --obj='" + elf + "'";
    for (const std::uint64_t address : addresses)
        command += " " + hex(address);
    command += " 2>/dev/null";
    std::vector<std::vector<std::string>> blocks;
    FILE* const pipe = popen(command.c_str(), "r");
    char line[4096];
    bool begins = true;
    while (pipe != nullptr && std::fgets(line, sizeof(line), pipe) != nullptr) {
        std::string text{line};
        text.pop_back();
        if (begins)
            blocks.emplace_back();
        begins = text.empty();
        if (!begins)
            blocks.back().push_back(std::move(text));
    }
    if (pipe != nullptr)
        pclose(pipe);
    blocks.resize(addresses.size());
    return blocks;
}

const char* operation_of(const std::vector<std::string>& functions) {
    const auto inside = [&](std::initializer_list<const char*> names) {
        return std::ranges::any_of(functions, [&](const std::string& function) {
            return std::ranges::any_of(
                names, [&](const char* name) { return function.find(name) != function.npos; });
        });
    };
    if (inside({"ring_submit", "Stub<", "submit_slowly", "submit_waiting", "mark_submitted"}))
        return "send_request";
    if (inside({"answered(", "finish_request", "complete_remotely"}))
        return "reply";
    if (inside({"serve_requests", "serve_rarely"}))
        return "receive_request";
    if (inside({"complete_calls", "complete_slowly", "copy_out"}))
        return "receive_reply";
    if (inside({"linger",
                "flush_after_fence",
                "arm",
                "sleep",
                "wait",
                "catch_up",
                "wake",
                "woke",
                "find_pending",
                "look_around",
                "now(",
                "system_call",
                "ring("}))
        return "wait";
    return "executor";
}

} // namespace

Places::Places(const std::string& module_elf, const std::string& vdso_elf) :
    images_{{Part::module, "module", module_elf}, {Part::vdso, "vdso", vdso_elf}} {}

void Places::look_at(pid_t process) {
    std::ifstream maps{"/proc/" + std::to_string(process) + "/maps"};
    for (std::string line; std::getline(maps, line);) {
        if (line.find("r-xs") == line.npos)
            continue;
        Image& image = images_[line.find("causeway-vdso") != line.npos ? 1 : 0];
        char* dash = nullptr;
        image.begin = std::strtoull(line.c_str(), &dash, 16);
        image.end = std::strtoull(dash + 1, nullptr, 16);
        image.base = image.begin - code_begin(image.elf);
    }
}

Place Places::at(std::uint64_t address) const {
    for (const Image& image : images_) {
        if (address >= image.begin && address < image.end)
            return {image.part, address - image.base};
    }
    return {Part::elsewhere, address};
}

std::uint64_t Places::address_of(const Place& place) const {
    for (const Image& image : images_) {
        if (image.part == place.part)
            return image.base + place.offset;
    }
    return place.offset;
}

std::string Places::name(const Place& place) const {
    for (const Image& image : images_) {
        if (image.part != place.part)
            continue;
        std::string text = std::string{image.label} + "+" + hex(place.offset);
        // A function, the place in its source, and what it is inlined into, and where that is.
        const auto lines = ask(image.elf, {place.offset})[0];
        for (std::size_t i = 0; i + 1 < lines.size(); i += 2) {
            const std::string& line = lines[i + 1];
            text += (i == 0 ? ", " : ", in ") + lines[i].substr(0, lines[i].find('(')) + " (" +
                    line.substr(line.rfind('/') + 1) + ")";
        }
        return text;
    }
    return hex(place.offset);
}

std::map<Place, std::string> Places::operations(const std::set<Place>& places) const {
    std::map<Place, std::string> all;
    std::vector<std::uint64_t> offsets;
    for (const Place& place : places) {
        all[place] = place.part == Part::module ? "module" : "elsewhere";
        if (place.part == Part::vdso)
            offsets.push_back(place.offset);
    }
    const auto blocks = ask(images_[1].elf, offsets);
    for (std::size_t i = 0; i < offsets.size(); ++i)
        all[{Part::vdso, offsets[i]}] = operation_of(blocks[i]);
    return all;
}

} // namespace death
