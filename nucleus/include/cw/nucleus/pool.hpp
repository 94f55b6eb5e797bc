// Pools of the kernel's own objects, over pages. Objects are zeroed; pages are never given
// back.
#pragma once
#include <cstddef>
#include <cstring>
#include <cw/core/result.hpp>
#include <cw/nucleus/cache.hpp>
#include <cw/nucleus/kmem.hpp>

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
        Pages pages{site_};
        void* const object = site_.may_allocate() ? cache_.allocate(pages) : nullptr;
        if (object == nullptr)
            return nullptr;
        std::memset(object, 0, kSize);
        site_.allocated();
        return static_cast<T*>(object);
    }
    void release(T* object) noexcept {
        Pages pages{site_};
        cache_.release(object, pages);
        site_.freed();
    }

private:
    struct Pages {
        AllocationSite& site;
        [[nodiscard]] void* take(unsigned order) const noexcept {
            const auto block = pages_allocate(site, order);
            return block ? *block : nullptr;
        }
    };
    static constexpr std::size_t kSize = (sizeof(T) + alignof(T) - 1) / alignof(T) * alignof(T);

    AllocationSite site_;
    FreeListCache cache_{kSize};
};

} // namespace cw::kernel
