// The files handed over at boot: list them, find them, read them into buffers.
#pragma once
#include <cw/abi/archive.hpp>
#include <cw/core/future.hpp>

namespace archive {

struct Count {
    std::uint64_t files;
};
struct Index {
    std::uint64_t index; ///< 0..Count::files - 1; ordered by kind and name.
};
struct Properties {
    std::uint64_t bytes;
    cw::abi::ArchiveKind kind;
    std::uint32_t name_bytes; ///< 1..255.
};
struct NameArguments {
    std::uint64_t index;
    cw::OutBuffer name;
};
struct Bytes {
    std::uint64_t bytes; ///< Written into the buffer.
};
struct FindArguments {
    std::uint64_t kind; ///< abi::ArchiveKind: each kind has names of its own.
    cw::BufferRef name;
};
struct Found {
    std::uint64_t index;
    std::uint64_t bytes; ///< Size of the file.
};
struct ReadArguments {
    std::uint64_t index;
    std::uint64_t offset;
    cw::OutBuffer into;
};

// Errors of all: what kept the archive from being opened (not_found: the system was booted without
// one).

/// How many files there are, of all kinds.
CW_METHOD(archive, count, cw::Nothing, Count, 1, 0);
/// Size, kind and length of the name. Errors: out_of_range.
CW_METHOD(archive, stat, Index, Properties, 1, 0);
/// The name, as much of it as the buffer holds; no NUL. Errors: out_of_range.
CW_METHOD(archive, name, NameArguments, Bytes, 1, 0);
/// The file of this kind and name. Errors: not_found.
CW_METHOD(archive, find, FindArguments, Found, 1, 0);
/// Copies from a file: as much as the buffer holds and the file has from there on; 0 bytes at its
/// end. Errors: out_of_range.
CW_METHOD(archive, read, ReadArguments, Bytes, 1, 0);

} // namespace archive
