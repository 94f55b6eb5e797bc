// The flattened device tree (Devicetree Specification 0.4, chapter 5), as far as the kernel needs
// it.
#pragma once
#include <cstdint>
#include <string_view>

namespace cw::kernel {

struct DeviceDescription {
    char compatible[32];
    std::uint64_t registers; ///< Physical.
    std::uint64_t register_bytes;
    std::uint32_t interrupt; ///< PLIC source, 0 if none.
    std::uint32_t clock_hz;
};

/// What the machine has. Lists are cut off at their capacity.
struct Machine {
    std::uint64_t ram_begin = 0, ram_end = 0;
    std::uint64_t archive_begin = 0, archive_end = 0;
    std::uint64_t ticks_per_second = 0;
    std::uint64_t random_seed = 0; ///< Of "rng-seed"; 0: there is none.
    std::uint64_t plic = 0;
    std::uint64_t sswi = 0;       ///< ACLINT supervisor software interrupt registers, 0 if none.
    std::uint64_t power_test = 0; ///< "sifive,test": powers off with an exit status.
    std::uint32_t hart_ids[16]{};
    std::uint32_t hart_count = 0;
    bool has_stimecmp = false; ///< Sstc.
    DeviceDescription devices[24]{};
    std::uint32_t device_count = 0;
    char arguments[512]{};
};

/// Reads the tree at `blob`. False if it is not one. Every offset in it is checked.
[[nodiscard]] bool read_device_tree(const void* blob, Machine& machine) noexcept;

} // namespace cw::kernel
