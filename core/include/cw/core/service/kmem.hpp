// What the nucleus allocates: a shared variable "kmem/SITE" for each place that does, with this
// record, and a service that makes such a place fail.
#pragma once
#include <cw/core/future.hpp>
#include <cw/core/variables/declare.hpp>
#include <string_view>

namespace cw::kmem {

/// What one place in domain 0 that allocates has counted. Frees: allocations - live.
struct Site {
    std::uint64_t object_bytes; ///< Of its objects, all of one size; 0: it takes whole pages.
    std::uint64_t live;         ///< Objects that were allocated and not freed.
    std::uint64_t live_bytes;
    std::uint64_t peak_bytes; ///< The most they ever were.
    std::uint64_t pages;      ///< It holds, for these objects and for those to come.
    std::uint64_t allocations;
    std::uint64_t failures; ///< Allocations that found no memory, or that were made to fail.
};

/// All memory of the system. What is not free is the sum of Site::pages.
struct Pages {
    std::uint64_t total;
    std::uint64_t free;
};
CW_VARIABLE_NAMED(pages, "memory/pages", Pages);

inline constexpr std::string_view kPrefix = "kmem/";
/// Of the control cells, one for each site: a number n in it has the n-th allocation of that site
/// fail, counted from the store on, once.
inline constexpr std::string_view kFailPrefix = "kmem/fail/";

struct Failure {
    std::array<char, 32> site; ///< Without the prefix.
    std::uint64_t attempt;     ///< 1: the next one; 0: none, whatever was asked before.
};
/// Has an allocation of the nucleus fail once: the next but `attempt` - 1 of this site. Needs the
/// grant "power". Errors: not_permitted, not_found (there is no such site).
CW_METHOD(kmem, fail_at, Failure, Nothing, 1, 0);

} // namespace cw::kmem
