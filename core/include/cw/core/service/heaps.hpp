// Service of the nucleus: heaps that modules share, wherever they run. cw/sdk/shared_heap.hpp is
// how a module uses them.
//
// A heap is memory at one address in all domains that see it, so pointers into it may be passed on.
// Who has joined a heap can write all of it: its users trust each other with its contents, and only
// those that its creator admits can join.
#pragma once
#include <cw/core/future.hpp>

namespace cw::heaps {

/// Up to the first NUL: letters, digits, and any of "_-./".
using Name = std::array<char, 24>;

inline constexpr std::uint64_t kMostBytes = std::uint64_t{256} << 20;

enum Flags : std::uint32_t {
    kKeep = 1,    ///< It stays when its last user goes, until it is removed.
    kAnybody = 2, ///< Every module may join it.
};

struct Creation {
    Name name;
    std::uint64_t bytes; ///< Rounded up to pages, which it has from the beginning, and no more.
    std::uint32_t flags;
    std::uint32_t reserved; ///< 0.
};
struct Opened {
    std::uint64_t address;
    std::uint64_t bytes;
    std::uint64_t user; ///< Number of the calling module in this heap: SharedHeap::attach().
};
/// A new heap, of which the calling module is the first user. Errors: already_exists,
/// invalid_argument (name, flags, less than heap::kLeastBytes or more than kMostBytes), no_resource
/// (64 heaps), no_memory.
CW_METHOD(heaps, create, Creation, Opened, 1, 0);

struct Admission {
    Name heap;
    Name module;
};
/// Modules of this name may join from now on. Requires a user of the heap. Errors: not_found,
/// not_permitted, no_resource (16 of a heap).
CW_METHOD(heaps, admit, Admission, Nothing, 1, 0);

struct Borrowing {
    Name heap;
    Name module;
};
/// The calling module may make virtual calls of objects that `module` has built in the heap: text
/// and constants of that module, its tables of virtual functions among them, become visible to the
/// calling module's domain, where they run with its rights. They stay as long as the calling module
/// does, whatever becomes of `module`; one that is loaded anew has others. Requires that both are
/// users of the heap. Errors: not_found (no such heap, no such module), not_permitted (one of them
/// is no user; the calling module is in the kernel, and the other is not), unsupported (the
/// module's file does not keep its tables apart from what is written to), no_resource (8 modules),
/// no_memory.
CW_METHOD(heaps, borrow_types, Borrowing, Nothing, 1, 0);

struct Which {
    Name name;
};
/// The calling module becomes a user of a heap. Errors: not_found, not_permitted (not admitted),
/// already_exists (it is one), no_resource (63 users), no_memory.
CW_METHOD(heaps, join, Which, Opened, 1, 0);
/// It is no user any more, and its domain does not see the heap, unless by another module; what it
/// had half done is ended. The same happens when it ends, in whatever way. The last user's heap
/// goes, if it is not kept. Errors: not_found (there is no such heap, or it is no user of it).
CW_METHOD(heaps, leave, Which, Nothing, 1, 0);
/// A heap that was kept goes. Errors: not_found, not_permitted (who could not join it), busy (it
/// has users).
CW_METHOD(heaps, remove, Which, Nothing, 1, 0);

} // namespace cw::heaps
