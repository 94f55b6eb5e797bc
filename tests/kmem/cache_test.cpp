// Both caches under the same requests: objects are distinct, aligned and within their pages, what
// is freed is used again, and the counts are exact.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <cw/nucleus/cache.hpp>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <vector>

using namespace cw::kernel;

namespace {

/// Pages of the heap, as many as are allowed; all that is not given back is freed with it.
class HeapPages {
public:
    explicit HeapPages(std::uint64_t most = ~std::uint64_t{0}) : left_{most} {}
    HeapPages(const HeapPages&) = delete;
    HeapPages& operator=(const HeapPages&) = delete;
    ~HeapPages() {
        for (const auto& [block, order] : blocks_)
            std::free(block);
    }
    void* take(unsigned order) {
        if (left_ < std::uint64_t{1} << order)
            return nullptr;
        left_ -= std::uint64_t{1} << order;
        void* const block = std::aligned_alloc(kPage << order, kPage << order);
        std::memset(block, 0xa5, kPage << order); // whoever wants zeroes must not get them by luck
        blocks_[block] = order;
        return block;
    }
    void give(void* block, unsigned order) {
        EXPECT_EQ(blocks_.at(block), order);
        left_ += std::uint64_t{1} << order;
        blocks_.erase(block);
        std::free(block);
    }
    [[nodiscard]] std::uint64_t pages() const {
        std::uint64_t pages = 0;
        for (const auto& [block, order] : blocks_)
            pages += std::uint64_t{1} << order;
        return pages;
    }
    [[nodiscard]] bool holds(const void* object, std::size_t bytes) const {
        auto block = blocks_.upper_bound(const_cast<void*>(object));
        if (block == blocks_.begin())
            return false;
        --block;
        const auto* begin = static_cast<const std::byte*>(block->first);
        return static_cast<const std::byte*>(object) + bytes <= begin + (kPage << block->second);
    }

private:
    std::map<void*, unsigned> blocks_;
    std::uint64_t left_;
};

template <class T>
class Cache : public testing::Test {};
using Policies = testing::Types<FreeListCache, BitmapCache>;
TYPED_TEST_SUITE(Cache, Policies);

constexpr std::size_t kSizes[] = {16, 48, 112, 496, 512, 600, 2048, 3072, 4096, 5864, 40'000};

/// Of objects of that size, whatever they are.
std::size_t alignment_of(std::size_t bytes) {
    return std::min<std::size_t>(bytes & (~bytes + 1), 16);
}

/// Each object is filled with its number: whoever overlaps destroys it.
struct Object {
    unsigned char* memory;
    unsigned char number;
};
bool is_whole(const Object& object, std::size_t bytes) {
    return std::all_of(object.memory, object.memory + bytes, [&](unsigned char byte) {
        return byte == object.number;
    });
}

} // namespace

TYPED_TEST(Cache, gives_objects_that_do_not_overlap) {
    std::minstd_rand random{1};
    for (const std::size_t bytes : kSizes) {
        HeapPages pages;
        TypeParam cache{bytes};
        std::vector<Object> objects;
        for (int step = 0; step < 1500; ++step) {
            if (objects.empty() || random() % 5 < 3) {
                void* const memory = cache.allocate(pages);
                ASSERT_NE(memory, nullptr);
                ASSERT_TRUE(pages.holds(memory, bytes));
                ASSERT_EQ(reinterpret_cast<std::uintptr_t>(memory) % alignment_of(bytes), 0u);
                const Object object{static_cast<unsigned char*>(memory),
                                    static_cast<unsigned char>(step)};
                std::memset(object.memory, object.number, bytes);
                objects.push_back(object);
            } else {
                std::swap(objects[random() % objects.size()], objects.back());
                ASSERT_TRUE(is_whole(objects.back(), bytes)) << bytes;
                cache.release(objects.back().memory, pages);
                objects.pop_back();
            }
            ASSERT_EQ(cache.counts().live, objects.size());
            ASSERT_EQ(cache.counts().pages, pages.pages());
            ASSERT_LE(cache.counts().pages, cache.counts().peak_pages);
        }
        for (const Object& object : objects)
            ASSERT_TRUE(is_whole(object, bytes)) << bytes;
    }
}

TYPED_TEST(Cache, uses_freed_objects_before_new_pages) {
    for (const std::size_t bytes : kSizes) {
        HeapPages pages;
        TypeParam cache{bytes};
        std::vector<void*> objects;
        for (int i = 0; i < 100; ++i)
            objects.push_back(cache.allocate(pages));
        const std::uint64_t peak = cache.counts().peak_pages;
        for (std::size_t round = 0; round < 10; ++round) {
            for (std::size_t i = round % 2; i < objects.size(); i += 2)
                cache.release(objects[i], pages);
            for (std::size_t i = round % 2; i < objects.size(); i += 2)
                objects[i] = cache.allocate(pages);
        }
        EXPECT_EQ(cache.counts().peak_pages, peak) << bytes;
    }
}

TYPED_TEST(Cache, says_when_there_are_no_pages_and_goes_on_when_something_is_freed) {
    HeapPages pages{8};
    TypeParam cache{112};
    std::vector<void*> objects;
    while (void* const object = cache.allocate(pages))
        objects.push_back(object);
    EXPECT_EQ(cache.counts().pages, 8u);
    EXPECT_EQ(cache.counts().live, objects.size());
    EXPECT_EQ(cache.allocate(pages), nullptr);
    cache.release(objects[5], pages);
    EXPECT_EQ(cache.allocate(pages), objects[5]);
    EXPECT_EQ(cache.allocate(pages), nullptr);
}

TEST(CachePolicies, differ_in_what_they_give_back) {
    HeapPages pages;
    FreeListCache list{112};
    BitmapCache map{112};
    std::vector<void*> of_list, of_map;
    for (int i = 0; i < 1000; ++i) {
        of_list.push_back(list.allocate(pages));
        of_map.push_back(map.allocate(pages));
    }
    for (void* object : of_list)
        list.release(object, pages);
    for (void* object : of_map)
        map.release(object, pages);
    EXPECT_EQ(list.counts().pages, list.counts().peak_pages);
    EXPECT_EQ(map.counts().pages, 1u); // the one that it keeps
    EXPECT_GT(map.counts().peak_pages, 20u);
}
