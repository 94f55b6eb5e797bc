// Service `kmem_lab`: allocations on demand, by either way of cutting objects out of pages.
#include "caller.hpp"
#include "modules.hpp"
#include <algorithm>
#include <cw/core/declare.hpp>
#include <cw/core/service/kmem_lab.hpp>
#include <cw/nucleus/cache.hpp>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/log.hpp>
#include <new>

namespace cw::kernel {

namespace {

/// A cache of a client, and what it holds.
struct LabCache {
    std::uint64_t number;
    ModuleInstance* owner;
    std::uint64_t object_bytes;
    kmem_lab::Policy policy;
    FreeListCache free_list;
    BitmapCache bitmap;
    LabCache* next;
    std::uint64_t count;
    void* held[kmem_lab::kMostObjects]; ///< Oldest first.
    std::uint64_t block_count;
    std::uint64_t blocks[kmem_lab::kQuotaPages]; ///< Address + order, of whatever it was given.
};
static_assert(sizeof(LabCache) <= 8 * kPage);

// Guarded by kernel_lock.
Pool<LabCache> caches{"kmem_lab.caches"};
struct LabObject {
    std::uint64_t words[6];
};
Pool<LabObject> objects{"kmem_lab.objects"};
AllocationSite lab_pages{"kmem_lab.pages"};
LabCache* all_caches;
std::uint64_t last_number;

std::uint64_t pages_of(const Domain& domain) noexcept {
    std::uint64_t pages = 0;
    for (const LabCache* cache = all_caches; cache != nullptr; cache = cache->next) {
        for (std::uint64_t i = 0; cache->owner->domain == &domain && i < cache->block_count; ++i)
            pages += std::uint64_t{1} << cache->blocks[i] % kPage;
    }
    return pages;
}

void give_block(std::uint64_t block) noexcept {
    pages_release(lab_pages,
                  reinterpret_cast<void*>(round_down(block, kPage)),
                  static_cast<unsigned>(block % kPage));
    lab_pages.freed();
}

/// Where a cache has its pages from.
struct LabPages {
    LabCache& cache;
    Status refusal = Status::ok;

    [[nodiscard]] void* take(unsigned order) noexcept {
        const std::uint64_t pages = std::uint64_t{1} << order;
        if (pages_of(*cache.owner->domain) + pages > kmem_lab::kQuotaPages) {
            refusal = Status::no_resource;
            return nullptr;
        }
        refusal = Status::no_memory;
        if (!leaves_enough(pages * kPage))
            return nullptr;
        const auto block = pages_allocate(lab_pages, order);
        if (!block)
            return nullptr;
        lab_pages.allocated();
        cache.blocks[cache.block_count++] = reinterpret_cast<std::uint64_t>(*block) + order;
        return *block;
    }
    void give(void* block, unsigned order) noexcept {
        const std::uint64_t word = reinterpret_cast<std::uint64_t>(block) + order;
        std::uint64_t* const last = cache.blocks + cache.block_count - 1;
        *std::find(cache.blocks, last, word) = *last;
        --cache.block_count;
        give_block(word);
    }
};

const CacheCounts& counts_of(const LabCache& cache) noexcept {
    return cache.policy == kmem_lab::Policy::bitmap ? cache.bitmap.counts()
                                                    : cache.free_list.counts();
}

/// Null: the calling module has no such cache.
LabCache* find(std::uint64_t number) noexcept {
    LabCache* cache = all_caches;
    while (cache != nullptr && (cache->number != number || cache->owner != calling_module()))
        cache = cache->next;
    return cache;
}

void destroy(LabCache& cache) noexcept {
    for (std::uint64_t i = 0; i < cache.block_count; ++i)
        give_block(cache.blocks[i]);
    LabCache** link = &all_caches;
    while (*link != &cache)
        link = &(*link)->next;
    *link = cache.next;
    caches.release(&cache);
}

/// Ok if the caller may. Errors: peer_died, not_permitted.
Status permitted() noexcept {
    const ModuleInstance* module = calling_module();
    if (module == nullptr)
        return Status::peer_died;
    if ((module->domain->grants & kGrantPower) != 0)
        return Status::ok;
    log::line("kmem_lab: not permitted: the calling domain has no grant \"power\"");
    return Status::not_permitted;
}

Result<kmem_lab::Cache> lab_open(kmem_lab::Wanted wanted) noexcept {
    const Locked hold{kernel_lock};
    CW_CHECK_OK(permitted());
    if ((wanted.policy != kmem_lab::Policy::free_list &&
         wanted.policy != kmem_lab::Policy::bitmap) ||
        wanted.object_bytes < kmem_lab::kLeastBytes || wanted.object_bytes > kmem_lab::kMostBytes)
        return refuse(Status::invalid_argument);
    std::uint64_t own = 0;
    for (const LabCache* other = all_caches; other != nullptr; other = other->next)
        own += other->owner == calling_module() ? 1 : 0;
    if (own == kmem_lab::kMostCaches)
        return refuse(Status::no_resource);
    LabCache* cache = caches.allocate();
    if (cache == nullptr)
        return refuse(Status::no_memory);
    cache->number = ++last_number;
    cache->owner = calling_module();
    cache->object_bytes = round_up(wanted.object_bytes, kmem_lab::kLeastBytes);
    cache->policy = wanted.policy;
    new (&cache->free_list) FreeListCache{cache->object_bytes};
    new (&cache->bitmap) BitmapCache{cache->object_bytes};
    cache->next = all_caches;
    all_caches = cache;
    return kmem_lab::Cache{cache->number};
}
CW_PROVIDE(kmem_lab::open, lab_open, abi::kMethodQueuedOnly);

Result<Nothing> lab_close(kmem_lab::Cache which) noexcept {
    const Locked hold{kernel_lock};
    CW_CHECK_OK(permitted());
    LabCache* cache = find(which.cache);
    if (cache == nullptr)
        return refuse(Status::not_found);
    destroy(*cache);
    return Nothing{};
}
CW_PROVIDE(kmem_lab::close, lab_close, abi::kMethodQueuedOnly);

Result<kmem_lab::Done> lab_allocate(kmem_lab::Allocation wanted) noexcept {
    const Locked hold{kernel_lock};
    CW_CHECK_OK(permitted());
    LabCache* cache = find(wanted.cache);
    if (cache == nullptr)
        return refuse(Status::not_found);
    if (wanted.count > kmem_lab::kMostObjects - cache->count)
        return refuse(Status::out_of_range);
    LabPages pages{*cache};
    std::uint64_t done = 0;
    for (; done < wanted.count; ++done) {
        void* const object = cache->policy == kmem_lab::Policy::bitmap
                                 ? cache->bitmap.allocate(pages)
                                 : cache->free_list.allocate(pages);
        if (object == nullptr)
            break;
        cache->held[cache->count++] = object;
    }
    if (done == 0 && wanted.count != 0)
        return refuse(pages.refusal);
    return kmem_lab::Done{done};
}
CW_PROVIDE(kmem_lab::allocate, lab_allocate, abi::kMethodQueuedOnly);

void release_object(LabCache& cache, void* object) noexcept {
    LabPages pages{cache};
    if (cache.policy == kmem_lab::Policy::bitmap)
        cache.bitmap.release(object, pages);
    else
        cache.free_list.release(object, pages);
}

Result<kmem_lab::Done> lab_release(kmem_lab::Release wanted) noexcept {
    const Locked hold{kernel_lock};
    CW_CHECK_OK(permitted());
    LabCache* cache = find(wanted.cache);
    if (cache == nullptr)
        return refuse(Status::not_found);
    if (wanted.order < kmem_lab::Order::newest_first || wanted.order > kmem_lab::Order::every_other)
        return refuse(Status::invalid_argument);
    const std::uint64_t before = cache->count;
    if (wanted.order == kmem_lab::Order::newest_first) {
        for (std::uint64_t i = 0; i < wanted.count && cache->count != 0; ++i)
            release_object(*cache, cache->held[--cache->count]);
        return kmem_lab::Done{before - cache->count};
    }
    const std::uint64_t step = wanted.order == kmem_lab::Order::every_other ? 2 : 1;
    std::uint64_t kept = 0;
    std::uint64_t released = 0;
    for (std::uint64_t i = 0; i < before; ++i) {
        if (i % step == 0 && released < wanted.count) {
            release_object(*cache, cache->held[i]);
            ++released;
        } else {
            cache->held[kept++] = cache->held[i];
        }
    }
    cache->count = kept;
    return kmem_lab::Done{released};
}
CW_PROVIDE(kmem_lab::release, lab_release, abi::kMethodQueuedOnly);

Result<Nothing> lab_churn(kmem_lab::Rounds rounds) noexcept {
    const Locked hold{kernel_lock};
    CW_CHECK_OK(permitted());
    if (rounds.count > kmem_lab::kMostObjects)
        return refuse(Status::out_of_range);
    for (std::uint64_t i = 0; i < rounds.count; ++i) {
        LabObject* object = objects.allocate();
        if (object == nullptr)
            return refuse(Status::no_memory);
        objects.release(object);
    }
    return Nothing{};
}
CW_PROVIDE(kmem_lab::churn, lab_churn, abi::kMethodQueuedOnly);

Result<kmem_lab::Counts> lab_counts(kmem_lab::Cache which) noexcept {
    const Locked hold{kernel_lock};
    const LabCache* cache = calling_module() == nullptr ? nullptr : find(which.cache);
    if (cache == nullptr)
        return refuse(Status::not_found);
    const CacheCounts& counts = counts_of(*cache);
    return kmem_lab::Counts{
        cache->object_bytes, counts.live, counts.pages, counts.peak_pages, counts.steps};
}
CW_PROVIDE(kmem_lab::counts, lab_counts, abi::kMethodQueuedOnly);

} // namespace

void lab_forget(const ModuleInstance& owner) noexcept {
    for (LabCache *cache = all_caches, *next = nullptr; cache != nullptr; cache = next) {
        next = cache->next;
        if (cache->owner == &owner)
            destroy(*cache);
    }
}

} // namespace cw::kernel
