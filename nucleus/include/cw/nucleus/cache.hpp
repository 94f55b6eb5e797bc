// How objects of one size are cut out of pages: two ways behind one interface, which know nothing
// of the nucleus. Pool is made of the first; kmem_lab runs either.
//
// `Pages` has `void* take(unsigned order)`, null if there are none, naturally aligned; and
// `void give(void* block, unsigned order)`.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/nucleus/layout.hpp>

namespace cw::kernel {

/// What a cache has done: exact, and the same for the same requests.
struct CacheCounts {
    std::uint64_t live;
    std::uint64_t pages;
    std::uint64_t peak_pages;
    std::uint64_t steps; ///< Words of lists and maps that it looked at or wrote.
};

constexpr unsigned order_of_bytes(std::uint64_t bytes) noexcept {
    unsigned order = 0;
    while ((kPage << order) < bytes)
        ++order;
    return order;
}

namespace detail {
template <class Pages>
void* take_pages(Pages& pages, unsigned order, CacheCounts& counts) noexcept {
    void* const block = pages.take(order);
    if (block == nullptr)
        return nullptr;
    counts.pages += std::uint64_t{1} << order;
    if (counts.pages > counts.peak_pages)
        counts.peak_pages = counts.pages;
    return block;
}
} // namespace detail

/// Free objects in one list, last in, first out, linked through themselves. A handful of
/// instructions; pages are never given back, and what is free may lie in any of them.
class FreeListCache {
public:
    /// Requires: at least sizeof(void*), a multiple of the objects' alignment.
    explicit constexpr FreeListCache(std::size_t object_bytes) noexcept : bytes_{object_bytes} {}

    /// Not zeroed. Null: there are no pages.
    template <class Pages>
    [[nodiscard]] void* allocate(Pages& pages) noexcept {
        if (free_ == nullptr && !refill(pages))
            return nullptr;
        Link* const link = free_;
        free_ = link->next;
        counts_.steps += 2;
        ++counts_.live;
        return link;
    }
    template <class Pages>
    void release(void* object, Pages&) noexcept {
        put(object);
        --counts_.live;
    }
    [[nodiscard]] const CacheCounts& counts() const noexcept { return counts_; }

private:
    struct Link {
        Link* next;
    };
    template <class Pages>
    bool refill(Pages& pages) noexcept {
        const unsigned order = order_of_bytes(bytes_);
        auto* const block = static_cast<std::byte*>(detail::take_pages(pages, order, counts_));
        if (block == nullptr)
            return false;
        for (std::size_t at = 0; at + bytes_ <= kPage << order; at += bytes_)
            put(block + at);
        return true;
    }
    void put(void* object) noexcept {
        auto* const link = static_cast<Link*>(object);
        link->next = free_;
        free_ = link;
        counts_.steps += 2;
    }

    std::size_t bytes_;
    Link* free_ = nullptr;
    CacheCounts counts_{};
};

/// Slabs with a map of free objects at their beginning: the lowest free object of the slab that was
/// used last. A slab that is empty is given back, but for one.
class BitmapCache {
public:
    static constexpr std::size_t kLeastBytes = 16;

    explicit constexpr BitmapCache(std::size_t object_bytes) noexcept :
        bytes_{object_bytes},
        order_{order_for(object_bytes)},
        per_slab_{((kPage << order_) - sizeof(Slab)) / object_bytes} {}

    template <class Pages>
    [[nodiscard]] void* allocate(Pages& pages) noexcept {
        if (partial_ == nullptr && !refill(pages))
            return nullptr;
        Slab& slab = *partial_;
        std::size_t word = 0;
        for (; slab.free[word] == 0; ++word)
            ++counts_.steps;
        const auto bit = static_cast<std::size_t>(__builtin_ctzll(slab.free[word]));
        slab.free[word] &= slab.free[word] - 1;
        counts_.steps += 2;
        if (slab.used++ == 0)
            --empty_;
        if (slab.used == per_slab_)
            unlink(slab);
        ++counts_.live;
        return reinterpret_cast<std::byte*>(&slab + 1) + (word * 64 + bit) * bytes_;
    }
    template <class Pages>
    void release(void* object, Pages& pages) noexcept {
        const auto address = reinterpret_cast<std::uintptr_t>(object);
        auto& slab = *reinterpret_cast<Slab*>(address & ~((kPage << order_) - 1));
        const std::size_t index = (address - reinterpret_cast<std::uintptr_t>(&slab + 1)) / bytes_;
        slab.free[index / 64] |= std::uint64_t{1} << index % 64;
        counts_.steps += 2;
        --counts_.live;
        if (slab.used-- == per_slab_)
            link(slab);
        if (slab.used != 0)
            return;
        if (empty_ != 0) {
            unlink(slab);
            give(slab, pages);
        } else {
            ++empty_;
        }
    }
    [[nodiscard]] const CacheCounts& counts() const noexcept { return counts_; }

private:
    struct alignas(64) Slab {
        std::uint64_t free[4]; ///< Bit per object.
        Slab* next;            ///< With free objects, or none.
        Slab* previous;
        std::size_t used;
        std::uint64_t reserved;
    };
    static_assert(sizeof(Slab) == 64 && (kPage - sizeof(Slab)) / kLeastBytes <= 256);

    /// Of slabs that waste little: at most an eighth beside the map, or as good as eight pages are.
    static constexpr unsigned order_for(std::size_t bytes) noexcept {
        constexpr unsigned kMostOrder = 3;
        unsigned order = order_of_bytes(bytes + sizeof(Slab));
        while (order < kMostOrder) {
            const std::size_t room = (kPage << order) - sizeof(Slab);
            if (room % bytes <= room / 8)
                break;
            ++order;
        }
        return order;
    }
    template <class Pages>
    bool refill(Pages& pages) noexcept {
        void* const block = detail::take_pages(pages, order_, counts_);
        if (block == nullptr)
            return false;
        auto& slab = *static_cast<Slab*>(block);
        slab = Slab{};
        for (std::size_t i = 0; i < per_slab_; ++i)
            slab.free[i / 64] |= std::uint64_t{1} << i % 64;
        counts_.steps += 1 + per_slab_ / 64;
        link(slab);
        ++empty_;
        return true;
    }
    template <class Pages>
    void give(Slab& slab, Pages& pages) noexcept {
        counts_.pages -= std::uint64_t{1} << order_;
        pages.give(&slab, order_);
    }
    void link(Slab& slab) noexcept {
        slab.previous = nullptr;
        slab.next = partial_;
        if (partial_ != nullptr)
            partial_->previous = &slab;
        partial_ = &slab;
        counts_.steps += 3;
    }
    void unlink(Slab& slab) noexcept {
        (slab.previous != nullptr ? slab.previous->next : partial_) = slab.next;
        if (slab.next != nullptr)
            slab.next->previous = slab.previous;
        counts_.steps += 2;
    }

    std::size_t bytes_;
    unsigned order_;
    std::size_t per_slab_;
    Slab* partial_ = nullptr; ///< Those with a free object.
    std::uint32_t empty_ = 0; ///< Of them, without one in use.
    CacheCounts counts_{};
};

} // namespace cw::kernel
