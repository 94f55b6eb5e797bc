// Keeps a list in a heap that it shares; and dies in the middle of the heap's operations.
#include "hoard.hpp"
#include <cw/modules/echo.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/shared_heap.hpp>

CW_MODULE(hoarder, {.version = {1, 0}});
CW_REQUIRE(cw::heaps::create);
CW_REQUIRE(cw::heaps::admit);
CW_REQUIRE(cw::heaps::join);
CW_REQUIRE(cw::heaps::leave);
CW_REQUIRE(cw::heaps::remove);

namespace {

using hoard::Node;

cw::Heap heap, closed;
cw::heaps::Opened place; ///< Of `heap`, for what goes around the handle.

/// The heap as an earlier instance has left it, or a new one.
cw::Task<> open() noexcept {
    if (heap)
        co_return cw::Nothing{};
    auto made = co_await cw::Heap::create(hoard::kName, hoard::kBytes, cw::heaps::kKeep);
    if (made) {
        CW_CO_CHECK(co_await made->admit("shared_heap_test"));
        CW_CO_CHECK(co_await made->admit("hoarder"));
    } else if (made.error() == cw::Status::already_exists) {
        made = co_await cw::Heap::join(hoard::kName);
    }
    if (!made)
        co_return cw::refuse(made.error());
    heap = std::move(*made);
    auto other = co_await cw::Heap::create(hoard::kPrivate, cw::heap::kLeastBytes);
    if (other)
        closed = std::move(*other);
    co_return cw::Nothing{};
}

std::uint64_t sum() noexcept {
    std::uint64_t all = 0;
    for (const Node* node = heap.root_as<Node>(); node != nullptr; node = node->next)
        all += node->value;
    return all;
}

cw::Status build() noexcept {
    for (Node* node = heap.root_as<Node>(); node != nullptr;) {
        Node* const next = node->next;
        if (const cw::Status status = heap.destroy(node); status != cw::Status::ok)
            return status;
        node = next;
    }
    heap.set_root(nullptr);
    for (std::uint64_t i = 0; i < hoard::kNodes; ++i) {
        Node* const node = heap.make<Node>(heap.root_as<Node>(), i * i);
        if (node == nullptr)
            return cw::Status::no_memory;
        heap.set_root(node);
    }
    return cw::Status::ok;
}

/// The allocator below the handle, as user `place.user`.
class Inside : public cw::heap::Allocator<cw::NativeSync, cw::heap::Geometry> {
public:
    Inside() noexcept :
        Allocator{cw::heap::memory_of(memory(), place.bytes),
                  static_cast<std::uint32_t>(place.user)} {}
    [[noreturn]] void die_claiming() noexcept {
        cw::heap::Extent extent{};
        static_cast<void>(claim_bytes(sizeof(Node), extent));
        __builtin_trap();
    }
    [[noreturn]] void die_freeing(const Node* node) noexcept {
        const std::uint64_t offset = reinterpret_cast<std::uint64_t>(node) - place.address -
                                     cw::heap::data_offset(place.bytes);
        const auto within = static_cast<std::uint32_t>(offset % cw::heap::Geometry::kChunkBytes) /
                            static_cast<std::uint32_t>(sizeof(Node));
        note({cw::heap::Op::free,
              false,
              number_ + 1,
              {static_cast<std::uint32_t>(offset / cw::heap::Geometry::kChunkBytes),
               within / cw::heap::kWordBlocks,
               within % cw::heap::kWordBlocks}});
        __builtin_trap();
    }

private:
    static void* memory() noexcept { return reinterpret_cast<void*>(place.address); }
};

cw::Task<echo::Word> answer(std::uint64_t ask) noexcept {
    switch (ask) {
    case hoard::kBuild:
        if (const cw::Status status = build(); status != cw::Status::ok)
            co_return cw::refuse(status);
        co_return echo::Word{sum()};
    case hoard::kSum:
        co_return echo::Word{sum()};
    case hoard::kTake: {
        Node* const first = heap.root_as<Node>();
        if (first == nullptr)
            co_return cw::refuse(cw::Status::end_of_data);
        const std::uint64_t value = first->value;
        heap.set_root(first->next);
        if (const cw::Status status = heap.destroy(first); status != cw::Status::ok)
            co_return cw::refuse(status);
        co_return echo::Word{value};
    }
    case hoard::kBlocks:
        co_return echo::Word{heap.audit().blocks};
    case hoard::kDisorder:
        co_return echo::Word{heap.audit().broken + heap.audit().half_done};
    case hoard::kDieClaiming:
    case hoard::kDieFreeing: {
        const Node* const first = heap.root_as<Node>();
        if (ask == hoard::kDieFreeing && first != nullptr)
            heap.set_root(first->next);
        CW_CO_CHECK(co_await heap.leave());
        cw::heaps::Which which{};
        for (std::size_t i = 0; i < hoard::kName.size(); ++i)
            which.name[i] = hoard::kName[i];
        CW_CO_TRY(again, co_await cw::heaps::join(which));
        place = again;
        if (ask == hoard::kDieClaiming)
            Inside{}.die_claiming();
        Inside{}.die_freeing(first);
    }
    default: {
        cw::heaps::Which which{};
        for (std::size_t i = 0; i < hoard::kName.size(); ++i)
            which.name[i] = hoard::kName[i];
        CW_CO_CHECK(co_await heap.leave());
        const auto removed = co_await cw::heaps::remove(which);
        co_return echo::Word{removed ? 0u : static_cast<std::uint64_t>(removed.error())};
    }
    }
}

cw::Task<echo::Word> ping(echo::Word word) noexcept {
    CW_CO_CHECK(co_await open());
    co_return co_await answer(word.value);
}

} // namespace

CW_PROVIDE(echo::ping, ping);
