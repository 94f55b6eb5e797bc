// Tests of heaps that modules share, from one source in every placement of either.
#include "hoard.hpp"
#include <cw/modules/echo.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/shared_heap.hpp>
#include <cw/sdk/test.hpp>

CW_MODULE(shared_heap_test, {.version = {1, 0}});
CW_REQUIRE(echo::ping);
CW_REQUIRE(cw::heaps::create);
CW_REQUIRE(cw::heaps::admit);
CW_REQUIRE(cw::heaps::join);
CW_REQUIRE(cw::heaps::leave);
CW_REQUIRE(cw::heaps::remove);

using hoard::Node;

namespace {
cw::heaps::Which named(std::string_view name) noexcept {
    cw::heaps::Which which{};
    for (std::size_t i = 0; i < name.size(); ++i)
        which.name[i] = name[i];
    return which;
}
} // namespace

CW_TEST(a_list_is_walked_by_the_pointers_of_its_maker) {
    CW_EXPECT_VALUE(built, co_await echo::ping({hoard::kBuild}));
    CW_EXPECT_VALUE(heap, co_await cw::Heap::join(hoard::kName));
    std::uint64_t sum = 0, nodes = 0;
    for (const Node* node = heap.root_as<Node>(); node != nullptr; node = node->next) {
        CW_EXPECT(heap.contains(node));
        sum += node->value;
        ++nodes;
    }
    CW_EXPECT_EQUAL(nodes, hoard::kNodes);
    CW_EXPECT_EQUAL(sum, built.value);
    CW_EXPECT((co_await heap.leave()).has_value());
}

CW_TEST(what_one_makes_the_other_changes_and_frees) {
    CW_EXPECT_VALUE(built, co_await echo::ping({hoard::kBuild}));
    CW_EXPECT_VALUE(heap, co_await cw::Heap::join(hoard::kName));
    const std::uint64_t blocks = heap.audit().blocks;
    for (std::uint64_t value = 1; value <= 1000; ++value) {
        Node* const node = heap.make<Node>(heap.root_as<Node>(), value);
        CW_EXPECT(node != nullptr);
        heap.set_root(node);
    }
    CW_EXPECT_VALUE(sum, co_await echo::ping({hoard::kSum}));
    CW_EXPECT_EQUAL(sum.value, built.value + 500'500);
    CW_EXPECT_VALUE(taken, co_await echo::ping({hoard::kTake}));
    CW_EXPECT_EQUAL(taken.value, 1000u);
    for (std::uint64_t value = 999; value >= 1; --value) {
        Node* const node = heap.root_as<Node>();
        CW_EXPECT(node != nullptr && node->value == value);
        heap.set_root(node->next);
        CW_EXPECT(heap.destroy(node) == cw::Status::ok);
        CW_EXPECT(heap.deallocate(node) == cw::Status::invalid_argument);
    }
    CW_EXPECT_EQUAL(heap.audit().blocks, blocks);
    CW_EXPECT_EQUAL(heap.audit().broken + heap.audit().half_done, 0u);
    CW_EXPECT((co_await heap.leave()).has_value());
}

CW_TEST(a_heap_that_is_full_says_so) {
    CW_EXPECT_VALUE(heap, co_await cw::Heap::create("mine", 300'000));
    std::uint64_t got = 0;
    auto block = heap.allocate(1000);
    for (; block; block = heap.allocate(1000))
        ++got;
    CW_EXPECT(block.error() == cw::Status::no_memory);
    CW_EXPECT(got >= 192 && got <= 300);
    CW_EXPECT_EQUAL((co_await heap.leave()).has_value(), true);
    CW_EXPECT_EQUAL((co_await cw::heaps::join(named("mine"))).error(), cw::Status::not_found);
}

CW_TEST(heaps_run_out_and_come_back) {
    cw::heaps::Which which = named("many/00");
    CW_EXPECT_EQUAL((co_await cw::heaps::create({which.name, cw::heaps::kMostBytes, 0, 0})).error(),
                    cw::Status::no_memory);
    const auto number = [&which](std::uint32_t value) {
        which.name[5] = static_cast<char>('0' + value / 10);
        which.name[6] = static_cast<char>('0' + value % 10);
        return which;
    };
    std::uint32_t made = 0;
    cw::Status status = cw::Status::ok;
    while (status == cw::Status::ok) {
        const auto opened =
            co_await cw::heaps::create({number(made).name, cw::heap::kLeastBytes, 0, 0});
        status = opened ? cw::Status::ok : opened.error();
        made += opened ? 1 : 0;
    }
    CW_EXPECT_EQUAL(status, cw::Status::no_resource);
    CW_EXPECT(made >= 60 && made <= 64);
    for (std::uint32_t i = 0; i < made; ++i)
        CW_EXPECT((co_await cw::heaps::leave(number(i))).has_value());
}

CW_TEST(refusals_say_why) {
    CW_EXPECT((co_await echo::ping({hoard::kBuild})).has_value());
    CW_EXPECT_EQUAL((co_await cw::heaps::join(named("hoard/nothing"))).error(),
                    cw::Status::not_found);
    CW_EXPECT_EQUAL((co_await cw::heaps::join(named(""))).error(), cw::Status::not_found);
    CW_EXPECT_EQUAL((co_await cw::heaps::join(named(hoard::kPrivate))).error(),
                    cw::Status::not_permitted);
    CW_EXPECT_EQUAL((co_await cw::heaps::remove(named(hoard::kPrivate))).error(),
                    cw::Status::not_permitted);
    CW_EXPECT_EQUAL((co_await cw::heaps::leave(named(hoard::kName))).error(),
                    cw::Status::not_found);
    CW_EXPECT_EQUAL(
        (co_await cw::heaps::admit({named(hoard::kName).name, named("shell").name})).error(),
        cw::Status::not_permitted);
    CW_EXPECT_EQUAL((co_await cw::heaps::remove(named(hoard::kName))).error(), cw::Status::busy);
    const auto made = [](std::string_view name, std::uint64_t bytes, std::uint32_t flags) {
        return cw::heaps::create({named(name).name, bytes, flags, 0});
    };
    CW_EXPECT_EQUAL((co_await made(hoard::kName, hoard::kBytes, 0)).error(),
                    cw::Status::already_exists);
    CW_EXPECT_EQUAL((co_await made("small", 4096, 0)).error(), cw::Status::invalid_argument);
    CW_EXPECT_EQUAL((co_await made("large", 1ull << 40, 0)).error(), cw::Status::invalid_argument);
    CW_EXPECT_EQUAL((co_await made("flags", 1 << 20, 4)).error(), cw::Status::invalid_argument);
    CW_EXPECT_EQUAL((co_await made("a name", 1 << 20, 0)).error(), cw::Status::invalid_argument);
    CW_EXPECT_EQUAL(
        (co_await cw::Heap::create("a/name/that/is/too/long/to/be/one", 1 << 20)).error(),
        cw::Status::invalid_argument);
    CW_EXPECT_VALUE(heap, co_await cw::Heap::join(hoard::kName));
    CW_EXPECT_EQUAL((co_await cw::heaps::join(named(hoard::kName))).error(),
                    cw::Status::already_exists);
    CW_EXPECT((co_await heap.leave()).has_value());
}
