// The record section: a sequence of records of known kinds and exact sizes, copied into the Image
// one by one.
#include "image_reader.hpp"
#include "load_map.hpp"

namespace cw::loader {
namespace {

bool is_whole(const abi::RecordHeader& header, std::uint64_t left) noexcept {
    return header.size >= sizeof(header) && header.size % 8 == 0 && header.size <= left;
}

} // namespace

bool ImageReader::read_records() noexcept {
    if (!check_version())
        return false;
    const std::byte* const section = bytes_at(records_.address, records_.file_bytes);
    std::uint64_t offset = 0;
    while (offset < records_.file_bytes) {
        const std::uint64_t left = records_.file_bytes - offset;
        if (left < sizeof(abi::RecordHeader))
            return fail("the record segment ends with {} bytes that are no record", {left});
        const auto header = read_unaligned<abi::RecordHeader>(section + offset);
        if (!is_whole(header, left))
            return fail("the record at {} has size {}, of {} bytes left",
                        {Hex{records_.address + offset}, header.size, left});
        if (!read_record(records_.address + offset, section + offset))
            return false;
        offset += header.size;
    }
    return has_module_record_ || fail("has no module record");
}

/// Looks for the module record in front of all other checks: in the format of another version they
/// mean nothing. What is wrong with the section itself is left to them.
bool ImageReader::check_version() noexcept {
    constexpr std::uint64_t kMajorAt = offsetof(abi::ModuleRecord, abi_major);
    constexpr std::uint64_t kMinorAt = offsetof(abi::ModuleRecord, abi_minor);
    const std::byte* const section = bytes_at(records_.address, records_.file_bytes);
    std::uint64_t offset = 0;
    while (within(offset, kMinorAt + sizeof(std::uint32_t), records_.file_bytes)) {
        const auto header = read_unaligned<abi::RecordHeader>(section + offset);
        if (header.kind == abi::RecordKind::module) {
            const auto major = read_unaligned<std::uint32_t>(section + offset + kMajorAt);
            const auto minor = read_unaligned<std::uint32_t>(section + offset + kMinorAt);
            if (major == abi::kAbiMajor && minor <= abi::kAbiMinor)
                return true;
            return fail("is built for ABI {}.{}, but this loader speaks {}.{}",
                        {major, minor, abi::kAbiMajor, abi::kAbiMinor});
        }
        if (!is_whole(header, records_.file_bytes - offset))
            return true;
        offset += header.size;
    }
    return true;
}

bool ImageReader::read_record(std::uint64_t address, const std::byte* bytes) noexcept {
    const auto header = read_unaligned<abi::RecordHeader>(bytes);
    record_address_ = address;
    record_name_ = {};
    switch (header.kind) {
    case abi::RecordKind::module: {
        record_kind_ = "module";
        if (has_module_record_)
            return fail("has more than one module record");
        has_module_record_ = true;
        std::size_t count = 0;
        return store(&image_.module_, count, 1, bytes);
    }
    case abi::RecordKind::provide:
        record_kind_ = "provide";
        return store(image_.provides_, image_.provide_count_, abi::kMaxMethods, bytes);
    case abi::RecordKind::require:
        record_kind_ = "require";
        return store(image_.requires_list_, image_.require_count_, abi::kMaxRequires, bytes);
    case abi::RecordKind::device:
        record_kind_ = "device";
        return store(image_.devices_, image_.device_count_, abi::kMaxDevices, bytes);
    case abi::RecordKind::publish:
        record_kind_ = "publish";
        return store(image_.publishes_, image_.publish_count_, abi::kMaxPublishes, bytes);
    case abi::RecordKind::read:
        record_kind_ = "read";
        return store(image_.reads_, image_.read_count_, abi::kMaxReads, bytes);
    }
    return fail("the record at {} has the unknown kind {}",
                {Hex{address}, static_cast<std::uint32_t>(header.kind)});
}

/// Copies the record in hand into the next place of `array` and checks the copy.
template <class Record>
bool ImageReader::store(Record* array,
                        std::size_t& count,
                        std::size_t limit,
                        const std::byte* bytes) noexcept {
    const auto header = read_unaligned<abi::RecordHeader>(bytes);
    if (header.size != sizeof(Record))
        return fail_record("has size {}, not {}", {header.size, sizeof(Record)});
    if (count == limit)
        return fail("has more than {} {} records", {limit, record_kind_});
    array[count] = read_unaligned<Record>(bytes);
    return check(array[count++]);
}

} // namespace cw::loader
