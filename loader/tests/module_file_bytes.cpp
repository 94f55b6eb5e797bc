// The parts of a ModuleFile that follow from others, and the bytes of the whole.
#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "module_file.hpp"

namespace cw::loader::test {
namespace {

template <class T>
void put(std::vector<std::byte>& bytes, std::uint64_t offset, const T* values, std::size_t count) {
    if (count == 0)
        return;
    if (offset + count * sizeof(T) > bytes.size())
        throw std::logic_error("the part does not fit into the file");
    std::memcpy(bytes.data() + offset, values, count * sizeof(T));
}

} // namespace

void ModuleFile::patch(std::uint64_t offset, std::string_view bytes) {
    patches_.push_back({offset, std::string{bytes}});
}

std::vector<elf::Rela>& ModuleFile::relocations() {
    if (!relocations_)
        relocations_ = default_relocations();
    return *relocations_;
}

std::vector<elf::Dynamic>& ModuleFile::dynamic() {
    if (!dynamic_)
        dynamic_ = default_dynamic();
    return *dynamic_;
}

std::uint64_t& ModuleFile::tag(std::uint64_t tag) {
    std::vector<elf::Dynamic>& entries = dynamic();
    const auto found = std::find_if(entries.begin(),
                                    entries.end(),
                                    [tag](const elf::Dynamic& entry) { return entry.tag == tag; });
    if (found != entries.end())
        return found->value;
    program_headers[kDynamic].file_bytes += sizeof(elf::Dynamic);
    program_headers[kDynamic].memory_bytes += sizeof(elf::Dynamic);
    return entries.insert(entries.end() - 1, {tag, 0})->value;
}

std::vector<elf::Rela> ModuleFile::default_relocations() const {
    std::vector<elf::Rela> list;
    const auto add = [&](std::uint64_t place, std::uint64_t target) {
        if (target != 0)
            list.push_back({place, header.machine == elf::kMachineRiscv ? 3u : 8u, target});
    };
    add(records_at + offsetof(abi::ModuleRecord, name), module.name);
    add(records_at + offsetof(abi::ModuleRecord, state), module.state);
    add(records_at + offsetof(abi::ModuleRecord, start), module.start);
    for (std::size_t i = 0; i < provides.size(); ++i) {
        add(provide_at(i) + offsetof(abi::ProvideRecord, name), provides[i].name);
        add(provide_at(i) + offsetof(abi::ProvideRecord, signature), provides[i].signature);
        add(provide_at(i) + offsetof(abi::ProvideRecord, direct), provides[i].direct);
        add(provide_at(i) + offsetof(abi::ProvideRecord, invoke), provides[i].invoke);
        add(provide_at(i) + offsetof(abi::ProvideRecord, remote_stub), provides[i].remote_stub);
    }
    for (std::size_t i = 0; i < requires_.size(); ++i) {
        add(require_at(i) + offsetof(abi::RequireRecord, name), requires_[i].name);
        add(require_at(i) + offsetof(abi::RequireRecord, signature), requires_[i].signature);
        add(require_at(i) + offsetof(abi::RequireRecord, slot), requires_[i].slot);
    }
    for (std::size_t i = 0; i < devices.size(); ++i) {
        add(device_at(i) + offsetof(abi::DeviceRecord, compatible), devices[i].compatible);
        add(device_at(i) + offsetof(abi::DeviceRecord, grant), devices[i].grant);
    }
    for (std::size_t i = 0; i < publishes.size(); ++i) {
        add(publish_at(i) + offsetof(abi::PublishRecord, name), publishes[i].name);
        add(publish_at(i) + offsetof(abi::PublishRecord, schema), publishes[i].schema);
        add(publish_at(i) + offsetof(abi::PublishRecord, slot), publishes[i].slot);
    }
    for (std::size_t i = 0; i < reads.size(); ++i) {
        add(read_at(i) + offsetof(abi::ReadRecord, name), reads[i].name);
        add(read_at(i) + offsetof(abi::ReadRecord, schema), reads[i].schema);
        add(read_at(i) + offsetof(abi::ReadRecord, slot), reads[i].slot);
    }
    for (std::size_t i = 0; i < init_array.size(); ++i)
        add(init_array_at + 8 * i, init_array[i]);
    return list;
}

std::vector<elf::Dynamic> ModuleFile::default_dynamic() const {
    const std::uint64_t count = relocations_ ? relocations_->size() : default_relocations().size();
    return {{elf::kDtFlags, elf::kDfSymbolic | elf::kDfBindNow},
            {elf::kDtFlags1, elf::kDf1Now},
            {elf::kDtRela, relocations_at},
            {elf::kDtRelaSz, count * sizeof(elf::Rela)},
            {elf::kDtRelaEnt, sizeof(elf::Rela)},
            {elf::kDtRelaCount, count},
            {elf::kDtSymTab, symbols_at},
            {elf::kDtSymEnt, sizeof(elf::Symbol)},
            {elf::kDtStrTab, symbol_names_at},
            {elf::kDtStrSz, symbol_names.size()},
            {elf::kDtInitArray, init_array_at},
            {elf::kDtInitArraySz, 8 * init_array.size()},
            {elf::kDtNull, 0}};
}

std::vector<std::byte> ModuleFile::bytes() const {
    std::vector<std::byte> file(state_at); // Up to the end of what the last load has in the file.
    const std::vector<elf::Rela> relas = relocations_ ? *relocations_ : default_relocations();
    const std::vector<elf::Dynamic> tags = dynamic_ ? *dynamic_ : default_dynamic();
    put(file, 0, &header, 1);
    put(file, sizeof(header), program_headers.data(), program_headers.size());
    put(file, symbols_at, symbols.data(), symbols.size());
    put(file, symbol_names_at, symbol_names.data(), symbol_names.size());
    put(file, relocations_at, relas.data(), relas.size());
    put(file, strings_at, strings_.data(), strings_.size());
    std::fill_n(file.begin() + static_cast<std::ptrdiff_t>(text_at), kTextBytes, std::byte{1});
    std::fill_n(
        file.begin() + static_cast<std::ptrdiff_t>(remote_text_at), kRemoteTextBytes, std::byte{1});
    put(file, records_at, &module, 1);
    put(file, provide_at(0), provides.data(), provides.size());
    put(file, require_at(0), requires_.data(), requires_.size());
    put(file, device_at(0), devices.data(), devices.size());
    put(file, publish_at(0), publishes.data(), publishes.size());
    put(file, read_at(0), reads.data(), reads.size());
    put(file, init_array_at, init_array.data(), init_array.size());
    put(file, dynamic_at, tags.data(), tags.size());
    for (const Patch& patch : patches_)
        put(file, patch.offset, patch.bytes.data(), patch.bytes.size());
    file.resize(*size_);
    return file;
}

} // namespace cw::loader::test
