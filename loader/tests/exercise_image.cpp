#include "exercise_image.hpp"

#include <cstring>
#include <cw/abi/layout.hpp>
#include <vector>

namespace cw::loader::test {
namespace {

constexpr std::uint64_t kBase = 0x10'1234'5000;

/// The image as a kernel would map it: text straight from the file, private loads copied and
/// relocated.
class Mapping {
public:
    explicit Mapping(const Image& image) : image_{image}, memory_(image.span_bytes()) {
        for (const Load& load : image.loads())
            std::memcpy(at(load.address, load.file_bytes),
                        image.file().subspan(load.file_offset, load.file_bytes).data(),
                        load.file_bytes);
        original_ = memory_;
    }

    void relocate() {
        for (std::size_t i = 0; i < image_.relocation_count(); ++i) {
            const Relocation relocation = image_.relocation(i);
            const std::uint64_t value = kBase + relocation.addend;
            std::memcpy(at(relocation.address, sizeof(value)), &value, sizeof(value));
        }
    }

    /// The word at `address` in memory, as the module would see it.
    std::uint64_t word(std::uint64_t address) {
        std::uint64_t value;
        std::memcpy(&value, at(address, sizeof(value)), sizeof(value));
        return value;
    }

    bool is_unchanged(const Load& load) {
        return std::memcmp(at(load.address, load.memory_bytes),
                           original_.data() + load.address,
                           load.memory_bytes) == 0;
    }

    void fill(std::uint64_t address, std::uint64_t bytes) {
        std::memset(at(address, bytes), 0xee, bytes);
    }

private:
    /// Stops the process instead of leaving the memory.
    std::byte* at(std::uint64_t address, std::uint64_t bytes) {
        if (address > memory_.size() || bytes > memory_.size() - address)
            __builtin_trap();
        return memory_.data() + address;
    }

    const Image& image_;
    std::vector<std::byte> memory_;
    std::vector<std::byte> original_;
};

const Load* load_at(const Image& image, std::uint64_t address) {
    for (const Load& load : image.loads()) {
        if (address >= load.address && address - load.address < load.memory_bytes)
            return &load;
    }
    return nullptr;
}

bool has_rights(const Image& image, std::uint64_t address, std::uint64_t bytes, Rights rights) {
    const Load* const load = load_at(image, address);
    return load != nullptr && load == load_at(image, address + bytes - 1) && load->rights == rights;
}

bool is_private(const Image& image, std::uint64_t address, std::uint64_t bytes) {
    const Load* const load = load_at(image, address);
    return load != nullptr && load == load_at(image, address + bytes - 1) && load->private_copy;
}

std::string exercise_loads(const Image& image) {
    std::uint64_t end = 0;
    for (const Load& load : image.loads()) {
        if (load.address % abi::kPageSize != 0 || load.memory_bytes % abi::kPageSize != 0 ||
            load.file_offset % abi::kPageSize != 0)
            return "a load is not page aligned";
        if (load.address < end)
            return "loads overlap";
        if (load.memory_bytes == 0 || load.file_bytes > load.memory_bytes)
            return "a load has an impossible size";
        if (load.file_offset > image.file().size() ||
            load.file_bytes > image.file().size() - load.file_offset)
            return "a load leaves the file";
        if (load.rights != Rights::read && load.rights != Rights::read_write &&
            load.rights != Rights::read_execute)
            return "a load has impossible rights";
        if (load.private_copy == (load.rights == Rights::read_execute) &&
            load.rights != Rights::read)
            return "text is copied or data is shared";
        if (load.remote_text && load.rights != Rights::read_execute)
            return "remote text is not executable";
        const std::uint64_t constant = image.constant_bytes();
        if (constant != 0 && (load.rights == Rights::read_write) != (load.address >= constant))
            return "something writable lies in the constant part, or something constant does not";
        end = load.address + load.memory_bytes;
    }
    return end == image.span_bytes() && end <= kMaxImageBytes ? "" : "the span is wrong";
}

std::string exercise_relocations(const Image& image, Mapping& mapping) {
    std::uint64_t lowest = 0;
    for (std::size_t i = 0; i < image.relocation_count(); ++i) {
        const Relocation relocation = image.relocation(i);
        if (relocation.address < lowest || !is_private(image, relocation.address, 8))
            return "a relocation is out of order or in shared pages";
        if (mapping.word(relocation.address) != relocation.addend)
            return "a relocated word does not hold its addend";
        if (relocation.addend > image.span_bytes())
            return "a relocation points out of the image";
        lowest = relocation.address + 8;
    }
    mapping.relocate();
    for (const Load& load : image.loads()) {
        if (!load.private_copy && !mapping.is_unchanged(load))
            return "relocation changed shared pages";
    }
    for (std::size_t i = 0; i < image.init_count(); ++i) {
        if (!has_rights(image, image.init_function(i), 1, Rights::read_execute))
            return "a constructor is not in text";
    }
    return image.relocation(image.relocation_count()).address == 0 &&
                   image.init_function(image.init_count()) == 0
               ? ""
               : "there is more than the count says";
}

std::string exercise_method(const Image& image,
                            std::uint64_t hash,
                            std::uint64_t name,
                            std::uint64_t signature) {
    const std::string_view text = image.text(signature);
    if (image.text(name).empty() || image.text(name).size() > abi::kMaxNameBytes)
        return "a method has no proper name";
    if (text.size() > abi::kMaxSignatureBytes || !text.starts_with(image.text(name)))
        return "a signature does not name its method";
    return abi::signature_hash(text.data(), text.size()) == hash ? "" : "a hash is wrong";
}

/// What both kinds of variable record have.
template <class Record>
std::string exercise_variable(const Image& image, const Record& record, Mapping& mapping) {
    const std::string_view name = image.text(record.name), schema = image.text(record.schema);
    if (name.size() > abi::kMaxNameBytes || name.find('/') == std::string_view::npos)
        return "a variable has no proper name";
    if (record.bytes == 0 || record.bytes > abi::kMaxVariableBytes)
        return "a variable has an impossible size";
    constexpr std::size_t kSlot = std::is_same_v<Record, abi::ReadRecord> ? 16 : 8;
    if (!is_private(image, record.slot, kSlot) || record.slot % 8 != 0)
        return "the slot of a variable is in shared pages or not aligned";
    mapping.fill(record.slot, kSlot);
    return abi::signature_hash(schema.data(), schema.size()) == record.layout ? ""
                                                                              : "a layout is wrong";
}

std::string exercise_variables(const Image& image, Mapping& mapping) {
    for (const abi::PublishRecord& record : image.publishes()) {
        const bool lanes = (record.form & 0xff) == 3;
        if (lanes ? record.form >> 8 == 0 || record.form >> 8 > 64 || record.bytes % 8 != 0
                  : record.form != (record.bytes > 8 ? 1u : 2u))
            return "a variable has the form of others";
        if (std::string wrong = exercise_variable(image, record, mapping); !wrong.empty())
            return wrong;
    }
    for (const abi::ReadRecord& record : image.reads()) {
        if (std::string wrong = exercise_variable(image, record, mapping); !wrong.empty())
            return wrong;
    }
    return "";
}

std::string exercise_records(const Image& image, Mapping& mapping) {
    const abi::ModuleRecord& module = image.module();
    if (image.name().empty() || image.name() != image.text(module.name))
        return "the module has no proper name";
    if (module.start != 0 && !has_rights(image, module.start, 1, Rights::read_execute))
        return "start is not in text";
    if (!has_rights(image, module.state, module.state_bytes, Rights::read_write))
        return "the state is not writable";
    mapping.fill(module.state, module.state_bytes);
    for (const abi::ProvideRecord& record : image.provides()) {
        if (!has_rights(image, record.direct, 1, Rights::read_execute) ||
            !has_rights(image, record.invoke, 1, Rights::read_execute))
            return "an entry is not in text";
        if (record.remote_stub != 0 && !load_at(image, record.remote_stub)->remote_text)
            return "a remote stub is not in remote text";
        if (std::string wrong = exercise_method(image, record.hash, record.name, record.signature);
            !wrong.empty())
            return wrong;
    }
    for (const abi::RequireRecord& record : image.requires_()) {
        if (!is_private(image, record.slot, 16) || record.slot % 8 != 0)
            return "a slot is in shared pages or not aligned";
        mapping.fill(record.slot, 16);
        if (std::string wrong = exercise_method(image, record.hash, record.name, record.signature);
            !wrong.empty())
            return wrong;
    }
    for (const abi::DeviceRecord& record : image.devices()) {
        if (image.text(record.compatible).empty() ||
            !has_rights(image, record.grant, sizeof(abi::DeviceGrant), Rights::read_write))
            return "a device grant is not writable";
        mapping.fill(record.grant, sizeof(abi::DeviceGrant));
    }
    return exercise_variables(image, mapping);
}

} // namespace

std::string exercise(const Image& image) {
    if (std::string wrong = exercise_loads(image); !wrong.empty())
        return wrong;
    Mapping mapping{image};
    if (std::string wrong = exercise_relocations(image, mapping); !wrong.empty())
        return wrong;
    return exercise_records(image, mapping);
}

} // namespace cw::loader::test
