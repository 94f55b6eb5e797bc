// SHA-256 of data that comes in pieces.
#pragma once
#include <cw/core/future.hpp>

namespace digest {

struct Handle {
    std::uint64_t handle;
};
struct Piece {
    std::uint64_t handle;
    cw::BufferRef data;
};
struct Sha256 {
    std::array<std::uint8_t, 32> bytes;
};

/// Begins a digest. Errors: no_resource (all are in use, and none has been idle for a minute; such
/// a one would be taken away).
CW_METHOD(digest, open, cw::Nothing, Handle, 1, 0);
/// Adds data. Updates are carried out in the order in which they were issued, so many may be in
/// flight. Errors: not_found (no such handle, or it was taken away).
CW_METHOD(digest, update, Piece, cw::Nothing, 1, 0);
/// The digest of all that was added; the handle is gone. Errors: not_found.
CW_METHOD(digest, finish, Handle, Sha256, 1, 0);

} // namespace digest
