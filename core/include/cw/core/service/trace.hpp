// Service of the kernel: a trace of what the system does. docs/trace.md.
#pragma once
#include <cw/core/future.hpp>

namespace cw::trace {

struct Wanted {
    std::uint32_t policy;  ///< TracePolicy.
    std::uint32_t records; ///< Of each ring: a power of two from kFewestRecords to kMostRecords.
};
/// Has every executor, of now and later, record what it does, each in a ring of its own. While that
/// is so already, each goes on in a new ring: of another size, or with another policy. Needs the
/// grant "power". Errors: not_permitted, invalid_argument, no_memory, no_resource.
CW_METHOD(trace, start, Wanted, Nothing, 1, 0);
/// Nothing is recorded any more; what was stays to be read until the next start, as far as there is
/// room. Needs the grant "power". Errors: not_permitted.
CW_METHOD(trace, stop, Nothing, Nothing, 1, 0);

struct State {
    Wanted wanted;          ///< Of now, or of the last time.
    std::uint32_t on;       ///< 1: it is recording.
    std::uint32_t rings;    ///< That there are to be read.
    std::uint32_t readers;  ///< That are open.
    std::uint32_t untraced; ///< Executors that there was no memory for.
    std::uint64_t recorded; ///< In all rings together, those included that
    std::uint64_t dropped;  ///< were refused, and those
    std::uint64_t unread;   ///< of rings that have gone without ever having been read.
};
CW_METHOD(trace, status, Nothing, State, 1, 0);

struct Reader {
    std::uint64_t reader;
    std::uint64_t cursors; ///< Of trace::Cursor, one per Ring::slot, for this reader to write.
};
/// A reader, until it is closed or the calling module ends. Needs the grant "power". Errors:
/// not_permitted, no_resource (kReaders are open), no_memory.
CW_METHOD(trace, open, Nothing, Reader, 1, 0);
struct Handle {
    std::uint64_t reader;
};
/// Errors: not_found (it is no reader of the calling module's).
CW_METHOD(trace, close, Handle, Nothing, 1, 0);

struct After {
    std::uint64_t reader;
    std::uint64_t ring; ///< The last one it knows; 0: none.
};
struct Ring {
    std::uint64_t address; ///< Of a trace::Block, which the caller's domain may read from now on.
    std::uint32_t ring;    ///< Rings are numbered in the order in which they were made.
    std::uint32_t records; ///< Slots of the block.
    std::uint32_t track;   ///< Rings of one executor have the same.
    std::uint32_t domain;  ///< Whose; 0 is the kernel.
    std::uint32_t slot;    ///< Of the reader's cursors.
    std::uint32_t policy;  ///< TracePolicy.
    std::array<char, 16> name; ///< Of the executor.
};
/// The next ring. Errors: not_found (there is none yet; or it is no reader of the caller's),
/// no_memory.
CW_METHOD(trace, next, After, Ring, 1, 0);
/// The reader is done with a ring. Errors: not_found.
CW_METHOD(trace, done, After, Nothing, 1, 0);

struct Names {
    std::uint64_t index; ///< From 0 on.
    OutBuffer text;      ///< "MODULE METHOD METHOD ...", by opcode.
};
struct Size {
    std::uint64_t bytes;
};
/// What the methods of a module are called. Errors: not_found (there is no module of this index).
CW_METHOD(trace, names, Names, Size, 1, 0);

} // namespace cw::trace
