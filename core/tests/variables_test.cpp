// Shared variables as a reader sees them: schemas, the directory, values of other versions.
#include <array>
#include <cstring>
#include <cw/core/variables/publish.hpp>
#include <cw/core/variables/read.hpp>
#include <gtest/gtest.h>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace cw::variables {

// Records: with names that the whole programme knows, as those have that modules share.
namespace records {
struct Zone {
    std::int32_t west;
    std::int32_t dst;
};
struct Wall {
    std::int64_t seconds;
    Zone zone;
    std::array<std::uint32_t, 4> load;
};
struct WideZone {
    std::int64_t dst;
    std::int64_t added;
    std::int64_t west;
};
struct Newer {
    std::uint32_t inserted;
    std::int32_t seconds;
    std::array<std::uint32_t, 4> load;
    WideZone zone;
};
struct Removed {
    std::int64_t seconds;
    Zone zone;
};
struct Retyped {
    std::int64_t seconds;
    std::array<std::uint32_t, 2> zone;
    std::array<std::uint32_t, 4> load;
};
struct OtherZone {
    std::int32_t west;
    std::int32_t summer;
};
struct Inner {
    std::int64_t seconds;
    OtherZone zone;
    std::array<std::uint32_t, 4> load;
};
struct TwoCounts {
    std::uint64_t packets;
    std::uint64_t bytes;
};
struct NarrowReport {
    std::int32_t seconds;
    std::int32_t other;
    std::uint64_t more;
};
struct WideReport {
    std::int64_t seconds;
    std::uint64_t more;
};
struct Long {
    std::array<std::uint64_t, 128> words;
};
template <class T>
struct One {
    T value;
};
} // namespace records

namespace {

using namespace records;

TEST(Schema, says_what_lies_where) {
    EXPECT_EQ(SchemaOf<Wall>::kView, "seconds:i64,zone:{west:i32,dst:i32},load:u32[4]");
    EXPECT_EQ(SchemaOf<std::uint16_t>::kView, ":u16");
    EXPECT_EQ(bytes_of_schema(SchemaOf<Wall>::kView), sizeof(Wall));
    const Field load = find_field(SchemaOf<Wall>::kView, "load");
    EXPECT_EQ(load.type, "u32[4]");
    EXPECT_EQ(load.offset, offsetof(Wall, load));
    EXPECT_EQ(load.bytes, sizeof(Wall::load));
    EXPECT_EQ(find_field(SchemaOf<Wall>::kView, "lead").bytes, 0u);
}

TEST(Schema, that_is_not_in_order_has_no_size) {
    for (const char* text : {"a",
                             "a:",
                             "a:u7",
                             "a:u128",
                             "a:u",
                             "a:x32",
                             "a:u8[",
                             "a:u8]",
                             "a:u8[]",
                             "a:u8[x]",
                             "a:u8[0]",
                             "a:u8[99999999999999999999]",
                             "a:u8[65536][65536][65536][65536]",
                             "a:{",
                             "a:}",
                             "a:{b:u8",
                             "a:{}",
                             "a:u8,",
                             "a:{b:u8,}",
                             "a:u08",
                             "a:u8[01]",
                             "a:u8,,b:u8",
                             ",",
                             "a:{b:{c:{d:{e:{f:{g:{h:{i:{j:u8}}}}}}}}}"})
        EXPECT_EQ(bytes_of_schema(text), 0u) << text;
    EXPECT_EQ(bytes_of_schema(std::string(1023, '{')), 0u);
    EXPECT_EQ(bytes_of_schema("a:" + std::string(1000, '[')), 0u);
}

/// Reads a record as another one.
template <class To, class From>
Status converted(const From& from, To& to) {
    return convert(SchemaOf<To>::kView,
                   reinterpret_cast<std::byte*>(&to),
                   SchemaOf<From>::kView,
                   reinterpret_cast<const std::byte*>(&from));
}

TEST(Schema, moved_inserted_and_widened_fields_are_found) {
    const Newer newer{1, -5, {1, 2, 3, 4}, {7, 8, -60}};
    Wall wall{};
    EXPECT_EQ(converted(newer, wall), Status::ok);
    EXPECT_EQ(wall.seconds, -5);
    EXPECT_EQ(wall.zone.west, -60);
    EXPECT_EQ(wall.zone.dst, 7);
    EXPECT_EQ(wall.load, (std::array<std::uint32_t, 4>{1, 2, 3, 4}));
    Misfit misfit{};
    EXPECT_TRUE(fits(SchemaOf<Wall>::kView, SchemaOf<Newer>::kView, misfit));
}

TEST(Schema, removed_and_retyped_fields_are_named) {
    Misfit misfit{};
    EXPECT_FALSE(fits(SchemaOf<Wall>::kView, SchemaOf<Removed>::kView, misfit));
    EXPECT_EQ(misfit.field, "load");
    EXPECT_EQ(misfit.wanted, "u32[4]");
    EXPECT_EQ(misfit.provided, "");
    EXPECT_FALSE(fits(SchemaOf<Wall>::kView, SchemaOf<Retyped>::kView, misfit));
    EXPECT_EQ(misfit.field, "zone");
    EXPECT_EQ(misfit.provided, "u32[2]");
    EXPECT_FALSE(fits(SchemaOf<Wall>::kView, SchemaOf<Inner>::kView, misfit));
    EXPECT_EQ(misfit.field, "dst");
    Wall wall{};
    EXPECT_EQ(converted(Removed{}, wall), Status::mismatch);
    EXPECT_EQ(converted(Retyped{}, wall), Status::mismatch);
    EXPECT_EQ(converted(Inner{}, wall), Status::mismatch);
}

template <class From, class To>
struct Integers {
    static Status read(From value, To& into) {
        One<To> target{};
        const Status status = converted(One<From>{value}, target);
        into = target.value;
        return status;
    }
};

TEST(Schema, integers_are_refused_rather_than_cut) {
    std::uint8_t narrow = 0;
    EXPECT_EQ((Integers<std::uint64_t, std::uint8_t>::read(255, narrow)), Status::ok);
    EXPECT_EQ(narrow, 255);
    EXPECT_EQ((Integers<std::uint64_t, std::uint8_t>::read(256, narrow)), Status::out_of_range);
    std::int8_t small = 0;
    EXPECT_EQ((Integers<std::int32_t, std::int8_t>::read(-128, small)), Status::ok);
    EXPECT_EQ(small, -128);
    EXPECT_EQ((Integers<std::int32_t, std::int8_t>::read(-129, small)), Status::out_of_range);
    std::uint64_t whole = 0;
    EXPECT_EQ((Integers<std::int8_t, std::uint64_t>::read(-1, whole)), Status::out_of_range);
    std::int64_t signed_whole = 0;
    EXPECT_EQ((Integers<std::uint64_t, std::int64_t>::read(~std::uint64_t{0}, signed_whole)),
              Status::out_of_range);
    EXPECT_EQ((Integers<std::int8_t, std::int64_t>::read(-1, signed_whole)), Status::ok);
    EXPECT_EQ(signed_whole, -1);
}

/// A directory with one variable, as the nucleus makes it.
class OneVariable {
public:
    static constexpr std::uint32_t kEntryAt = 4096, kTextAt = 8192, kBucketsAt = 2048,
                                   kTableAt = 2304;
    static_assert(sizeof(Header) <= kBucketsAt);

    OneVariable() {
        header().magic = Header::kMagic;
        header().bucket_count = 4;
        header().buckets = kBucketsAt;
        header().table = kTableAt;
        header().table_entries = 4;
        header().nothing.store(kLatchEmpty, Order::relaxed);
    }
    void add(std::string_view name) {
        entry().name_hash = abi::signature_hash(name.data(), name.size());
        entry().place = kEntryAt;
        entry().name = store(name);
        entry().name_bytes = static_cast<std::uint32_t>(name.size());
        at<Atomic<std::uint32_t>>(kTableAt).store(kEntryAt, Order::relaxed);
        header().count.store(1, Order::release);
        at<Atomic<std::uint32_t>>(kBucketsAt +
                                  4 * static_cast<std::uint32_t>(entry().name_hash & 3))
            .store(kEntryAt, Order::release);
    }
    template <class T>
    void go_live(void* value) {
        entry().address.store(reinterpret_cast<std::uint64_t>(value), Order::relaxed);
        entry().layout.store(kLayoutOf<T>, Order::relaxed);
        entry().schema.store(store(SchemaOf<T>::kView), Order::relaxed);
        entry().schema_bytes.store(SchemaOf<T>::kView.size(), Order::relaxed);
        entry().bytes.store(sizeof(T), Order::relaxed);
        entry().form.store(form_of(kKindOf<T>), Order::relaxed);
        set(State::live);
    }
    void set(State state) {
        entry().version.change(++epoch_, state, [] {});
    }
    Entry& entry() { return at<Entry>(kEntryAt); }
    /// Where a link leads while there is no value for it.
    std::uint64_t nothing() { return reinterpret_cast<std::uint64_t>(&header().nothing); }
    [[nodiscard]] Directory directory() const { return Directory{memory_.get()}; }

private:
    template <class T>
    T& at(std::uint32_t offset) {
        return *reinterpret_cast<T*>(memory_->bytes + offset);
    }
    Header& header() { return at<Header>(0); }
    std::uint32_t store(std::string_view text) {
        const std::uint32_t offset = text_;
        std::memcpy(memory_->bytes + offset, text.data(), text.size());
        text_ += static_cast<std::uint32_t>(text.size());
        return offset;
    }

    struct Memory {
        alignas(64) std::byte bytes[16384]{};
    };
    std::unique_ptr<Memory> memory_ = std::make_unique<Memory>();
    std::uint32_t text_ = kTextAt;
    std::uint64_t epoch_ = 0;
};

TEST(Directory, finds_names_and_nothing_else) {
    OneVariable variable;
    EXPECT_EQ(variable.directory().find("time/wall"), nullptr);
    variable.add("time/wall");
    EXPECT_EQ(variable.directory().find("time/wall"), &variable.entry());
    EXPECT_EQ(variable.directory().find("time/wal"), nullptr);
    EXPECT_EQ(variable.directory().find(""), nullptr);
    EXPECT_EQ(variable.directory().count(), 1u);
    EXPECT_EQ(&variable.directory().entry(0), &variable.entry());
}

TEST(Read, says_in_which_state_a_variable_is) {
    OneVariable variable;
    variable.add("time/wall");
    Wall wall{};
    const auto status = [&] { return read(variable.entry(), wall); };
    EXPECT_EQ(status(), Status::not_found);
    auto latch = std::make_unique<LatchOf<Wall>>();
    variable.go_live<Wall>(latch.get());
    EXPECT_EQ(status(), Status::not_ready);
    Publisher<Wall> publisher;
    publisher.publish(reinterpret_cast<std::uint64_t>(latch.get()), {5, {-60, 1}, {1, 2, 3, 4}});
    EXPECT_EQ(status(), Status::ok);
    EXPECT_EQ(wall.seconds, 5);
    EXPECT_EQ(publisher.value().zone.west, -60);
    variable.set(State::stale);
    EXPECT_EQ(status(), Status::timed_out);
    variable.set(State::off);
    EXPECT_EQ(status(), Status::refused);
    variable.set(State::gone);
    EXPECT_EQ(status(), Status::not_found);
    // What it was is still to be seen by who asks for it.
    auto raw = std::make_unique<Raw>();
    EXPECT_EQ(read_raw(variable.entry(), *raw), Status::ok);
    EXPECT_EQ(raw->state, State::gone);
    EXPECT_EQ(raw->schema, SchemaOf<Wall>::kView);
    EXPECT_EQ(std::memcmp(raw->words, &wall, sizeof(wall)), 0);
}

TEST(Read, a_publisher_goes_on_where_the_one_before_it_ended) {
    OneVariable variable;
    variable.add("time/wall");
    auto latch = std::make_unique<LatchOf<Wall>>();
    variable.go_live<Wall>(latch.get());
    const auto address = reinterpret_cast<std::uint64_t>(latch.get());
    Wall wall{};
    for (std::int64_t epoch = 0; epoch < 3; ++epoch) {
        Publisher<Wall> publisher;
        for (std::int64_t i = 0; i < 6; ++i) {
            publisher.publish(address, {100 * epoch + i, {}, {}});
            ASSERT_EQ(read(variable.entry(), wall), Status::ok);
            EXPECT_EQ(wall.seconds, 100 * epoch + i);
        }
        variable.set(State::gone);
        variable.set(State::live);
    }
}

TEST(Link, leads_to_the_value_or_to_what_the_entry_says) {
    OneVariable variable;
    variable.add("time/wall");
    Link link{{}, &variable.entry()};
    link.place.set(variable.nothing());
    Wall wall{};
    EXPECT_EQ(read(link, wall), Status::not_found);
    auto latch = std::make_unique<LatchOf<Wall>>();
    const auto address = reinterpret_cast<std::uint64_t>(latch.get());
    latch->current.store(kLatchEmpty, Order::relaxed); // as the nucleus does
    variable.go_live<Wall>(latch.get());
    EXPECT_EQ(read(link, wall), Status::not_ready); // by the entry
    link.place.set(address);
    EXPECT_EQ(read(link, wall), Status::not_ready); // and by the link
    Publisher<Wall> publisher;
    for (std::int64_t i = 1; i < 10; ++i) {
        publisher.publish(address, {i, {-60, 1}, {1, 2, 3, 4}});
        ASSERT_EQ(read(link, wall), Status::ok);
        EXPECT_EQ(wall.seconds, i);
    }
    // Another publisher is there, in whose record a field is narrower: the link leads nowhere.
    auto narrow = std::make_unique<LatchOf<NarrowReport>>();
    variable.go_live<NarrowReport>(narrow.get());
    Publisher<NarrowReport>{}.publish(reinterpret_cast<std::uint64_t>(narrow.get()), {11, 0, 0});
    link.place.set(variable.nothing());
    WideReport seconds{};
    EXPECT_EQ(read(link, wall), Status::mismatch);
    EXPECT_EQ(read(link, seconds), Status::ok); // converted
    EXPECT_EQ(seconds.seconds, 11);
    variable.set(State::off);
    EXPECT_EQ(read(link, seconds), Status::refused);
}

TEST(Link, of_a_word_leads_nowhere_while_there_is_none) {
    OneVariable variable;
    variable.add("cpu/load");
    Link link{{}, &variable.entry()};
    std::int16_t value = 0;
    EXPECT_EQ(read(link, value), Status::not_found);
    Atomic<std::uint64_t> word;
    word.store(static_cast<std::uint16_t>(-7), Order::relaxed);
    variable.go_live<std::int16_t>(&word);
    EXPECT_EQ(read(link, value), Status::ok); // by the entry
    EXPECT_EQ(value, -7);
    value = 0;
    link.place.set(reinterpret_cast<std::uint64_t>(&word));
    variable.set(State::gone); // who has looked at its link before still reads the value
    EXPECT_EQ(read(link, value), Status::ok);
    EXPECT_EQ(value, -7);
}

TEST(Lanes, are_read_as_their_sum) {
    constexpr std::uint32_t kLanes = 3;
    static_assert(is_countable(SchemaOf<TwoCounts>::kView));
    static_assert(!is_countable("") && !is_countable(":i64") && !is_countable("a:u64,b:u32") &&
                  !is_countable("a:u64,b:{c:u64}") && is_countable("a:u64[3],b:u64"));
    OneVariable variable;
    variable.add("net/traffic");
    struct alignas(64) Memory {
        Atomic<std::uint64_t> words[kLanes][8];
    };
    const auto memory = std::make_unique<Memory>();
    ASSERT_EQ(room_for(form_of(Kind::lanes, kLanes), sizeof(TwoCounts)), sizeof(Memory));
    variable.go_live<TwoCounts>(memory.get());
    variable.entry().form.store(form_of(Kind::lanes, kLanes), Order::relaxed);
    variable.entry().layout.store(kLayoutOf<TwoCounts> ^ kLanesMark, Order::relaxed);
    for (std::uint32_t i = 0; i < kLanes; ++i) {
        memory->words[i][0].store(std::uint64_t{1} << i, Order::relaxed);
        memory->words[i][1].store(std::uint64_t{10} << i, Order::relaxed);
        memory->words[i][2].store(1'000, Order::relaxed); // of nobody
    }
    TwoCounts counts{};
    ASSERT_EQ(read(variable.entry(), counts), Status::ok);
    EXPECT_EQ(counts.packets, 7u);
    EXPECT_EQ(counts.bytes, 70u);
    std::uint32_t narrow = 0;
    EXPECT_EQ(read(variable.entry(), narrow), Status::mismatch);
    const std::uint64_t mark = mark_of(memory.get(), form_of(Kind::lanes, kLanes), 16);
    memory->words[2][1].fetch_add(1, Order::relaxed);
    EXPECT_NE(mark_of(memory.get(), form_of(Kind::lanes, kLanes), 16), mark);
    // Who maps the group elsewhere sees no lane behind its end.
    variable.entry().offset.store(0, Order::relaxed);
    const Group whole{reinterpret_cast<const std::byte*>(memory.get()), sizeof(Memory)};
    EXPECT_EQ(read_in(whole, variable.entry(), counts), Status::ok);
    EXPECT_EQ(counts.bytes, 71u);
    EXPECT_EQ(read_in(whole.first(sizeof(Memory) - 1), variable.entry(), counts),
              Status::not_found);
}

TEST(Read, words_are_read_as_they_are) {
    OneVariable variable;
    variable.add("cpu/load");
    Atomic<std::uint64_t> word;
    variable.go_live<std::int16_t>(&word);
    Publisher<std::int16_t> publisher;
    publisher.publish(reinterpret_cast<std::uint64_t>(&word), -7);
    std::int16_t value = 0;
    EXPECT_EQ(read(variable.entry(), value), Status::ok);
    EXPECT_EQ(value, -7);
    std::int64_t wide = 0;
    EXPECT_EQ(read(variable.entry(), wide), Status::ok);
    EXPECT_EQ(wide, -7);
    std::uint64_t without_sign = 0;
    EXPECT_EQ(read(variable.entry(), without_sign), Status::out_of_range);
}

TEST(Read, raw_values_are_of_any_length) {
    OneVariable variable;
    variable.add("some/thing");
    auto latch = std::make_unique<LatchOf<Long>>();
    EXPECT_EQ(room_for(form_of(Kind::latch), sizeof(Long)), sizeof(LatchOf<Long>));
    variable.go_live<Long>(latch.get());
    Long value{};
    for (std::size_t i = 0; i < value.words.size(); ++i)
        value.words[i] = i * i;
    Publisher<Long> publisher;
    for (int i = 0; i < 5; ++i) { // in each slot, and in the first again
        ++value.words[0];
        publisher.publish(reinterpret_cast<std::uint64_t>(latch.get()), value);
        auto raw = std::make_unique<Raw>();
        ASSERT_EQ(read_raw(variable.entry(), *raw), Status::ok);
        EXPECT_EQ(raw->bytes, sizeof(Long));
        EXPECT_EQ(std::memcmp(raw->words, &value, sizeof(value)), 0);
    }
}

} // namespace
} // namespace cw::variables
