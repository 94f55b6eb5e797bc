// Pools of the kernel's own objects, over pages. Objects are zeroed; pages are never given
// back.
#pragma once
#include <cstddef>
#include <cstring>
#include <cw/core/result.hpp>
#include <cw/nucleus/kmem.hpp>
#include <cw/nucleus/layout.hpp>

namespace cw::kernel {

/// See host.hpp.
[[nodiscard]] Result<void*> pages_allocate(AllocationSite& site, unsigned order) noexcept;

/// Guarded by the kernel lock.
template <class T>
class Pool {
public:
    /// Its site is "NAME".
    explicit Pool(std::string_view name) noexcept : site_{name, kSize} {}

    /// A zeroed object, or null when memory is used up.
    [[nodiscard]] T* allocate() noexcept {
        if (!site_.may_allocate() || (free_ == nullptr && !refill()))
            return nullptr;
        Link* link = free_;
        free_ = link->next;
        std::memset(static_cast<void*>(link), 0, kSize);
        site_.allocated();
        return reinterpret_cast<T*>(link);
    }
    void release(T* object) noexcept {
        put(object);
        site_.freed();
    }

private:
    struct Link {
        Link* next;
    };
    static constexpr std::size_t kSize = (sizeof(T) + alignof(T) - 1) / alignof(T) * alignof(T);
    static constexpr unsigned order() noexcept {
        unsigned order = 0;
        while ((kPage << order) < kSize)
            ++order;
        return order;
    }

    bool refill() noexcept {
        const auto block = pages_allocate(site_, order());
        if (!block)
            return false;
        for (std::size_t at = 0; at + kSize <= kPage << order(); at += kSize)
            put(static_cast<char*>(*block) + at);
        return true;
    }
    void put(void* object) noexcept {
        auto* link = static_cast<Link*>(object);
        link->next = free_;
        free_ = link;
    }

    AllocationSite site_;
    Link* free_ = nullptr;
};

} // namespace cw::kernel
