// Standard containers in a shared heap: std::pmr::map and its like over a SharedHeap.
//
// A container keeps the address of its resource, which is an object of one process. So it is
// changed by the process that has made it, and by it alone; others look things up in it and walk
// it, where it lies.
#pragma once
#include <cstddef>
#include <cw/core/shared_heap.hpp>
#include <memory_resource>
#include <new>

namespace cw {

/// Context: as of the heap, which must stay. What does not fit is std::bad_alloc; without
/// exceptions, a trap.
class HeapResource final : public std::pmr::memory_resource {
public:
    explicit HeapResource(SharedHeap& heap) noexcept : heap_{&heap} {}

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        void* block = nullptr;
        if (heap_->allocate(bytes, block, alignment) != Status::ok) {
#ifdef __cpp_exceptions
            throw std::bad_alloc{};
#else
            __builtin_trap();
#endif
        }
        return block;
    }
    void do_deallocate(void* block, std::size_t, std::size_t) override {
        static_cast<void>(heap_->deallocate(block)); // a block that somebody has spoiled stays
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }

    SharedHeap* heap_;
};

} // namespace cw
