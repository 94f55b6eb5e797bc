// What people call an address in a domain's process.
#pragma once
#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <sys/types.h>

namespace death {

enum class Part : std::uint8_t { elsewhere, module, vdso };

/// An instruction, wherever its module is loaded.
struct Place {
    Part part;
    std::uint64_t offset; ///< In the file; an address if it is elsewhere.
    auto operator<=>(const Place&) const = default;
};

/// Where the code of a process is. Names are llvm-symbolizer's, from the files with symbols;
/// without it, offsets.
class Places {
public:
    Places(const std::string& module_elf, const std::string& vdso_elf);

    /// From now on addresses are those of this process.
    void look_at(pid_t process);
    [[nodiscard]] Place at(std::uint64_t address) const;
    [[nodiscard]] std::uint64_t address_of(const Place& place) const;

    /// "vdso+0x2340, RingConsumer::arm (ring.hpp:190), in executor_run (executor.cpp:300)".
    [[nodiscard]] std::string name(const Place& place) const;
    /// Which of the operations an instruction belongs to, by the functions that it was inlined
    /// from.
    [[nodiscard]] std::map<Place, std::string> operations(const std::set<Place>& places) const;

private:
    struct Image {
        Part part;
        const char* label;
        std::string elf;
        std::uint64_t begin = 0, end = 0; ///< Its code, in the process.
        std::uint64_t base = 0;           ///< What address 0 of the file is there.
    };
    Image images_[2];
};

} // namespace death
