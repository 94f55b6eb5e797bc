// Control cells by themselves: values as bits, limits, and what owner and holder say to each other.
#include <gtest/gtest.h>

#include <array>
#include <cw/core/cells/cell.hpp>
#include <cw/core/cells/move.hpp>
#include <cw/core/cells/wide.hpp>
#include <limits>

namespace subjects {
enum class Colour : std::uint8_t { red = 1, green = 2, blue = 3 };
struct Pair {
    std::int16_t x;
    std::int16_t y;
};
struct WithBool {
    bool on;
    std::uint8_t level;
};
struct Padded {
    std::uint8_t small;
    std::uint32_t large;
};
} // namespace subjects

namespace cw::cells {
namespace {

using subjects::Colour;
using subjects::Padded;
using subjects::Pair;
using subjects::WithBool;

static_assert(Cellular<Colour> && Cellular<Pair> && Cellular<bool> && Cellular<std::int64_t>);
static_assert(!Cellular<WithBool>, "a client may write bits that are no bool");
static_assert(!Cellular<Padded> && !Cellular<std::array<std::uint64_t, 2>>);

template <class T>
struct Subject {
    Entry entry;
    Line line;
    Echo echo;
    Cell<T> cell{entry, echo};

    Subject(T min, T max) {
        entry.min = encode(min);
        entry.max = encode(max);
    }
    Handle<T> open(std::uint64_t epoch, T value) {
        const auto address = reinterpret_cast<std::uint64_t>(&line);
        move_to<NativeSync>(entry, line, address, encode(value), epoch, State::held);
        return Handle<T>{line, entry, echo, epoch};
    }
    void close(std::uint64_t epoch, State state) {
        const auto address = reinterpret_cast<std::uint64_t>(&entry.rest);
        move_to<NativeSync>(
            entry, entry.rest, address, line.value.load(Order::relaxed), epoch, state);
    }
};

template <class T>
void goes_there_and_back(std::initializer_list<T> values) {
    for (const T value : values)
        EXPECT_EQ(decode<T>(encode(value)), value);
}

TEST(CellValue, bits_are_the_value_and_nothing_else) {
    goes_there_and_back<std::int8_t>({-128, -1, 0, 127});
    goes_there_and_back<std::int64_t>({std::numeric_limits<std::int64_t>::min(), -1, 0});
    goes_there_and_back<std::uint64_t>({0, ~std::uint64_t{0}});
    goes_there_and_back<Colour>({Colour::red, Colour::blue});
    goes_there_and_back<bool>({false, true});
    EXPECT_EQ(encode(std::int8_t{-1}), 0xffu);
    // What stands in the other bits is nobody's business.
    EXPECT_EQ(decode<std::int8_t>(0xdead'beef'0000'00ff), -1);
    EXPECT_TRUE(decode<bool>(0x80));
    EXPECT_FALSE(decode<bool>(0x100));
    const Pair pair = decode<Pair>(encode(Pair{-3, 4}));
    EXPECT_EQ(pair.x, -3);
    EXPECT_EQ(pair.y, 4);
}

TEST(Cell, clamps_and_counts) {
    Subject<std::int32_t> subject{-10, 10};
    auto handle = subject.open(1, 0);
    for (const std::int32_t value : {-10, 0, 10}) {
        handle.store(value);
        EXPECT_EQ(subject.cell.load(), value);
    }
    EXPECT_EQ(subject.cell.rejects(), 0u);
    handle.store(11);
    EXPECT_EQ(subject.cell.load(), 10);
    handle.store(std::numeric_limits<std::int32_t>::min());
    EXPECT_EQ(subject.cell.load_acquire(), -10);
    EXPECT_EQ(subject.cell.rejects(), 2u);
    EXPECT_EQ(handle.rejects(), 2u);
}

TEST(Cell, limits_of_an_enum_are_limits) {
    Subject<Colour> subject{Colour::red, Colour::blue};
    auto handle = subject.open(1, Colour::green);
    EXPECT_EQ(subject.cell.load(), Colour::green);
    handle.store(static_cast<Colour>(200));
    EXPECT_EQ(subject.cell.load(), Colour::blue);
}

TEST(Cell, a_holder_is_told_what_was_applied_since_it_is_one) {
    Subject<std::uint64_t> subject{0, 100};
    auto first = subject.open(1, 5);
    EXPECT_EQ(first.applied().error(), Status::not_ready);
    subject.cell.applied(subject.cell.sample());
    EXPECT_EQ(first.applied().value(), 5u);
    first.store(500);
    EXPECT_EQ(first.applied().value(), 5u);
    subject.cell.applied(subject.cell.sample());
    EXPECT_EQ(first.applied().value(), 100u); // not what it stored
    subject.close(2, State::rests);
    EXPECT_EQ(first.state(), Hold::lost);
    auto second = subject.open(3, 7);
    EXPECT_EQ(first.state(), Hold::lost);
    EXPECT_EQ(second.state(), Hold::held);
    EXPECT_EQ(second.applied().error(), Status::not_ready);
    subject.cell.applied(subject.cell.sample());
    EXPECT_EQ(second.applied().value(), 7u);
    EXPECT_EQ(first.applied().error(), Status::not_ready);
    subject.close(4, State::gone);
    EXPECT_EQ(second.state(), Hold::gone);
    EXPECT_EQ(first.state(), Hold::gone);
    EXPECT_EQ(Handle<std::uint64_t>{}.state(), Hold::gone); // never opened
}

TEST(WideCell, keeps_the_last_good_value) {
    using Value = std::array<std::uint64_t, 3>;
    Entry entry;
    Echo echo;
    WideLine wide{};
    const WideCell<Value> cell{entry, echo};
    move_to<NativeSync>(
        entry, wide.line, reinterpret_cast<std::uint64_t>(&wide), 0, 1, State::held);
    WideHandle<Value> handle{wide.line, entry, echo, 1};
    const auto sane = [](const Value& value) { return value[0] < 10; };
    Value now{1, 2, 3};
    EXPECT_FALSE(cell.load(now)); // there is none
    handle.store({4, 5, 6});
    EXPECT_TRUE(cell.apply(now, sane));
    EXPECT_EQ(now, (Value{4, 5, 6}));
    EXPECT_TRUE(handle.effective());
    handle.store({40, 5, 6});
    EXPECT_FALSE(handle.effective());
    EXPECT_FALSE(cell.apply(now, sane));
    EXPECT_EQ(now, (Value{4, 5, 6}));
    EXPECT_EQ(cell.rejects(), 1u);
    EXPECT_FALSE(handle.effective());
}

} // namespace
} // namespace cw::cells
