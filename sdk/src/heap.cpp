#include <algorithm>
#include <cw/abi/layout.hpp>
#include <cw/core/text.hpp>
#include <cw/sdk/heap.hpp>
#include <new>

namespace cw::heap {

namespace {

constexpr std::uint64_t kStep = std::uint64_t{64} << 10;

constinit std::uint64_t asked = 0;     ///< The last length that is on its way to the kernel.
constinit std::uint64_t in_flight = 0; ///< Lengths that are.

BlockHeap* blocks() noexcept {
    return static_cast<BlockHeap*>(cw_module.heap);
}

std::uint64_t length() noexcept {
    return cw_module.heap_end - cw_module.heap_begin;
}

} // namespace

void* allocate(std::size_t bytes, std::size_t alignment) noexcept {
    return blocks() == nullptr ? nullptr : blocks()->allocate(bytes, alignment);
}

void release(void* memory) noexcept {
    if (memory == nullptr || (blocks() != nullptr && blocks()->release(memory)))
        return;
    Text<96> message;
    message.format("heap: {} was released and is no block in use",
                   Hex{reinterpret_cast<std::uint64_t>(memory)});
    cw_module.ops->fail(&cw_module, message.view().data(), message.view().size());
}

BlockHeap::Statistics statistics() noexcept {
    return blocks() == nullptr ? BlockHeap::Statistics{} : blocks()->statistics();
}

namespace detail {

std::uint64_t length_for(std::uint64_t bytes) noexcept {
    const std::uint64_t limit = cw_heap_limit_set_by_CW_HEAP;
    std::uint64_t least = bytes; // beyond the limit: the kernel says what is wrong with it
    if (bytes <= limit) {
        const std::uint64_t more =
            blocks() == nullptr ? bytes + BlockHeap::kLeastBytes : blocks()->missing(bytes);
        if (more == 0)
            return 0;
        // Behind what other coroutines wait for, who may use all of that. So lengths only rise
        // while one is on its way, and none takes away what the one before it brings.
        least = std::max(length(), in_flight != 0 ? asked : 0) + more;
    }
    const std::uint64_t rounded = (least + kStep - 1) / kStep * kStep;
    asked = rounded <= limit ? rounded : std::max(least, limit);
    ++in_flight;
    return asked;
}

std::uint64_t length_without_free_end() noexcept {
    if (blocks() == nullptr || in_flight != 0)
        return 0;
    const std::uint64_t end = blocks()->cut(abi::kPageSize);
    if (end == cw_module.heap_end)
        return 0;
    cw_module.heap_end = end;
    asked = length();
    ++in_flight;
    return asked;
}

void answered(const Result<memory::Stretch>& reply) noexcept {
    --in_flight;
    if (!reply || reply->bytes <= length())
        return;
    cw_module.heap_end = cw_module.heap_begin + reply->bytes;
    if (blocks() == nullptr)
        cw_module.heap =
            new (reinterpret_cast<void*>(cw_module.heap_begin)) BlockHeap{cw_module.heap_end};
    else
        blocks()->extend(cw_module.heap_end);
}

} // namespace detail

} // namespace cw::heap
