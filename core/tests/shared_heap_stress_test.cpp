// Users of a shared heap at the same time: each block is one thread's or one process's, whoever
// frees it; and processes that are killed wherever they are cost nobody anything.
#include "heap_memory.hpp"
#include "processes.hpp"

#include <atomic>
#include <cstring>
#include <random>
#include <thread>

namespace cw::test {
namespace {

constexpr std::uint32_t kPlaces = 64;

/// Blocks on their way from one user to another, who frees them.
struct Exchange {
    std::atomic<std::uint64_t*> places[kPlaces]{};
};

/// Claims blocks, fills them, leaves them for others, and frees what others have left.
bool trade(SharedHeap& heap, Exchange& exchange, std::uint32_t user, std::uint64_t times) {
    std::minstd_rand random{user};
    for (std::uint64_t time = 0; time < times; ++time) {
        const std::uint64_t words = 2 + (random() % 64 == 0 ? random() % 20'000 : random() % 30);
        void* block = nullptr;
        std::uint64_t* fresh = nullptr;
        if (heap.allocate(words * 8, block) == Status::ok) {
            fresh = static_cast<std::uint64_t*>(block);
            fresh[0] = words;
            for (std::uint64_t i = 1; i < words; ++i)
                fresh[i] = user * times + time;
        }
        std::uint64_t* const old = exchange.places[random() % kPlaces].exchange(fresh);
        if (old == nullptr)
            continue;
        for (std::uint64_t i = 1; i < old[0]; ++i) {
            if (old[i] != old[1])
                return false;
        }
        if (heap.deallocate(old) != Status::ok)
            return false;
    }
    return true;
}

TEST(SharedHeapStress, threads_free_what_others_have_claimed) {
    HeapMemory memory{heap::bytes_for(40)};
    Exchange exchange;
    constexpr std::uint32_t kThreads = 4;
    std::atomic<std::uint32_t> right{0};
    std::vector<std::thread> threads;
    for (std::uint32_t user = 1; user <= kThreads; ++user) {
        threads.emplace_back([&, user] {
            SharedHeap heap = memory.user(user);
            right += trade(heap, exchange, user, CW_TEST_CALLS / 10) ? 1u : 0u;
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(right, kThreads);
    SharedHeap heap = memory.user(5);
    for (auto& place : exchange.places)
        EXPECT_EQ(heap.deallocate(place.load()), Status::ok);
    const heap::Audit left = memory.audit();
    EXPECT_EQ(left.blocks, 0u);
    EXPECT_EQ(left.half_done, 0u);
    EXPECT_EQ(left.broken, 0u);
}

/// A process that claims and frees until it is killed, while this one goes on.
TEST(SharedHeapStress, killed_processes_leave_a_heap_in_order) {
    HeapMemory memory{heap::bytes_for(12)};
    SharedMemory<Exchange> exchange;
    SharedHeap heap = memory.user(2);
    for (std::uint32_t kills = 0; kills < 40; ++kills) {
        std::uint64_t held = 0;
        {
            KilledChild child{[&](std::atomic<std::uint64_t>& progress) {
                SharedHeap its = memory.user(1);
                for (std::uint32_t round = 1;; ++round) {
                    void* blocks[16]{};
                    for (std::uint64_t i = 0; i < 16; ++i)
                        static_cast<void>(its.allocate(i * i * i * (round % 40), blocks[i]));
                    for (void* block : blocks)
                        static_cast<void>(its.deallocate(block));
                    if (round > kills)
                        progress = round;
                }
            }};
            ASSERT_TRUE(trade(heap, *exchange, 2, 2000));
        }
        memory.recover(1);
        const heap::Audit left = memory.audit();
        ASSERT_EQ(left.half_done, 0u);
        ASSERT_EQ(left.broken, 0u);
        for (auto& place : exchange->places)
            held += place.load() != nullptr ? 1 : 0;
        // It may have had sixteen blocks in its hands each time, which are its own.
        ASSERT_GE(left.blocks, held);
        ASSERT_LE(left.blocks, held + 16u * (kills + 1));
        if (left.blocks > held + 200) { // that leaves no room: begin anew
            std::memset(
                memory.begin() + sizeof(SharedHeader), 0, memory.bytes() - sizeof(SharedHeader));
            for (auto& place : exchange->places)
                place = nullptr;
            heap = memory.user(2);
        }
    }
}

} // namespace
} // namespace cw::test
