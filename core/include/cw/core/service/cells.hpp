// Service of the kernel: control cells are made, opened and closed here, and only here.
#pragma once
#include <array>
#include <cw/core/future.hpp>

namespace cw::cells {

/// What becomes of the value when nobody has the cell open any more: it was closed, its holder has
/// ended, or has not renewed its lease.
enum class OnRelease : std::uint32_t {
    keep = 0,   ///< It stays.
    revert = 1, ///< It is the initial one again.
};

/// What a cell is to be. Behind it in the buffer: "scope/.../name", a NUL, and the schema.
struct Request {
    std::uint64_t layout; ///< Hash of the schema.
    std::uint32_t bytes;  ///< Of a value: at most 48.
    OnRelease on_release;
    std::uint64_t min; ///< Of values of at most eight bytes.
    std::uint64_t max;
    std::uint64_t initial[6];
};
struct Creation {
    BufferRef request; ///< Request, and the texts.
};
struct Created {
    std::uint64_t entry; ///< Address of its Entry,
    std::uint64_t echo;  ///< and of its Echo, which the caller's domain may write.
    std::uint64_t index;
    std::uint64_t epoch;
};
/// Makes a cell that the calling module owns until it destroys it or ends. Errors:
/// invalid_argument (name, schema, bytes or layout are not in order), already_exists (there is a
/// cell of that name), no_resource (too many cells), no_memory.
CW_METHOD(cells, create, Creation, Created, 1, 0);

struct Which {
    std::uint64_t index;
    std::uint64_t epoch; ///< As they were replied.
};
/// Whoever has it open sees it gone. Errors: not_found (the caller has no such cell).
CW_METHOD(cells, destroy, Which, Nothing, 1, 0);

enum class Mode : std::uint32_t {
    exclusive = 0, ///< Nobody else has it.
    shared = 1,    ///< Others may have it too, if they say the same. Not for wide cells.
    steal = 2,     ///< Exclusive, and whoever has it loses it. Needs the grant "power".
};
struct Wanted {
    BufferRef name;
    std::uint64_t layout; ///< Hash of the schema; 0: any.
    Mode mode;
    std::uint32_t lease_ms; ///< The holder renews it at least that often, or loses it; 0: it need
                            ///< not. Not with `shared`.
};
struct Opened {
    std::uint64_t line; ///< Address of the Line, which the caller's domain may write,
    std::uint64_t entry;
    std::uint64_t echo;
    std::uint64_t index;
    std::uint64_t epoch;
};
/// The calling module has the cell from now on, at the value that it has. A module that has lost it
/// may open it again; its former handle is then this one. Errors: not_found (there is no such
/// cell), mismatch (it is of another type), busy (somebody has it: cells.holder says who),
/// not_permitted (steal, or a cell of the kernel, without the grant "power"), invalid_argument,
/// no_resource (the caller has too many open), no_memory.
CW_METHOD(cells, open, Wanted, Opened, 1, 0);
/// Errors: not_found (the caller has not opened it).
CW_METHOD(cells, close, Which, Nothing, 1, 0);

struct Named {
    BufferRef name;
};
struct Holder {
    std::array<char, 32> module; ///< Of sharers, one. Empty: nobody has it.
    std::uint64_t holders;
};
/// Errors: not_found.
CW_METHOD(cells, holder, Named, Holder, 1, 0);

struct Look {
    std::uint64_t value;         ///< As it was stored; of a wide cell, 0.
    std::uint64_t applied;       ///< Echo::value,
    std::uint64_t applied_epoch; ///< and Echo::epoch.
    std::uint64_t rejects;
    std::uint64_t hold; ///< As Entry::hold.
    std::uint32_t bytes;
    std::uint32_t type; ///< Type.
};
/// What a cell says now, without opening it. Errors: not_found.
CW_METHOD(cells, look, Named, Look, 1, 0);

struct Page {
    std::uint64_t cursor; ///< 0, or where the last reply ended.
    OutBuffer text;
};
struct Lines {
    std::uint64_t bytes;
    std::uint64_t cursor; ///< 0: there are no more.
};
/// Lines for people: name, state, holder, value, limits, rejects, owner.
CW_METHOD(cells, list, Page, Lines, 1, 0);

} // namespace cw::cells
