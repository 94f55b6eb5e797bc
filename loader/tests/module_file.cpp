#include "module_file.hpp"

#include <cstring>
#include <cw/abi/layout.hpp>
#include <stdexcept>

namespace cw::loader::test {
namespace {

constexpr std::uint64_t kSlotBytes = 16;
constexpr std::uint64_t kValueSlotBytes = 8, kLinkBytes = 16;
constexpr std::uint64_t kStateBytes = 128;
constexpr std::uint64_t kDynamicRoom = 32 * sizeof(elf::Dynamic);
constexpr std::uint64_t kSpareRelocations = 4;

std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
    return (value + unit - 1) / unit * unit;
}

elf::ProgramHeader segment(std::uint32_t type,
                           std::uint32_t flags,
                           std::uint64_t address,
                           std::uint64_t file_bytes,
                           std::uint64_t memory_bytes,
                           std::uint64_t alignment) {
    return {.type = type,
            .flags = flags,
            .offset = address,
            .address = address,
            .physical_address = address,
            .file_bytes = file_bytes,
            .memory_bytes = memory_bytes,
            .alignment = alignment};
}

} // namespace

ModuleSpec sample_spec() {
    return {
        .provides = {{.name = "sample.add",
                      .signature = "sample.add(a:u64,b:u64)->(sum:u64)",
                      .shape = shape(2, 1),
                      .remote_stub = true},
                     {.name = "sample.fill",
                      .signature = "sample.fill(to:Buffer)->()",
                      .flags = abi::kMethodWritesBuffer,
                      .shape = shape(2, 0, {0})}},
        .requires_ = {{.name = "log.put"}, {.name = "clock.now", .flags = abi::kMethodOptional}},
        .devices = {"ns16550a"},
        .init_functions = 2};
}

ModuleSpec variables_spec() {
    ModuleSpec spec = sample_spec();
    spec.publishes = {{.name = "sample/zone",
                       .schema = "sec:i64,zone:{west:i32,dst:i32}",
                       .bytes = 16,
                       .lease_ms = 250},
                      {.name = "sample/level", .schema = ":u32", .bytes = 4}};
    spec.reads = {{.name = "clock/offset", .schema = ":i64", .bytes = 8},
                  {.name = "shaper/eth0:1/rate", .schema = "bytes:u64,lost:u32[3]", .bytes = 20}};
    return spec;
}

ModuleFile::ModuleFile(const ModuleSpec& spec) {
    lay_out(spec);
    fill_headers(spec);
}

void ModuleFile::lay_out(const ModuleSpec& spec) {
    const std::uint64_t relocation_count =
        3 + 5 * spec.provides.size() + 3 * spec.requires_.size() + 2 * spec.devices.size() +
        3 * (spec.publishes.size() + spec.reads.size()) + spec.init_functions;
    symbols_at = 0x400;
    symbol_names_at = 0x500;
    relocations_at = 0x600;
    strings_at = round_up(
        relocations_at + (relocation_count + kSpareRelocations) * sizeof(elf::Rela), 0x100);
    strings_room_ = ~std::uint64_t{0};
    provides.resize(spec.provides.size());
    requires_.resize(spec.requires_.size());
    devices.resize(spec.devices.size());
    publishes.resize(spec.publishes.size());
    reads.resize(spec.reads.size());
    fill_records(spec);
    fill_variables(spec);
    text_at = round_up(strings_at + strings_.size(), abi::kPageSize);
    strings_room_ = text_at - strings_at;
    remote_text_at = text_at + abi::kPageSize;
    records_at = remote_text_at + abi::kPageSize;
    init_array_at = read_at(reads.size());
    dynamic_at = round_up(init_array_at + 8 * spec.init_functions, 16);
    slots_at = dynamic_at + kDynamicRoom;
    variable_slots_at = slots_at + kSlotBytes * requires_.size();
    const std::uint64_t links_at = variable_slots_at + kValueSlotBytes * publishes.size();
    relro_end_ = links_at + kLinkBytes * reads.size();
    grants_at = round_up(relro_end_, abi::kPageSize);
    state_at = round_up(grants_at + sizeof(abi::DeviceGrant) * devices.size() + 1, 64);

    module.start = text_at + 0x3f0;
    module.state = state_at;
    for (std::size_t i = 0; i < provides.size(); ++i) {
        provides[i].direct = text_at + 4 * i;
        provides[i].invoke = text_at + 0x100 + 4 * i;
    }
    for (std::size_t i = 0; i < provides.size(); ++i) {
        if (!spec.provides[i].remote_stub)
            continue;
        provides[i].remote_stub = remote_text_at + 4 * i;
        provides[i].remote_layout = spec.provides[i].remote_layout;
    }
    for (std::size_t i = 0; i < requires_.size(); ++i)
        requires_[i].slot = slots_at + kSlotBytes * i;
    for (std::size_t i = 0; i < devices.size(); ++i)
        devices[i].grant = grants_at + sizeof(abi::DeviceGrant) * i;
    for (std::size_t i = 0; i < publishes.size(); ++i)
        publishes[i].slot = variable_slots_at + kValueSlotBytes * i;
    for (std::size_t i = 0; i < reads.size(); ++i)
        reads[i].slot = links_at + kLinkBytes * i;
    for (std::size_t i = 0; i < spec.init_functions; ++i)
        init_array.push_back(text_at + 0x300 + 4 * i);
}

void ModuleFile::fill_records(const ModuleSpec& spec) {
    module.header = {.kind = abi::RecordKind::module, .size = sizeof(abi::ModuleRecord)};
    module.abi_major = abi::kAbiMajor;
    module.abi_minor = abi::kAbiMinor;
    module.version_major = 1;
    module.flags = spec.flags;
    module.default_placement = spec.default_placement;
    module.name = add_string(spec.name);
    module.heap_bytes = 1 << 16;
    module.stack_bytes = 16 << 10;
    module.state_bytes = kStateBytes;

    const auto signature_of = [](const MethodSpec& method) {
        return method.signature.empty() ? method.name + "()->()" : method.signature;
    };
    for (std::size_t i = 0; i < provides.size(); ++i) {
        const MethodSpec& method = spec.provides[i];
        const std::string signature = signature_of(method);
        abi::ProvideRecord& record = provides[i];
        record.header = {.kind = abi::RecordKind::provide, .size = sizeof(record)};
        record.hash = abi::signature_hash(signature.data(), signature.size());
        record.name = add_string(method.name);
        record.signature = add_string(signature);
        record.version_major = method.version_major;
        record.version_minor = method.version_minor;
        record.flags = method.flags;
        record.shape = method.shape;
    }
    for (std::size_t i = 0; i < requires_.size(); ++i) {
        const MethodSpec& method = spec.requires_[i];
        const std::string signature = signature_of(method);
        abi::RequireRecord& record = requires_[i];
        record.header = {.kind = abi::RecordKind::require, .size = sizeof(record)};
        record.hash = abi::signature_hash(signature.data(), signature.size());
        record.name = add_string(method.name);
        record.signature = add_string(signature);
        record.min_version_major = method.version_major;
        record.min_version_minor = method.version_minor;
        record.flags = method.flags;
        record.shape = method.shape;
    }
    for (std::size_t i = 0; i < devices.size(); ++i) {
        devices[i].header = {.kind = abi::RecordKind::device, .size = sizeof(abi::DeviceRecord)};
        devices[i].compatible = add_string(spec.devices[i]);
    }
}

void ModuleFile::fill_variables(const ModuleSpec& spec) {
    const auto fill = [this](auto& record, const VariableSpec& variable) {
        record.layout = abi::signature_hash(variable.schema.data(), variable.schema.size());
        record.name = add_string(variable.name);
        record.schema = add_string(variable.schema);
        record.bytes = variable.bytes;
    };
    for (std::size_t i = 0; i < publishes.size(); ++i) {
        abi::PublishRecord& record = publishes[i];
        record.header = {.kind = abi::RecordKind::publish, .size = sizeof(record)};
        fill(record, spec.publishes[i]);
        record.form = variable_form(record.bytes);
        record.lease_ms = spec.publishes[i].lease_ms;
    }
    for (std::size_t i = 0; i < reads.size(); ++i) {
        reads[i].header = {.kind = abi::RecordKind::read, .size = sizeof(abi::ReadRecord)};
        fill(reads[i], spec.reads[i]);
    }
}

void ModuleFile::fill_headers(const ModuleSpec& spec) {
    std::memcpy(header.ident, elf::kMagic, sizeof(elf::kMagic));
    header.ident[elf::kIdentClass] = elf::kClass64;
    header.ident[elf::kIdentData] = elf::kLittleEndian;
    header.ident[elf::kIdentVersion] = elf::kVersionCurrent;
    header.type = elf::kTypeDynamic;
    header.machine = spec.machine;
    header.version = elf::kVersionCurrent;
    header.program_header_offset = sizeof(elf::FileHeader);
    header.header_bytes = sizeof(elf::FileHeader);
    header.program_header_bytes = sizeof(elf::ProgramHeader);
    if (spec.machine == elf::kMachineRiscv) {
        const bool floating_point = (spec.flags & abi::kModuleFloatingPoint) != 0;
        header.flags = elf::kRiscvCompressed |
                       (floating_point ? elf::kRiscvFloatAbiDouble : elf::kRiscvFloatAbiSoft);
    }

    symbol_names = std::string{"\0missing_symbol\0own_symbol\0liblonely.so\0", 41};
    symbols.resize(3);
    symbols[1].name = 1;
    symbols[2].name = 16;
    symbols[2].section = 1;

    using namespace elf;
    constexpr std::uint64_t kPage = abi::kPageSize;
    const std::uint64_t relro_bytes = relro_end_ - records_at;
    const std::uint64_t data_file_bytes = state_at - grants_at;
    program_headers = {
        segment(kPtLoad, kReadable, 0, text_at, text_at, kPage),
        segment(kPtLoad, kReadable | kExecutable, text_at, kTextBytes, kTextBytes, kPage),
        segment(kPtLoad,
                kReadable | kExecutable,
                remote_text_at,
                kRemoteTextBytes,
                kRemoteTextBytes,
                kPage),
        segment(kPtLoad, kReadable | kWritable, records_at, relro_bytes, relro_bytes, kPage),
        segment(kPtLoad,
                kReadable | kWritable,
                grants_at,
                data_file_bytes,
                data_file_bytes + kStateBytes,
                kPage),
        segment(kPtDynamic, kReadable, dynamic_at, 0, 0, 8), // Sized by bytes().
        segment(kPtGnuRelro, kReadable, records_at, relro_bytes, grants_at - records_at, 1),
        segment(kPtGnuStack, kReadable | kWritable, 0, 0, 0, 0),
        segment(abi::kPtRecords,
                kReadable,
                records_at,
                init_array_at - records_at,
                init_array_at - records_at,
                8),
        segment(abi::kPtRemoteText,
                kReadable | kExecutable,
                remote_text_at,
                kRemoteTextBytes,
                kRemoteTextBytes,
                1),
    };
    const std::uint64_t dynamic_bytes = default_dynamic().size() * sizeof(elf::Dynamic);
    program_headers[kDynamic].file_bytes = dynamic_bytes;
    program_headers[kDynamic].memory_bytes = dynamic_bytes;
    header.program_header_count = static_cast<std::uint16_t>(program_headers.size());
    size_ = grants_at + data_file_bytes;
}

std::uint64_t ModuleFile::provide_at(std::size_t index) const {
    return records_at + sizeof(abi::ModuleRecord) + index * sizeof(abi::ProvideRecord);
}

std::uint64_t ModuleFile::require_at(std::size_t index) const {
    return provide_at(provides.size()) + index * sizeof(abi::RequireRecord);
}

std::uint64_t ModuleFile::device_at(std::size_t index) const {
    return require_at(requires_.size()) + index * sizeof(abi::DeviceRecord);
}

std::uint64_t ModuleFile::publish_at(std::size_t index) const {
    return device_at(devices.size()) + index * sizeof(abi::PublishRecord);
}

std::uint64_t ModuleFile::read_at(std::size_t index) const {
    return publish_at(publishes.size()) + index * sizeof(abi::ReadRecord);
}

std::uint64_t ModuleFile::add_string(std::string_view text) {
    const std::uint64_t address = strings_at + strings_.size();
    strings_ += text;
    strings_ += '\0';
    if (strings_.size() > strings_room_)
        throw std::logic_error("no room is left for strings");
    return address;
}

} // namespace cw::loader::test
