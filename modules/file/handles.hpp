// The files that clients have open: which slot of the device, and whose.
#pragma once
#include <array>
#include <cstdint>
#include <cw/abi/files.hpp>
#include <cw/core/result.hpp>

namespace file {

inline constexpr std::uint32_t kMostOfOneClient = 64;

/// Slots of the device with their owners. A handle is a slot and the generation of its use; it is
/// one only for whom it was made, and until it is given back: for all others it does not exist.
class Handles {
public:
    struct File {
        std::uint64_t owner = 0; ///< Caller::id.
        std::uint32_t generation = 0;
        std::uint32_t flags = 0; ///< Of open().
        enum class State : std::uint8_t { free, opening, open, closing } state = State::free;
    };

    /// A slot in which `owner` opens a file. Errors: no_resource.
    [[nodiscard]] cw::Result<std::uint32_t> claim(std::uint64_t owner,
                                                  std::uint32_t flags) noexcept {
        std::uint32_t own = 0, free = kNone;
        for (std::uint32_t slot = 0; slot < files_.size(); ++slot) {
            const File& file = files_[slot];
            if (file.state == File::State::free)
                free = free == kNone ? slot : free;
            else if (file.owner == owner)
                ++own;
        }
        if (free == kNone || own >= kMostOfOneClient)
            return cw::refuse(cw::Status::no_resource);
        File& file = files_[free];
        file = {owner, file.generation + 1, flags, File::State::opening};
        return free;
    }
    /// It is open: its handle.
    [[nodiscard]] std::uint64_t opened(std::uint32_t slot) noexcept {
        files_[slot].state = File::State::open;
        return slot | std::uint64_t{files_[slot].generation} << 32;
    }
    /// The slot of an open file. Errors: not_found.
    [[nodiscard]] cw::Result<std::uint32_t> find(std::uint64_t owner,
                                                 std::uint64_t handle) const noexcept {
        const auto slot = static_cast<std::uint32_t>(handle);
        if (slot >= files_.size() || files_[slot].state != File::State::open ||
            files_[slot].owner != owner || files_[slot].generation != handle >> 32)
            return cw::refuse(cw::Status::not_found);
        return slot;
    }
    /// Its handle is one no longer; the slot stays taken until it is given back.
    void close(std::uint32_t slot) noexcept { files_[slot].state = File::State::closing; }
    void give_back(std::uint32_t slot) noexcept {
        files_[slot].state = File::State::free;
        files_[slot].owner = 0;
    }
    /// A slot with an open file of this owner; kNone if there is none.
    [[nodiscard]] std::uint32_t any_open(std::uint64_t owner) const noexcept {
        for (std::uint32_t slot = 0; slot < files_.size(); ++slot) {
            if (files_[slot].state == File::State::open && files_[slot].owner == owner)
                return slot;
        }
        return kNone;
    }
    [[nodiscard]] const File& at(std::uint32_t slot) const noexcept { return files_[slot]; }
    [[nodiscard]] std::uint64_t taken() const noexcept {
        std::uint64_t count = 0;
        for (const File& file : files_)
            count += file.state != File::State::free;
        return count;
    }

    static constexpr std::uint32_t kNone = ~std::uint32_t{0};

private:
    std::array<File, cw::abi::kFileSlots> files_{};
};

} // namespace file
