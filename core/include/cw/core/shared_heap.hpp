// A heap in memory that several programmes map at the same address, so that a pointer into it means
// the same to all of them. Users of it may be killed at any instruction: none holds a lock, and
// what the dead one had half done is ended by recover().
//
// Users must trust each other with what they store: each can write all of it. What they cannot do
// is to have the allocator of another one touch anything outside of the heap. docs/heaps.md.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/core/heap/allocator.hpp>
#include <cw/core/heap/layout.hpp>
#include <cw/core/heap/recovery.hpp>
#include <new>
#include <type_traits>
#include <utility>

namespace cw {

/// One user's side of a heap. Context: one thread at a time, and no interrupt or signal handler in
/// between; never waits, never enters the kernel. Untrusted: all of the heap.
class SharedHeap {
public:
    using Geometry = heap::Geometry;
    static constexpr std::uint32_t kUsers = Geometry::kUsers; ///< Numbers 1 to kUsers - 1.
    static constexpr std::uint64_t kMostAlignment = heap::kPage;

    SharedHeap() noexcept = default; ///< To be attached.
    // Two that are the same user would take each other's changes for their own.
    SharedHeap(const SharedHeap&) = delete;
    SharedHeap& operator=(const SharedHeap&) = delete;
    SharedHeap(SharedHeap&& other) noexcept { *this = std::move(other); }
    SharedHeap& operator=(SharedHeap&& other) noexcept {
        head_ = std::exchange(other.head_, nullptr);
        bytes_ = other.bytes_;
        data_ = other.data_;
        allocator_ = other.allocator_;
        return *this;
    }

    /// Makes a heap of zeroed memory. Requires: it begins with a page. Errors: invalid_argument
    /// (too small: heap::kLeastBytes).
    [[nodiscard]] static Status initialise(void* memory, std::uint64_t bytes) noexcept {
        if (!heap::fits(memory, bytes))
            return Status::invalid_argument;
        static_cast<heap::Head*>(memory)->header.complete(heap::layout_of(bytes));
        return Status::ok;
    }
    /// Becomes user `user` of the heap there. Requires: nobody else is that user. Errors:
    /// invalid_argument (no such user, or memory too small), mismatch (there is no heap of that
    /// size).
    [[nodiscard]] static Status
    attach(void* memory, std::uint64_t bytes, std::uint32_t user, SharedHeap& heap) noexcept {
        if (!heap::fits(memory, bytes) || user == 0 || user >= kUsers)
            return Status::invalid_argument;
        if (!static_cast<heap::Head*>(memory)->header.matches(heap::layout_of(bytes)))
            return Status::mismatch;
        heap.head_ = static_cast<heap::Head*>(memory);
        heap.bytes_ = bytes;
        heap.data_ = static_cast<std::byte*>(memory) + heap::data_offset(bytes);
        heap.allocator_ = Allocator{heap::memory_of(memory, bytes), user};
        return Status::ok;
    }

    /// Claims a block. Its contents are anything. A user that dies before this returns owns nothing
    /// of it. Errors: no_memory, invalid_argument (alignment), busy, malformed.
    [[nodiscard]] Status
    allocate(std::uint64_t bytes, void*& block, std::uint64_t alignment = 16) noexcept {
        if (alignment > kMostAlignment || (alignment & (alignment - 1)) != 0)
            return Status::invalid_argument;
        heap::Extent extent{};
        const Status status = allocator_.claim_bytes(bytes > alignment ? bytes : alignment, extent);
        if (status != Status::ok)
            return status;
        block = data_ + extent.offset;
        allocator_.end();
        return Status::ok;
    }
    /// Frees a block, whichever user has claimed it. Errors: invalid_argument (no block in use
    /// begins there), busy.
    [[nodiscard]] Status deallocate(void* block) noexcept {
        if (block == nullptr)
            return Status::ok;
        const auto* const at = static_cast<const std::byte*>(block);
        if (!contains(at) || at < data_)
            return Status::invalid_argument;
        return allocator_.free_at(static_cast<std::uint64_t>(at - data_));
    }
    /// A new T, or null: no_memory. Not for types with virtual functions: their table is at another
    /// address in each programme. For modules, cw::Heap has make_polymorphic().
    template <class T, class... Arguments>
        requires(!std::is_polymorphic_v<T>)
    [[nodiscard]] T* make(Arguments&&... arguments) noexcept {
        static_assert(alignof(T) <= kMostAlignment);
        void* block = nullptr;
        if (allocate(sizeof(T), block, alignof(T)) != Status::ok)
            return nullptr;
        return ::new (block) T(std::forward<Arguments>(arguments)...);
    }
    /// Undoes make(). Errors: as deallocate().
    template <class T>
    Status destroy(T* object) noexcept {
        if (object == nullptr)
            return Status::ok;
        if (!contains(object))
            return Status::invalid_argument;
        void* block = object;
        if constexpr (std::is_polymorphic_v<T>)
            block = dynamic_cast<void*>(object); // it may be a part of what was made
        object->~T();
        return deallocate(block);
    }

    /// A word by which users find what others have stored. Zero at first.
    [[nodiscard]] Atomic<std::uint64_t>& root(std::uint32_t number = 0) noexcept {
        return head_->roots[number % heap::kRoots];
    }
    /// True if the address lies in the heap: for pointers that another user may have spoiled.
    [[nodiscard]] bool contains(const void* address) const noexcept {
        const auto offset =
            reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(head_);
        return offset < bytes_;
    }
    [[nodiscard]] explicit operator bool() const noexcept { return head_ != nullptr; }

    /// Ends what a dead user had half done. Requires: it is dead; one at a time for each user. A
    /// recovery that is cut off is done again.
    static void recover(void* memory, std::uint64_t bytes, std::uint32_t user) noexcept {
        if (heap::fits(memory, bytes) && user != 0 && user < kUsers)
            heap::Recovery<NativeSync, Geometry>{heap::memory_of(memory, bytes), user}.recover();
    }
    void recover(std::uint32_t user) noexcept { recover(head_, bytes_, user); }
    /// What is in use. Exact if nobody changes anything meanwhile.
    [[nodiscard]] heap::Audit audit() const noexcept {
        return heap::audit<NativeSync, Geometry>(heap::memory_of(head_, bytes_));
    }

private:
    using Allocator = heap::Allocator<NativeSync, Geometry>;

    heap::Head* head_ = nullptr;
    std::uint64_t bytes_ = 0;
    std::byte* data_ = nullptr;
    Allocator allocator_;
};

} // namespace cw
