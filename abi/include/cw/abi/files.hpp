// The files that a host gives to the driver of files: a pair of rings of io_uring in memory that
// the driver and Linux share. The driver asks for it as for any device (compatible
// "causeway,files"). It fills submission entries and rings `doorbell`; Linux fills completion
// entries and rings the driver, whose interrupt is counted by the tail of the completion ring.
//
// The register block is three pages: this description, which the host alone writes; the rings; the
// submission entries. Files are named by slot: the driver chooses one and has the host open a file
// into it (service `files`); what lies behind a slot it never holds. Ring operations other than
// reading, writing, syncing and cancelling are refused by Linux.
// Source: io_uring(7), io_uring_enter(2); include/uapi/linux/io_uring.h.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/abi/layout.hpp>
#include <cw/abi/status.hpp>

namespace cw::abi {

inline constexpr std::uint32_t kFileSlots = 256;
inline constexpr std::uint32_t kFileBuffers = 64;
inline constexpr std::uint32_t kFileSubmissions = 64; ///< Entries of the submission ring.
inline constexpr std::uint32_t kFileCompletions = 128;
inline constexpr std::uint64_t kFilesRings = kPageSize;       ///< Offset in the register block.
inline constexpr std::uint64_t kFilesEntries = 2 * kPageSize; ///< Of the submission entries.
inline constexpr std::uint64_t kFilesBytes = 3 * kPageSize;
/// Rings the device. No doorbell of a channel has this number.
inline constexpr std::uint32_t kFilesDoorbell = 0x8000'0000;
inline constexpr std::size_t kMaxPathBytes = 1023; ///< Of "GRANT/PATH".

/// A stretch of memory that is registered with the rings (READ_FIXED, WRITE_FIXED).
struct FileBuffer {
    std::uint64_t base;          ///< Where the driver sees it,
    std::uint64_t registered_at; ///< and the address that stands for `base` in a submission entry.
    std::uint64_t state; ///< Bytes, at most 1 GiB, and the generation of the place << 32; no
                         ///< bytes: nothing is registered here. Written by the host: release,
                         ///< after the other two, which change only while there are no bytes;
                         ///< pairs with the driver's acquire, before and after it reads them.
};
constexpr std::uint64_t file_buffer_bytes(std::uint64_t state) noexcept {
    return state & 0xffff'ffff;
}

/// The first page. Offsets are from the beginning of the second.
struct FilesPage {
    std::uint32_t submission_head; ///< Next to be taken by Linux, release; the driver acquires.
    std::uint32_t submission_tail; ///< The driver's, release; Linux acquires.
    std::uint32_t submission_array;
    std::uint32_t completion_head; ///< The driver's, release; Linux acquires.
    std::uint32_t completion_tail; ///< Linux's, release; the driver acquires.
    std::uint32_t completions;
    std::uint32_t reserved[2];
    FileBuffer buffers[kFileBuffers];
};
static_assert(sizeof(FilesPage) <= kPageSize);

enum class FileKind : std::uint32_t {
    regular = 1,
    directory = 2,
    pipe = 3,  ///< A FIFO.
    other = 4, ///< What is listed and cannot be opened: devices, sockets.
    link = 5,  ///< Seen in a listing only; elsewhere it is what it leads to.
};

/// What an errno of Linux is called here. Errors that a file system or device reports of itself
/// (EIO and what is not listed) are `refused`.
constexpr Status status_of_errno(int error) noexcept {
    switch (error) {
    case 1:  // EPERM
    case 13: // EACCES
    case 18: // EXDEV: it leads out of the granted directory
    case 30: // EROFS
    case 40: // ELOOP
        return Status::not_permitted;
    case 2:  // ENOENT
    case 9:  // EBADF: the slot was emptied meanwhile
    case 20: // ENOTDIR
        return Status::not_found;
    case 4:   // EINTR
    case 125: // ECANCELED
        return Status::cancelled;
    case 11: // EAGAIN
    case 16: // EBUSY
    case 26: // ETXTBSY
        return Status::busy;
    case 12: // ENOMEM
        return Status::no_memory;
    case 17: // EEXIST
        return Status::already_exists;
    case 21: // EISDIR
    case 22: // EINVAL
    case 29: // ESPIPE
    case 36: // ENAMETOOLONG
        return Status::invalid_argument;
    case 23:  // ENFILE
    case 24:  // EMFILE
    case 28:  // ENOSPC
    case 122: // EDQUOT
        return Status::no_resource;
    case 27: // EFBIG
        return Status::out_of_range;
    case 32: // EPIPE
        return Status::end_of_data;
    case 95: // EOPNOTSUPP
        return Status::unsupported;
    default:
        return Status::refused;
    }
}

} // namespace cw::abi
