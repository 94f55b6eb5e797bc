// The init array: constructors in call order, each a relocated pointer into text.
#include "image_reader.hpp"
#include "load_map.hpp"

namespace cw::loader {

bool ImageReader::read_init_array() noexcept {
    image_.init_address_ = tag_value(elf::kDtInitArray);
    image_.init_count_ = tag_value(elf::kDtInitArraySz) / sizeof(std::uint64_t);
    for (std::size_t i = 0; i < image_.init_count_; ++i) {
        const std::uint64_t place = image_.init_address_ + i * sizeof(std::uint64_t);
        if (!is_relocated(place))
            return fail("init function {} at {} is not relocated", {i, Hex{place}});
        const std::uint64_t function = image_.init_function(i);
        if (function_load(function) == nullptr)
            return fail("init function {} is {}, which is no instruction in executable text",
                        {i, Hex{function}});
    }
    return true;
}

} // namespace cw::loader
