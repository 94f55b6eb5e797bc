// operator new and delete over the module's heap. A module that uses them without CW_HEAP is not
// linked: the limit is defined there.
#include <cw/core/text.hpp>
#include <cw/sdk/heap.hpp>
#include <new>

namespace {

/// A container cannot go on without the memory, nor say so.
void* allocate_or_fail(std::size_t bytes, std::size_t alignment) noexcept {
    if (void* memory = cw::heap::allocate(bytes, alignment)) [[likely]]
        return memory;
    const auto statistics = cw::heap::statistics();
    cw::Text<192> message;
    message.format("out of memory: {} bytes wanted and {} free in one piece, in a heap of {} that "
                   "may become {}; reserve before allocating",
                   bytes,
                   statistics.largest_free,
                   statistics.bytes,
                   cw_heap_limit_set_by_CW_HEAP);
    cw_module.ops->fail(&cw_module, message.view().data(), message.view().size());
    __builtin_trap();
}

} // namespace

const std::nothrow_t std::nothrow{};

void* operator new(std::size_t bytes) {
    return allocate_or_fail(bytes, cw::BlockHeap::kAlignment);
}
void* operator new[](std::size_t bytes) {
    return allocate_or_fail(bytes, cw::BlockHeap::kAlignment);
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
    return allocate_or_fail(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
    return allocate_or_fail(bytes, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
    return cw::heap::allocate(bytes);
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
    return cw::heap::allocate(bytes);
}
void* operator new(std::size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
    return cw::heap::allocate(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes,
                     std::align_val_t alignment,
                     const std::nothrow_t&) noexcept {
    return cw::heap::allocate(bytes, static_cast<std::size_t>(alignment));
}

void operator delete(void* memory) noexcept {
    cw::heap::release(memory);
}
void operator delete[](void* memory) noexcept {
    cw::heap::release(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    cw::heap::release(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    cw::heap::release(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
    cw::heap::release(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
    cw::heap::release(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    cw::heap::release(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
    cw::heap::release(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
    cw::heap::release(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
    cw::heap::release(memory);
}
