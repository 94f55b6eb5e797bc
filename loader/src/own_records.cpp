// The records of the running program itself, taken as they are.
#include <cw/loader/image.hpp>

#include "load_map.hpp"

namespace cw::loader {

void Image::describe(std::span<const std::byte> records,
                     const abi::ModuleRecord& module,
                     std::string_view name) noexcept {
    clear();
    module_ = module;
    name_ = name;
    addresses_are_pointers_ = true;
    while (records.size() >= sizeof(abi::RecordHeader)) {
        const auto header = read_unaligned<abi::RecordHeader>(records.data());
        if (header.kind == abi::RecordKind::provide) {
            // A program with too many records of its own was built wrong: no state to go on from.
            if (provide_count_ == abi::kMaxMethods)
                __builtin_trap();
            provides_[provide_count_++] = read_unaligned<abi::ProvideRecord>(records.data());
        } else if (header.kind == abi::RecordKind::require) {
            if (require_count_ == abi::kMaxRequires)
                __builtin_trap();
            auto& require = requires_list_[require_count_++];
            require = read_unaligned<abi::RequireRecord>(records.data());
            require.flags |= abi::kMethodOptional;
        }
        records = records.subspan(header.size);
    }
}

} // namespace cw::loader
