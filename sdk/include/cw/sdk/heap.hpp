// The heap of a module, for containers: operator new and delete over a segment of its own, which
// lies at one address in every placement.
//
//     CW_MODULE(words, {.version = {1, 0}, .heap_bytes = 1 << 20}); // the most it may become
//     CW_HEAP;
//     ...
//     CW_CO_CHECK(co_await cw::heap::reserve(4096)); // before it is needed
//     lines.push_back(line);
//
// A call of the kernel makes the heap longer, and calls are awaited; operator new cannot wait. So a
// module reserves before it allocates. Where nothing is left, operator new ends the module with a
// message, and new (std::nothrow) gives null. What lives at namespace scope must not allocate in
// its constructor: the heap is empty then.
//
// Known to work: vector, string, deque, list, map, set, multimap, multiset, queue, stack,
// priority_queue, unique_ptr, function, optional, variant; with their checked accessors, which end
// the module. Not: unordered containers and shared_ptr (they need floating point, and threads),
// streams, locales, anything that throws to report.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/core/result.hpp>
#include <cw/core/service/memory.hpp>
#include <cw/core/task.hpp>
#include <cw/sdk/block_heap.hpp>

/// Defined by CW_HEAP: ModuleOptions::heap_bytes.
extern "C" [[gnu::visibility("hidden")]] const std::uint64_t cw_heap_limit_set_by_CW_HEAP;

namespace cw::heap {

/// All functions: on the module's executor or its caller's thread, that is in its gate.

/// Null if nothing of that size is free; `alignment` is a power of two.
[[nodiscard]] void* allocate(std::size_t bytes,
                             std::size_t alignment = BlockHeap::kAlignment) noexcept;
/// A null pointer is nothing to release. A pointer that is no block in use ends the module.
void release(void* memory) noexcept;
/// All zero before the first reserve().
[[nodiscard]] BlockHeap::Statistics statistics() noexcept;

namespace detail {
/// The length to ask the kernel for so that `bytes` are free in one piece; 0 if they are.
[[nodiscard]] std::uint64_t length_for(std::uint64_t bytes) noexcept;
/// The same to give back what is free at the end; 0 if that is nothing. It is not used any more.
[[nodiscard]] std::uint64_t length_without_free_end() noexcept;
/// What the kernel answered to such a length.
void answered(const Result<memory::Stretch>& reply) noexcept;
} // namespace detail

/// Makes sure that `bytes` can be allocated in one piece. Many small pieces need 16 bytes each on
/// top. The heap grows in steps of 64 KiB or more, so most calls are answered without the kernel.
/// Errors: those of memory.grow: out_of_range (beyond heap_bytes), no_memory.
/// (A template so that only modules that call it need the requirement.)
template <class M = memory::grow_method>
Task<> reserve(std::uint64_t bytes) noexcept {
    const std::uint64_t length = detail::length_for(bytes);
    if (length == 0)
        co_return Nothing{};
    const auto reply = co_await Method<M>{}({cw_module.id, length});
    detail::answered(reply);
    if (!reply)
        co_return refuse(reply.error());
    co_return Nothing{};
}

/// Gives whole free pages at the end of the heap back to the kernel.
template <class M = memory::grow_method>
Task<> trim() noexcept {
    const std::uint64_t length = detail::length_without_free_end();
    if (length == 0)
        co_return Nothing{};
    const auto reply = co_await Method<M>{}({cw_module.id, length});
    detail::answered(reply);
    if (!reply)
        co_return refuse(reply.error());
    co_return Nothing{};
}

} // namespace cw::heap

/// Behind CW_MODULE, in its file: the module has a heap. Requires: heap_bytes in its options; not
/// `concurrent`, for nothing else guards the heap.
#define CW_HEAP                                                                                    \
    static_assert(kCwModuleOptions.heap_bytes >= ::cw::BlockHeap::kLeastBytes,                     \
                  "CW_HEAP: say in CW_MODULE how large the heap may become: .heap_bytes");         \
    static_assert(!kCwModuleOptions.concurrent,                                                    \
                  "CW_HEAP: handlers of a concurrent module would use the heap at the same time"); \
    extern "C" constinit const std::uint64_t cw_heap_limit_set_by_CW_HEAP =                        \
        kCwModuleOptions.heap_bytes;                                                               \
    CW_REQUIRE(::cw::memory::grow)
