// Calls the virtual functions of shapes that another module has made, by the number it is given.
#include "shapes.hpp"
#include <cw/modules/echo.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/shared_heap.hpp>

CW_MODULE(shape_user, {.version = {1, 0}});
CW_REQUIRE(cw::heaps::join);
CW_REQUIRE(cw::heaps::borrow_types);
CW_REQUIRE(echo::ping, cw::abi::kMethodOptional);

namespace {

using shapes::Shape;

cw::Heap heap;

std::uint64_t areas() noexcept {
    std::uint64_t all = 0;
    for (const Shape* shape = heap.root_as<Shape>(); shape != nullptr; shape = shape->next)
        all += shape->area();
    return all;
}

std::uint64_t destroy_all() noexcept {
    std::uint64_t count = 0;
    for (Shape* shape = heap.root_as<Shape>(); shape != nullptr; ++count) {
        Shape* const next = shape->next;
        if (heap.destroy(shape) != cw::Status::ok)
            return ~std::uint64_t{0};
        shape = next;
    }
    heap.set_root(nullptr);
    return heap.audit().blocks == 0 ? count : ~std::uint64_t{0};
}

cw::Task<echo::Word> obey(echo::Word order) noexcept {
    switch (order.value) {
    case shapes::kJoin: {
        CW_CO_TRY(joined, co_await cw::Heap::join(shapes::kHeap));
        heap = std::move(joined);
        co_return echo::Word{0};
    }
    case shapes::kBorrow:
        CW_CO_CHECK(co_await heap.borrow_types("geometer"));
        co_return echo::Word{0};
    case shapes::kAreas:
        co_return echo::Word{areas()};
    case shapes::kCountOne:
        co_return echo::Word{heap.root_as<Shape>()->count()};
    case shapes::kCrashOne:
        co_return echo::Word{heap.root_as<Shape>()->crash()};
    case shapes::kDestroy:
        co_return echo::Word{destroy_all()};
    case shapes::kCall: {
        CW_CO_TRY(word, co_await echo::ping({shapes::kDie}));
        co_return word;
    }
    default:
        CW_CO_CHECK(co_await heap.borrow_types("geometer_flat"));
        co_return echo::Word{0};
    }
}

} // namespace

CW_PROVIDE(echo::late, obey);
