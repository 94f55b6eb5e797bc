// A bounded table of things that clients hold by a handle.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cw/core/result.hpp>

namespace digest {

/// Handles name a place and which use of it is meant, so that an old one finds nothing. Nobody
/// tells when a client ends without giving its handles back; so one that was idle for long goes
/// when all places are taken.
template <class State, std::size_t kCapacity>
class Sessions {
public:
    /// Times are ticks of any clock. Errors: no_resource.
    cw::Result<std::uint64_t> open(std::uint64_t now, std::uint64_t idle_ticks) noexcept {
        Entry* place = nullptr;
        for (Entry& entry : entries_) {
            if (!entry.used) {
                place = &entry;
                break;
            }
            if (now - entry.last_use >= idle_ticks &&
                (place == nullptr || entry.last_use < place->last_use))
                place = &entry;
        }
        if (place == nullptr)
            return cw::refuse(cw::Status::no_resource);
        place->used = true;
        place->state = State{};
        place->last_use = now;
        ++place->generation;
        return place->generation * kCapacity + static_cast<std::size_t>(place - entries_.data());
    }
    /// Null: there is no such handle (any more).
    [[nodiscard]] State* find(std::uint64_t handle, std::uint64_t now) noexcept {
        Entry& entry = entries_[handle % kCapacity];
        if (!entry.used || entry.generation != handle / kCapacity)
            return nullptr;
        entry.last_use = now;
        return &entry.state;
    }
    /// Requires: find() found it.
    void close(std::uint64_t handle) noexcept { entries_[handle % kCapacity].used = false; }

private:
    struct Entry {
        State state;
        std::uint64_t generation = 0;
        std::uint64_t last_use = 0;
        bool used = false;
    };
    std::array<Entry, kCapacity> entries_{};
};

} // namespace digest
