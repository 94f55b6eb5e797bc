// Service of the kernel: shared variables that are bound at run time.
#pragma once
#include <cw/core/future.hpp>

namespace cw::variables {

struct Index {
    std::uint64_t index; ///< Entry::index, as the directory says it.
};
/// From now on the caller's domain sees the value of this variable, whoever publishes it. Errors:
/// out_of_range (there is no such entry), not_permitted (it is confined), no_memory.
CW_METHOD(variables, show, Index, Nothing, 1, 0);

struct Declaration {
    BufferRef text;         ///< "scope/name", a NUL, and the schema.
    std::uint64_t layout;   ///< Hash of the schema.
    std::uint32_t bytes;    ///< Of the value.
    std::uint32_t lease_ms; ///< As PublishOptions.
};
struct Declared {
    std::uint64_t address; ///< Of the value, which the caller's domain may write.
    std::uint64_t index;   ///< Entry::index.
};
/// Publishes a variable whose name is known only now, until the calling module ends. Errors:
/// invalid_argument (name, schema, bytes or layout are not in order, or one word has a lease),
/// already_exists (somebody publishes that name), no_resource (the directory is full), no_memory.
CW_METHOD(variables, declare, Declaration, Declared, 1, 0);

/// What a reader has seen of a variable: it has changed if this has.
struct Seen {
    std::uint64_t version; ///< Entry::version.
    std::uint64_t value;   ///< The first word of what the entry points to.
};
struct Watch {
    std::uint64_t index;
    Seen seen;
};
/// Answers when the variable is not any more what was seen: published again, or gone, stale, there
/// again, or switched. At once if that is so already. Errors: timed_out (nothing has happened for a
/// second; ask again), out_of_range, not_permitted (as for show), no_resource (too many wait).
CW_METHOD(variables, wait, Watch, Seen, 1, 0);
/// Has those who wait for this variable looked at now, and not at the next tick, kWatchTickMs
/// later. Errors: out_of_range.
CW_METHOD(variables, announce, Index, Nothing, 1, 0);
inline constexpr std::uint64_t kWatchTickMs = 5;

struct Switch {
    std::uint64_t index;
    std::uint64_t
        on; ///< 0: its readers get `refused`, whatever is published; 1: they get the value again.
};
/// Needs the grant "power". Errors: not_permitted, out_of_range.
CW_METHOD(variables, turn, Switch, Nothing, 1, 0);

} // namespace cw::variables
