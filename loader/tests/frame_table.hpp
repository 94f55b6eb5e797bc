// Call frame information written by hand, the way clang writes it for riscv64.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/loader/unwind.hpp>
#include <initializer_list>
#include <vector>

namespace cw::loader::test {

class FrameTableBytes {
public:
    static constexpr std::uint64_t kAddress = 0x10'0000; ///< Where the table lies.

    /// The common entry: `code_unit`, `data_unit`, and the instruction def_cfa sp, 0.
    FrameTableBytes& common(std::uint8_t code_unit = 1,
                            std::uint8_t data_unit = 0x78, // -8
                            std::uint8_t encoding = 0x1b) {
        common_at_ = bytes_.size();
        entry(0, {1, 'z', 'R', 0, code_unit, data_unit, 1, 1, encoding, 0x0c, 2, 0});
        return *this;
    }
    /// An entry for [begin, begin + size) under the last common entry.
    FrameTableBytes& function(std::uint64_t begin,
                              std::uint32_t size,
                              std::initializer_list<std::uint8_t> instructions) {
        const std::size_t start = bytes_.size() + 4;
        std::vector<std::uint8_t> body;
        append32(body, static_cast<std::uint32_t>(begin - (kAddress + start + 4)));
        append32(body, size);
        body.push_back(0); // no augmentation data
        body.insert(body.end(), instructions);
        entry(static_cast<std::uint32_t>(start - common_at_), body);
        return *this;
    }
    FrameTableBytes& raw(std::initializer_list<std::uint8_t> bytes) {
        bytes_.insert(bytes_.end(), bytes);
        return *this;
    }

    [[nodiscard]] std::vector<std::uint8_t>& bytes() { return bytes_; }
    [[nodiscard]] FrameTable table() const { return table_of(bytes_); }
    [[nodiscard]] static FrameTable table_of(const std::vector<std::uint8_t>& bytes) {
        return {{reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()}, kAddress};
    }

private:
    static void append32(std::vector<std::uint8_t>& to, std::uint32_t value) {
        for (unsigned shift = 0; shift < 32; shift += 8)
            to.push_back(static_cast<std::uint8_t>(value >> shift));
    }
    void entry(std::uint32_t id, const std::vector<std::uint8_t>& body) {
        append32(bytes_, static_cast<std::uint32_t>(body.size() + 4));
        append32(bytes_, id);
        bytes_.insert(bytes_.end(), body.begin(), body.end());
    }

    std::vector<std::uint8_t> bytes_;
    std::size_t common_at_ = 0;
};

} // namespace cw::loader::test
