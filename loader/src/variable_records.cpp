// Publish and read records: one shared variable each, seen from its two sides.
#include "image_reader.hpp"
#include "names.hpp"
#include <cw/core/variables/directory.hpp>
#include <cw/core/variables/schema.hpp>
#include <type_traits>

namespace cw::loader {

static_assert(abi::kMaxVariableBytes == variables::kMaxBytes &&
              abi::kMaxNameBytes == variables::kMaxName &&
              abi::kMaxSignatureBytes == variables::kMaxSchema &&
              abi::kMaxVariableLanes == variables::kMaxLanes);

/// What both kinds of record have.
template <class Record>
bool ImageReader::check_variable(const Record& record) noexcept {
    const auto at = [this](std::size_t field) { return record_address_ + field; };
    std::string_view name;
    if (!check_text({"name", at(offsetof(Record, name)), record.name}, abi::kMaxNameBytes, name))
        return false;
    if (!is_variable_name(name))
        return fail_record("name '{}' is not of the form scope/name", {name});
    record_name_ = name;

    std::string_view schema;
    if (!check_text({"schema", at(offsetof(Record, schema)), record.schema},
                    abi::kMaxSignatureBytes,
                    schema))
        return false;
    const std::uint64_t expected = abi::signature_hash(schema.data(), schema.size());
    if (record.layout != expected)
        return fail_record("has layout {}, but its schema has {}",
                           {Hex{record.layout}, Hex{expected}});
    if (record.bytes == 0 || record.bytes > abi::kMaxVariableBytes)
        return fail_record("has {} bytes, not 1 to {}", {record.bytes, abi::kMaxVariableBytes});
    if (const std::size_t bytes = variables::bytes_of_schema(schema); bytes != record.bytes)
        return fail_record("has {} bytes, but its schema says {}", {record.bytes, bytes});
    if (record.flags != 0)
        return fail_record("has flags {}, of which none are known", {Hex{record.flags}});
    constexpr bool kReads = std::is_same_v<Record, abi::ReadRecord>;
    return check_memory({"slot", at(offsetof(Record, slot)), record.slot},
                        kReads ? kLinkBytes : kValueSlotBytes,
                        alignof(std::uint64_t),
                        Memory::writable_or_relro);
}

bool ImageReader::check_form(const abi::PublishRecord& record) noexcept {
    if (variables::kind_of(record.form) == variables::Kind::lanes) {
        const std::uint32_t lanes = variables::lanes_of(record.form);
        if (lanes == 0 || lanes > abi::kMaxVariableLanes)
            return fail_record("has {} lanes, not 1 to {}", {lanes, abi::kMaxVariableLanes});
        if (!variables::is_countable(image_.text(record.schema)))
            return fail_record("has lanes, but its schema '{}' has more than u64 in it",
                               {image_.text(record.schema)});
        return true;
    }
    const auto kind = record.bytes > 8 ? variables::Kind::latch : variables::Kind::word;
    if (record.form != variables::form_of(kind))
        return fail_record("has form {}, but a value of {} bytes has {}",
                           {record.form, record.bytes, variables::form_of(kind)});
    return true;
}

bool ImageReader::check(const abi::PublishRecord& record) noexcept {
    if (!check_variable(record))
        return false;
    if (!check_form(record))
        return false;
    if (record.lease_ms != 0 && variables::kind_of(record.form) != variables::Kind::latch)
        return fail_record("has a lease, but {} bytes do not show that they are renewed",
                           {record.bytes});
    if (record.fallback != 0)
        return fail_record("has {} in a reserved field", {Hex{record.fallback}});
    return true;
}

bool ImageReader::check(const abi::ReadRecord& record) noexcept {
    return check_variable(record);
}

bool is_variable(std::string_view name,
                 std::string_view schema,
                 std::uint64_t layout,
                 std::uint32_t bytes) noexcept {
    for (const char c : schema) {
        if (c < ' ' || c > '~')
            return false;
    }
    return name.size() <= abi::kMaxNameBytes && is_variable_name(name) &&
           schema.size() <= abi::kMaxSignatureBytes &&
           abi::signature_hash(schema.data(), schema.size()) == layout &&
           variables::bytes_of_schema(schema) == bytes;
}

} // namespace cw::loader
