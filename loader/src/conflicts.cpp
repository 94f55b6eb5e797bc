// What only shows when all records are known: names given twice, and memory claimed twice.
// The record limits bound the pairs that are compared (197 regions, 64 names).
#include "image_reader.hpp"

namespace cw::loader {

bool ImageReader::check_conflicts() noexcept {
    return check_duplicate_names() && check_regions();
}

bool ImageReader::check_duplicate_names() noexcept {
    const auto provides = image_.provides();
    for (std::size_t i = 0; i < provides.size(); ++i) {
        const std::string_view name = image_.text(provides[i].name);
        for (std::size_t j = 0; j < i; ++j) {
            if (image_.text(provides[j].name) == name)
                return fail("provides {} twice", {name});
        }
    }
    const auto required = image_.requires_();
    for (std::size_t i = 0; i < required.size(); ++i) {
        const std::string_view name = image_.text(required[i].name);
        for (std::size_t j = 0; j < i; ++j) {
            if (image_.text(required[j].name) == name)
                return fail("requires {} twice", {name});
        }
    }
    const auto published = image_.publishes();
    for (std::size_t i = 0; i < published.size(); ++i) {
        const std::string_view name = image_.text(published[i].name);
        for (std::size_t j = 0; j < i; ++j) {
            if (image_.text(published[j].name) == name)
                return fail("publishes {} twice", {name});
        }
    }
    return true;
}

/// The regions in the order state, slots, grants, variables.
ImageReader::Region ImageReader::region(std::size_t index) const noexcept {
    if (index == 0)
        return {"the module state", image_.module_.state, image_.module_.state_bytes};
    index -= 1;
    if (index < image_.require_count_) {
        const abi::RequireRecord& record = image_.requires_list_[index];
        return {image_.text(record.name), record.slot, kSlotBytes};
    }
    index -= image_.require_count_;
    if (index < image_.device_count_) {
        const abi::DeviceRecord& record = image_.devices_[index];
        return {image_.text(record.compatible), record.grant, sizeof(abi::DeviceGrant)};
    }
    index -= image_.device_count_;
    if (index < image_.publish_count_) {
        const abi::PublishRecord& record = image_.publishes_[index];
        return {image_.text(record.name), record.slot, kValueSlotBytes};
    }
    const abi::ReadRecord& record = image_.reads_[index - image_.publish_count_];
    return {image_.text(record.name), record.slot, kLinkBytes};
}

bool ImageReader::check_regions() noexcept {
    const std::size_t count = 1 + image_.require_count_ + image_.device_count_ +
                              image_.publish_count_ + image_.read_count_;
    for (std::size_t i = 1; i < count; ++i) {
        const Region a = region(i);
        for (std::size_t j = 0; j < i; ++j) {
            const Region b = region(j);
            if (a.address < b.address + b.bytes && b.address < a.address + a.bytes)
                return fail("the memory of {} ({}) overlaps the memory of {} ({})",
                            {a.what, Hex{a.address}, b.what, Hex{b.address}});
        }
    }
    return true;
}

} // namespace cw::loader
