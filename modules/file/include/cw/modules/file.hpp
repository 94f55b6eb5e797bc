// Files of the host's file systems, below directories that whoever started the system has granted.
// A path is "GRANT/PATH". All calls are asynchronous; one that is cancelled, or whose deadline
// comes, gives up what it has under way before its buffer is free for others, but answers its
// caller at once: see docs/files.md.
//
// Errors of all methods, beside their own: not_found (no such grant or file; no such handle of this
// caller), not_permitted (it leads out of the grant; the file system says so), invalid_argument (a
// path that is empty, too long, has a NUL, or a part "." or ".."; begins with "/"), no_memory,
// no_resource (the file system is full), refused (the file system or its device reports an error).
#pragma once
#include <cw/abi/files.hpp>
#include <cw/core/future.hpp>
#include <cw/core/service/files.hpp>

namespace file {

using Kind = cw::abi::FileKind;
/// An entry of a listing: then `name_bytes` of its name and zeroes up to a multiple of 8.
using Entry = cw::files::Entry;

// Flags of open(): kRead, kWrite or kAppend at least.
using cw::files::kAppend;
using cw::files::kCreate;
using cw::files::kExclusive;
using cw::files::kRead;
using cw::files::kTruncate;
using cw::files::kWrite;

struct OpenArguments {
    cw::BufferRef path;
    std::uint64_t flags;
};
struct Opened {
    std::uint64_t handle; ///< Of its opener: nobody else can use it. Gone when its opener is.
    std::uint64_t size;   ///< Bytes, now.
    std::uint64_t kind;   ///< Kind.
};
/// Opens a regular file or a pipe. Errors: not_permitted (writing where only reading is granted;
/// devices, sockets), invalid_argument (flags; a directory), already_exists (kExclusive),
/// no_resource (64 open files of one caller, 256 of all).
CW_METHOD(file, open, OpenArguments, Opened, 1, 0);

struct ReadArguments {
    std::uint64_t handle;
    std::uint64_t offset;
    cw::OutBuffer into;
};
struct Bytes {
    std::uint64_t bytes;
};
/// Reads; fewer bytes than asked for only where the file ends (0: at its end), or of a pipe.
/// Errors: not_permitted (it was not opened for reading), cancelled.
CW_METHOD(file, read, ReadArguments, Bytes, 1, 0);

struct WriteArguments {
    std::uint64_t handle;
    std::uint64_t offset; ///< With kAppend it does not matter.
    cw::BufferRef from;
};
/// Writes; fewer bytes than given only where the file system has room for no more. Errors:
/// not_permitted (it was not opened for writing), no_resource, cancelled: what was written until
/// then stays written.
CW_METHOD(file, write, WriteArguments, Bytes, 1, 0);

struct SyncArguments {
    std::uint64_t handle;
    std::uint64_t data_only; ///< 1: not what is only about the file, as its times.
};
/// Returns when all that was written is where a loss of power leaves it.
CW_METHOD(file, sync, SyncArguments, cw::Nothing, 1, 0);

struct Path {
    cw::BufferRef path;
};
struct Handle {
    std::uint64_t handle;
};
using Properties = cw::files::Properties;
/// Size, time of the last change, kind; whether it may be written.
CW_METHOD(file, stat, Path, Properties, 1, 0);
CW_METHOD(file, properties, Handle, Properties, 1, 0);

using ListArguments = cw::files::ListArguments;
using Listed = cw::files::Listed;
/// What is in a directory: entries, as many as fit, at most 31 KiB; an empty path lists the grants.
/// What is made or removed meanwhile may be missed, nothing else is. Errors: invalid_argument (no
/// directory, or no room for one entry).
CW_METHOD(file, list, ListArguments, Listed, 1, 0);

/// Closes a handle. Its calls that are under way end as if it were open.
CW_METHOD(file, close, Handle, cw::Nothing, 1, 0);

struct Statistics {
    std::uint64_t open;        ///< Files,
    std::uint64_t under_way;   ///< and transfers now.
    std::uint64_t transfers;   ///< That were submitted, ever.
    std::uint64_t registered;  ///< Of them, into or from memory that is registered with Linux.
    std::uint64_t cancelled;   ///< Of them, that were given up before they had ended.
    std::uint64_t submissions; ///< System calls that submitted them.
};
CW_METHOD(file, statistics, cw::Nothing, Statistics, 1, 0);

} // namespace file
