// The driver's side of the rings of cw/abi/files.hpp: entries in, completions out. It knows nothing
// of who waits.
// Source: io_uring(7), io_uring_enter(2); include/uapi/linux/io_uring.h.
#pragma once
#include <cstdint>
#include <cw/abi/files.hpp>
#include <cw/core/atomic.hpp>

namespace file {

/// A submission entry, as far as we use it.
struct Submission {
    std::uint8_t operation = 0;
    std::uint8_t flags = 0;
    std::uint16_t priority = 0;
    std::int32_t file = 0; ///< Slot.
    std::uint64_t offset = 0;
    std::uint64_t address =
        0; ///< Of the memory; of kCancel, the `name` of what is to be cancelled.
    std::uint32_t bytes = 0;
    std::uint32_t operation_flags = 0;
    std::uint64_t name = 0; ///< Comes back with the completion.
    std::uint16_t buffer = 0;
    std::uint16_t personality = 0;
    std::uint32_t reserved[5] = {};
};
static_assert(sizeof(Submission) == 64);

struct Completion {
    std::uint64_t name;
    std::int32_t result; ///< Bytes, or an errno below zero.
    std::uint32_t flags;
};
static_assert(sizeof(Completion) == 16);

enum Operation : std::uint8_t {
    kSync = 3,
    kReadFixed = 4,
    kWriteFixed = 5,
    kCancel = 14,
    kReadPlain = 22,
    kWritePlain = 23,
};
inline constexpr std::uint8_t kSlotFlag = 1;      ///< `file` is a slot; required with all.
inline constexpr std::uint32_t kDataOnlyFlag = 1; ///< Of kSync.

/// One producer of submissions and consumer of completions. Linux is at the other end; what it
/// writes is checked all the same, so that a broken one costs an answer and not the module.
class Uring {
public:
    Uring() noexcept = default;
    /// `registers`: the device's, kFilesBytes. Requires: nobody else drives it.
    explicit Uring(std::uint64_t registers) noexcept;

    /// Room for another entry before the next doorbell.
    [[nodiscard]] bool full() const noexcept;
    /// Requires: !full().
    void put(const Submission& entry) noexcept;
    /// Entries that Linux has not taken yet.
    [[nodiscard]] std::uint32_t waiting() const noexcept;

    /// Takes one; false if there is none.
    [[nodiscard]] bool take(Completion& into) noexcept;
    /// The word that counts completions.
    [[nodiscard]] const cw::Atomic<std::uint32_t>* completion_count() const noexcept {
        return completion_tail_;
    }
    /// True once the other side has said what cannot be; nothing is taken any more.
    [[nodiscard]] bool faulted() const noexcept { return faulted_; }

    /// Registered memory that holds all of [address, address + bytes): its slot, and the address
    /// that stands for `address` in an entry. False: there is none.
    [[nodiscard]] bool registered(std::uint64_t address,
                                  std::uint64_t bytes,
                                  std::uint16_t& slot,
                                  std::uint64_t& stands_for) const noexcept;

private:
    const cw::abi::FilesPage* page_ = nullptr;
    const cw::Atomic<std::uint32_t>* submission_head_ = nullptr;
    cw::Atomic<std::uint32_t>* submission_tail_ = nullptr;
    cw::Atomic<std::uint32_t>* completion_head_ = nullptr;
    const cw::Atomic<std::uint32_t>* completion_tail_ = nullptr;
    const Completion* completions_ = nullptr;
    Submission* entries_ = nullptr;
    std::uint32_t tail_ = 0; ///< Of submissions; ours.
    std::uint32_t head_ = 0; ///< Of completions; ours.
    bool faulted_ = false;
};

} // namespace file
