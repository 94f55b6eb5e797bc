// Makes shapes in a shared heap. Only its virtual functions know what they are.
#include "shapes.hpp"
#include <array>
#include <cw/modules/echo.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/shared_heap.hpp>

#define CW_MODULE_CALLED(name, ...) CW_MODULE(name, __VA_ARGS__)
CW_MODULE_CALLED(CW_TEST_MODULE, {.version = {1, 0}});
CW_REQUIRE(cw::heaps::create);
CW_REQUIRE(cw::heaps::join);

namespace {

using shapes::Shape;

cw::Heap heap;
std::uint64_t made = 0;

/// A variable that is really written.
volatile std::uint64_t counted = 0;
std::uint64_t count_one() noexcept {
    counted = counted + 1;
    return counted;
}

/// Constants of the module, read by an index that the compiler does not know.
constexpr std::array<std::uint64_t, 8> kSquares = {0, 1, 4, 9, 16, 25, 36, 49};

class Square final : public Shape {
public:
    explicit Square(std::uint64_t side) noexcept : side_{side} {}
    [[nodiscard]] std::uint64_t area() const noexcept override {
        return kSquares[side_ % kSquares.size()];
    }
    void grow(std::uint64_t by) noexcept override { side_ += by; }
    std::uint64_t count() const noexcept override { return count_one(); }
    std::uint64_t crash() const noexcept override { __builtin_trap(); }

private:
    std::uint64_t side_;
};

/// What is in front of the Shape in a Box, so that a pointer to that does not point to the block.
class Named {
public:
    Named() noexcept = default;
    Named(const Named&) = delete;
    Named& operator=(const Named&) = delete;
    [[nodiscard]] virtual std::uint64_t name() const noexcept = 0;

protected:
    ~Named() = default;
};

class Box final : public Named, public Shape {
public:
    Box(std::uint64_t width, std::uint64_t height) noexcept : width_{width}, height_{height} {}
    [[nodiscard]] std::uint64_t name() const noexcept override { return width_ ^ height_; }
    [[nodiscard]] std::uint64_t area() const noexcept override { return width_ * height_; }
    void grow(std::uint64_t by) noexcept override { width_ += by; }
    std::uint64_t count() const noexcept override { return count_one(); }
    std::uint64_t crash() const noexcept override { __builtin_trap(); }

private:
    std::uint64_t width_, height_;
};

/// The heap, which is there as long as anybody uses it.
cw::Task<> open() noexcept {
    if (heap)
        co_return cw::Nothing{};
    auto opened = co_await cw::Heap::create(shapes::kHeap, shapes::kBytes, cw::heaps::kAnybody);
    if (!opened && opened.error() == cw::Status::already_exists)
        opened = co_await cw::Heap::join(shapes::kHeap);
    if (!opened)
        co_return cw::refuse(opened.error());
    heap = std::move(*opened);
    co_return cw::Nothing{};
}

/// Of the first `count` of the list.
std::uint64_t sum(std::uint64_t count) noexcept {
    std::uint64_t all = 0;
    for (const Shape* shape = heap.root_as<Shape>(); shape != nullptr && count != 0; --count) {
        all += shape->area();
        shape = shape->next;
    }
    return all;
}

cw::Status build() noexcept {
    for (std::uint64_t i = 0; i < shapes::kShapes; ++i) {
        Shape* const shape = i % 2 == 0 ? static_cast<Shape*>(heap.make_polymorphic<Square>(i))
                                        : static_cast<Shape*>(heap.make_polymorphic<Box>(i, i + 1));
        if (shape == nullptr)
            return cw::Status::no_memory;
        shape->next = heap.root_as<Shape>();
        heap.set_root(shape);
        ++made;
    }
    return cw::Status::ok;
}

cw::Task<echo::Word> answer(echo::Word ask) noexcept {
    CW_CO_CHECK(co_await open());
    switch (ask.value) {
    case shapes::kBuild:
        if (const cw::Status status = build(); status != cw::Status::ok)
            co_return cw::refuse(status);
        co_return echo::Word{sum(shapes::kShapes)};
    case shapes::kSum:
        co_return echo::Word{sum(made)};
    case shapes::kCount:
        co_return echo::Word{counted};
    case shapes::kCrash:
        co_return echo::Word{heap.root_as<Shape>()->crash()};
    default:
        __builtin_trap();
    }
}

} // namespace

CW_PROVIDE(echo::ping, answer);
