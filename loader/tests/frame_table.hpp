// Call frame information written by hand, the way clang writes it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/loader/elf.hpp>
#include <cw/loader/unwind.hpp>
#include <initializer_list>
#include <span>
#include <vector>

namespace cw::loader::test {

class FrameTableBytes {
public:
    static constexpr std::uint64_t kAddress = 0x10'0000; ///< Where the table lies.

    explicit FrameTableBytes(std::uint16_t machine = elf::kMachineRiscv) : machine_{machine} {}

    /// The common entry: `code_unit`, `data_unit`, and the machine's own instructions: def_cfa sp,
    /// 0 for riscv64; def_cfa rsp, 8 and offset ra, 1 for x86-64.
    FrameTableBytes& common(std::uint8_t code_unit = 1,
                            std::uint8_t data_unit = 0x78, // -8
                            std::uint8_t encoding = 0x1b) {
        if (machine_ == elf::kMachineRiscv)
            return common_of({'z', 'R', 0, code_unit, data_unit, 1, 1, encoding, 0x0c, 2, 0});
        return common_of(
            {'z', 'R', 0, code_unit, data_unit, 16, 1, encoding, 0x0c, 7, 8, 0x90, 1, 0, 0});
    }
    /// A common entry of version 1 with this behind the version.
    FrameTableBytes& common_of(std::initializer_list<std::uint8_t> body) {
        common_at_ = bytes_.size();
        std::vector<std::uint8_t> whole{1};
        whole.insert(whole.end(), body.begin(), body.end());
        entry(0, whole);
        return *this;
    }
    /// An entry for [begin, begin + size) under the last common entry.
    FrameTableBytes& function(std::uint64_t begin,
                              std::uint32_t size,
                              std::initializer_list<std::uint8_t> instructions) {
        return function(begin, size, std::span{instructions.begin(), instructions.size()});
    }
    FrameTableBytes&
    function(std::uint64_t begin, std::uint32_t size, std::span<const std::uint8_t> instructions) {
        const std::size_t start = bytes_.size() + 4;
        std::vector<std::uint8_t> body;
        append32(body, static_cast<std::uint32_t>(begin - (kAddress + start + 4)));
        append32(body, size);
        body.push_back(0); // no augmentation data
        body.insert(body.end(), instructions.begin(), instructions.end());
        entry(static_cast<std::uint32_t>(start - common_at_), body);
        return *this;
    }
    FrameTableBytes& raw(std::initializer_list<std::uint8_t> bytes) {
        bytes_.insert(bytes_.end(), bytes);
        return *this;
    }

    [[nodiscard]] std::vector<std::uint8_t>& bytes() { return bytes_; }
    [[nodiscard]] FrameTable table() const { return table_of(bytes_, machine_); }
    [[nodiscard]] static FrameTable table_of(const std::vector<std::uint8_t>& bytes,
                                             std::uint16_t machine = elf::kMachineRiscv) {
        return {
            {reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()}, kAddress, machine};
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
    std::uint16_t machine_;
    std::size_t common_at_ = 0;
};

} // namespace cw::loader::test
