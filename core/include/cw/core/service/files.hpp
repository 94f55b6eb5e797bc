// Service of the nucleus on Linux: the control side of the device of files (cw/abi/files.hpp). For
// whoever drives that device, and nobody else: not_permitted. Reading and writing is not here.
//
// A path is "GRANT/PATH": the name of a directory that whoever started the system has granted, and
// what is below it. It is resolved by Linux without leaving that directory, by "..", by links, or
// by what others rename meanwhile. All methods may take as long as a file system takes.
#pragma once
#include <cw/abi/files.hpp>
#include <cw/core/future.hpp>

namespace cw::files {

enum OpenFlags : std::uint32_t {
    kRead = 1,
    kWrite = 2,
    kCreate = 4,     ///< Makes a regular file if there is nothing of that name.
    kTruncate = 8,   ///< Empties it.
    kAppend = 16,    ///< Every write goes to the end, whatever its offset.
    kExclusive = 32, ///< With kCreate: there must be nothing of that name.
};
inline constexpr std::uint32_t kAllOpenFlags = 63;

struct OpenArguments {
    BufferRef path;
    std::uint32_t slot; ///< Of the device's; free.
    std::uint32_t flags;
};
struct Opened {
    std::uint64_t size;
    abi::FileKind kind;
    std::uint32_t reserved;
};
/// Opens a file into a slot. Errors: those of Linux as abi::status_of_errno() has them;
/// invalid_argument (the path, the flags), busy (the slot), out_of_range (there is no such slot),
/// not_permitted (writing where only reading was granted; a device, a socket), no_resource.
CW_METHOD(files, open, OpenArguments, Opened, 1, 0);

struct Slot {
    std::uint64_t slot;
};
/// Empties a slot, also one into which a file is being opened. Errors: out_of_range.
CW_METHOD(files, close, Slot, Nothing, 1, 0);

inline constexpr std::uint64_t kNoSlot = ~std::uint64_t{0};
struct StatArguments {
    BufferRef path;     ///< With kNoSlot.
    std::uint64_t slot; ///< Of an open file.
};
struct Properties {
    std::uint64_t size;
    std::uint64_t modified_ns; ///< Since 1970, UTC.
    abi::FileKind kind;
    std::uint32_t writable; ///< 1: it lies in a directory that was granted for writing.
};
CW_METHOD(files, stat, StatArguments, Properties, 1, 0);

/// An entry of a listing; `name_bytes` of its name follow, then zeroes up to a multiple of 8.
struct Entry {
    abi::FileKind kind;
    std::uint32_t name_bytes;
};
struct ListArguments {
    BufferRef path; ///< Of a directory; empty: the granted ones.
    std::uint64_t cursor;
    OutBuffer into;
};
struct Listed {
    std::uint64_t bytes;  ///< Of entries; 0: there are no more.
    std::uint64_t cursor; ///< To go on from.
};
/// What is in a directory, as much as fits, beginning at `cursor` (0 first). Errors: as open();
/// invalid_argument (not even one entry fits, or the path is no directory).
CW_METHOD(files, list, ListArguments, Listed, 1, 0);

} // namespace cw::files
