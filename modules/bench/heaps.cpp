#include "heaps.hpp"
#include "measure.hpp"
#include <cw/sdk/arch/raw_calls.hpp>
#include <cw/sdk/shared_heap.hpp>
#include <cw/sdk/use.hpp>

CW_USES(cw::heaps::create);
CW_USES(cw::heaps::leave);

namespace bench {

cw::Task<> measure_heaps() noexcept {
    struct Node {
        Node* next;
    };
    constexpr std::uint64_t kNodes = 1000;
    CW_CO_TRY(heap, co_await cw::Heap::create("bench", std::uint64_t{1} << 20));
    Node* list = nullptr;
    for (std::uint64_t i = 0; i < kNodes; ++i) {
        Node* const node = heap.make<Node>();
        if (node == nullptr)
            co_return cw::refuse(cw::Status::no_memory);
        node->next = list;
        list = node;
    }
    const std::uint64_t base = overhead();
    bool wrong = false;
    for (int i = 0; i < kRepeats; ++i) {
        std::uint64_t hops = 0;
        const std::uint64_t before = cw::raw::instructions();
        for (const Node* node = list; node != nullptr; node = node->next)
            ++hops;
        figure.add((cw::raw::instructions() - before - base) / kNodes);
        wrong |= hops != kNodes;
    }
    CW_CO_CHECK(co_await heap.leave());
    if (wrong)
        co_return cw::refuse(cw::Status::refused);
    co_return co_await report("heap.hop", "instructions");
}

} // namespace bench
