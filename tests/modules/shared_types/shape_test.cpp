// Tests of types that are borrowed, from one source in every placement of maker and caller where
// the one may run the other's code; as shape_refused_test, in the kernel, where it may not.
#include "shapes.hpp"
#include <cw/modules/echo.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/shared_heap.hpp>
#include <cw/sdk/test.hpp>

#define CW_MODULE_CALLED(name, ...) CW_MODULE(name, __VA_ARGS__)
CW_MODULE_CALLED(CW_TEST_MODULE, {.version = {1, 0}});
CW_REQUIRE(echo::ping);
CW_REQUIRE(cw::heaps::join);
CW_REQUIRE(cw::heaps::leave);
CW_REQUIRE(cw::heaps::borrow_types);

using shapes::Shape;

namespace {
constexpr bool kRefused = CW_TEST_REFUSED;

cw::heaps::Name named(std::string_view text) noexcept {
    cw::heaps::Name name{};
    for (std::size_t i = 0; i < text.size(); ++i)
        name[i] = text[i];
    return name;
}
auto borrow(std::string_view heap, std::string_view module) noexcept {
    return cw::heaps::borrow_types({named(heap), named(module)});
}
} // namespace

CW_TEST(virtual_calls_run_the_functions_of_the_maker) {
    CW_EXPECT_VALUE(built, co_await echo::ping({shapes::kBuild}));
    CW_EXPECT_VALUE(heap, co_await cw::Heap::join(shapes::kHeap));
    const auto borrowed = co_await heap.borrow_types("geometer");
    if (kRefused) {
        CW_EXPECT_EQUAL(borrowed.error(), cw::Status::not_permitted);
        CW_EXPECT((co_await heap.leave()).has_value());
        co_return;
    }
    CW_EXPECT(borrowed.has_value());
    CW_EXPECT((co_await heap.borrow_types("geometer")).has_value()); // once more: nothing changes

    std::uint64_t sum = 0, count = 0;
    for (const Shape* shape = heap.root_as<Shape>(); count < shapes::kShapes; ++count) {
        CW_EXPECT(shape != nullptr);
        sum += shape->area();
        shape = shape->next;
    }
    CW_EXPECT_EQUAL(sum, built.value);

    CW_EXPECT_VALUE(before, co_await echo::ping({shapes::kSum}));
    Shape* const box = heap.root_as<Shape>();
    const std::uint64_t area = box->area();
    box->grow(1'000'000);
    CW_EXPECT_VALUE(after, co_await echo::ping({shapes::kSum}));
    CW_EXPECT(after.value > before.value);
    CW_EXPECT_EQUAL(after.value - before.value, box->area() - area);
    CW_EXPECT((co_await heap.leave()).has_value());
}

CW_TEST(refusals_say_why) {
    CW_EXPECT((co_await echo::ping({shapes::kSum})).has_value());
    CW_EXPECT_EQUAL((co_await borrow(shapes::kHeap, "geometer")).error(),
                    cw::Status::not_permitted);
    CW_EXPECT_VALUE(heap, co_await cw::Heap::join(shapes::kHeap));
    CW_EXPECT_EQUAL((co_await borrow(shapes::kHeap, "console")).error(), cw::Status::not_permitted);
    CW_EXPECT_EQUAL((co_await borrow(shapes::kHeap, "nobody")).error(), cw::Status::not_found);
    CW_EXPECT_EQUAL((co_await borrow(shapes::kHeap, "\r\n")).error(), cw::Status::not_found);
    CW_EXPECT_EQUAL((co_await borrow("shapes/none", "geometer")).error(), cw::Status::not_found);
    CW_EXPECT((co_await heap.leave()).has_value());
}
