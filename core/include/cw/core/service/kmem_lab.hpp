// Service of the nucleus: allocations on demand, to watch allocators at work. What a client holds
// is freed when it ends. All methods but `counts` need the grant "power".
#pragma once
#include <cw/core/future.hpp>

namespace cw::kmem_lab {

enum class Policy : std::uint32_t {
    free_list = 1, ///< As the nucleus' own objects.
    bitmap = 2,    ///< Slabs with a map; empty ones are given back.
};
inline constexpr std::uint64_t kMostCaches = 8;     ///< Of one client.
inline constexpr std::uint64_t kMostObjects = 3000; ///< Of one cache.
inline constexpr std::uint64_t kLeastBytes = 16;    ///< Of one object.
inline constexpr std::uint64_t kMostBytes = 1 << 20;
inline constexpr std::uint64_t kQuotaPages = 1024; ///< Of all caches of the clients in one domain.

struct Wanted {
    Policy policy;
    std::uint32_t object_bytes;
};
struct Cache {
    std::uint64_t cache;
};
/// A cache of objects of one size. Errors: not_permitted, invalid_argument (the policy, the size),
/// no_resource (kMostCaches), no_memory.
CW_METHOD(kmem_lab, open, Wanted, Cache, 1, 0);
/// Frees it with all that it holds. Errors: not_permitted, not_found.
CW_METHOD(kmem_lab, close, Cache, Nothing, 1, 0);

struct Allocation {
    std::uint64_t cache;
    std::uint64_t count;
};
struct Done {
    std::uint64_t count;
};
/// Allocates objects and holds them; how many there was memory for, and room under the quota.
/// Errors: not_permitted, not_found, out_of_range (kMostObjects), no_resource (the quota: none at
/// all), no_memory (the same).
CW_METHOD(kmem_lab, allocate, Allocation, Done, 1, 0);

enum class Order : std::uint64_t { newest_first = 1, oldest_first = 2, every_other = 3 };
struct Release {
    std::uint64_t cache;
    std::uint64_t count;
    Order order;
};
/// Frees so many of the objects that are held; how many there were. Errors: not_permitted,
/// not_found, invalid_argument (the order).
CW_METHOD(kmem_lab, release, Release, Done, 1, 0);

struct Rounds {
    std::uint64_t count;
};
/// Allocates an object of the nucleus' own, of 48 bytes, and frees it, so many times: what is
/// measured. Its site is "kmem_lab.objects". Errors: not_permitted, out_of_range (kMostObjects),
/// no_memory.
CW_METHOD(kmem_lab, churn, Rounds, Nothing, 1, 0);

struct Counts {
    std::uint64_t object_bytes;
    std::uint64_t live;
    std::uint64_t pages;
    std::uint64_t peak_pages;
    std::uint64_t steps; ///< Words of lists and maps that the policy looked at or wrote.
};
/// Errors: not_found.
CW_METHOD(kmem_lab, counts, Cache, Counts, 1, 0);

} // namespace cw::kmem_lab
