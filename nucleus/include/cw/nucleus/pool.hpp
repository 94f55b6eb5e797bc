// Pools of the kernel's own objects, over pages. Objects are zeroed; pages are never given
// back.
#pragma once
#include <cstddef>
#include <cstring>
#include <cw/core/result.hpp>
#include <cw/nucleus/layout.hpp>

namespace cw::kernel {

/// See host.hpp.
[[nodiscard]] Result<void*> pages_allocate(unsigned order) noexcept;

/// Guarded by the kernel lock.
template <class T>
class Pool {
public:
    /// A zeroed object, or null when memory is used up.
    [[nodiscard]] T* allocate() noexcept {
        if (free_ == nullptr && !refill())
            return nullptr;
        Link* link = free_;
        free_ = link->next;
        std::memset(static_cast<void*>(link), 0, kSize);
        return reinterpret_cast<T*>(link);
    }
    void release(T* object) noexcept {
        auto* link = reinterpret_cast<Link*>(object);
        link->next = free_;
        free_ = link;
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
        const auto block = pages_allocate(order());
        if (!block)
            return false;
        for (std::size_t at = 0; at + kSize <= kPage << order(); at += kSize)
            release(reinterpret_cast<T*>(static_cast<char*>(*block) + at));
        return true;
    }

    Link* free_ = nullptr;
};

} // namespace cw::kernel
