#include "module_file.hpp"

#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <elf.h>
#include <fstream>
#include <iostream>
#include <iterator>
#include <link.h>

namespace cw::test {

namespace {

[[noreturn]] void give_up(const std::string& what) {
    std::cerr << what << '\n';
    std::abort();
}

struct Section {
    std::uint64_t address = 0;
    std::uint64_t bytes = 0;
};

/// Where the records lie in the file's image. A real module has a program header for them, which
/// the system's linker does not write.
Section find_records(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
    if (bytes.size() < sizeof(Elf64_Ehdr))
        give_up(path + ": no such module");
    Elf64_Ehdr header;
    std::memcpy(&header, bytes.data(), sizeof(header));
    const auto section = [&](unsigned index) {
        Elf64_Shdr found;
        std::memcpy(&found,
                    bytes.data() + header.e_shoff + index * std::size_t{header.e_shentsize},
                    sizeof(found));
        return found;
    };
    const Elf64_Shdr names = section(header.e_shstrndx);
    for (unsigned i = 0; i < header.e_shnum; ++i) {
        const Elf64_Shdr candidate = section(i);
        if (std::strcmp(bytes.data() + names.sh_offset + candidate.sh_name, ".cw.records") == 0)
            return {candidate.sh_addr, candidate.sh_size};
    }
    give_up(path + ": no records");
}

} // namespace

ModuleFile::ModuleFile(const std::string& name) {
    const std::string path = std::string{CW_TEST_MODULES} + "/" + name + ".so";
    handle_ = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle_ == nullptr)
        give_up(::dlerror());
    ::link_map* map = nullptr;
    if (::dlinfo(handle_, RTLD_DI_LINKMAP, &map) != 0)
        give_up(::dlerror());
    const Section section = find_records(path);
    for (std::uint64_t at = map->l_addr + section.address, end = at + section.bytes; at < end;) {
        const auto* header = reinterpret_cast<const abi::RecordHeader*>(at);
        switch (header->kind) {
        case abi::RecordKind::module:
            record_ = reinterpret_cast<const abi::ModuleRecord*>(header);
            break;
        case abi::RecordKind::provide:
            provides_.push_back(reinterpret_cast<const abi::ProvideRecord*>(header));
            break;
        case abi::RecordKind::require:
            needs_.push_back(reinterpret_cast<const abi::RequireRecord*>(header));
            break;
        default:
            give_up(path + ": unknown record");
        }
        at += header->size;
    }
    if (record_ == nullptr)
        give_up(path + ": no module record");
}

ModuleFile::~ModuleFile() {
    ::dlclose(handle_);
}

void* ModuleFile::find(const char* name) const {
    void* found = ::dlsym(handle_, name);
    if (found == nullptr)
        give_up(::dlerror());
    return found;
}

} // namespace cw::test
