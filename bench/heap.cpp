// The shared heap: what a step along a list costs, and a block, beside Boost.Interprocess, whose
// pointers are offsets, and beside malloc within a process.
#include "harness.hpp"

#include <algorithm>
#include <boost/interprocess/offset_ptr.hpp>
#include <cstdlib>
#include <cw/core/shared_heap.hpp>
#include <random>
#include <vector>

namespace {

constexpr std::uint32_t kNodes = 1024; ///< They fit into any first-level cache.
constexpr std::uint64_t kHops = 262'144, kBlocks = 100'000;
constexpr std::uint64_t kBytes = std::uint64_t{64} << 20;

cw::SharedHeap make_heap() {
    void* const memory = bench::shared_memory(kBytes);
    bench::check(cw::SharedHeap::initialise(memory, kBytes) == cw::Status::ok, "a heap");
    cw::SharedHeap heap;
    bench::check(cw::SharedHeap::attach(memory, kBytes, 1, heap) == cw::Status::ok, "its user");
    return heap;
}

struct RawNode {
    RawNode* next;
};
struct OffsetNode {
    boost::interprocess::offset_ptr<OffsetNode> next;
};

/// A list in a circle, in no order.
template <class Node>
Node* make_circle(cw::SharedHeap& heap) {
    std::vector<Node*> nodes(kNodes);
    for (Node*& node : nodes)
        bench::check((node = heap.make<Node>()) != nullptr, "a node");
    std::ranges::shuffle(nodes, std::minstd_rand{1});
    for (std::uint32_t i = 0; i < kNodes; ++i)
        nodes[i]->next = nodes[(i + 1) % kNodes];
    return nodes[0];
}
template <class Node>
void hop(std::string_view name) {
    cw::SharedHeap heap = make_heap();
    Node* const circle = make_circle<Node>(heap);
    bench::measure(name, kHops, [&] {
        Node* node = circle;
        for (std::uint64_t i = 0; i < kHops; ++i)
            node = &*node->next;
        bench::use(node);
    });
}

/// As many blocks of one size as are freed after them, in the order in which they came.
template <class Allocate, class Free>
void blocks(std::string_view name, Allocate&& allocate, Free&& free_block) {
    std::vector<void*> all(kBlocks);
    bench::measure(name, kBlocks, [&] {
        for (void*& block : all)
            block = allocate();
        for (void* block : all)
            free_block(block);
    });
}

constexpr bench::Measurement kMeasurements[] = {
    {"heap.hop",
     [](const bench::Cpus& cpus) {
         bench::pin(cpus.first);
         hop<RawNode>("heap.hop");
     }},
    {"boost.offset_hop",
     [](const bench::Cpus& cpus) {
         bench::pin(cpus.first);
         hop<OffsetNode>("boost.offset_hop");
     }},
    {"heap.block48B",
     [](const bench::Cpus& cpus) {
         bench::pin(cpus.first);
         cw::SharedHeap heap = make_heap();
         blocks(
             "heap.block48B",
             [&] {
                 void* block = nullptr;
                 bench::check(heap.allocate(48, block) == cw::Status::ok, "a block");
                 return block;
             },
             [&](void* block) {
                 bench::check(heap.deallocate(block) == cw::Status::ok, "its end");
             });
     }},
    {"malloc.block48B",
     [](const bench::Cpus& cpus) {
         bench::pin(cpus.first);
         blocks(
             "malloc.block48B",
             [] {
                 void* const block = std::malloc(48);
                 bench::use(block);
                 return block;
             },
             [](void* block) { std::free(block); });
     }},
};

} // namespace

int main(int count, char** arguments) {
    return bench::run(count, arguments, kMeasurements);
}
