// Model (i): control cells. The owner reads while the nucleus moves the cell from line to line; a
// value that says that something is there; and what the owner tells the holder.
#include "check.hpp"

#include <cw/core/cells/cell.hpp>
#include <cw/core/cells/move.hpp>

namespace cw::model {
namespace {

using Line = cells::LineOf<RelacySync>;
using Entry = cells::EntryOf<RelacySync>;
using Echo = cells::EchoOf<RelacySync>;
using Cell = cells::Cell<std::uint64_t, RelacySync>;
using Handle = cells::Handle<std::uint64_t, RelacySync>;
using cells::State;

std::uint64_t address_of(const Line& line) {
    return reinterpret_cast<std::uint64_t>(&line);
}

void initialise(Line& line, std::uint64_t value) {
    line.value.initialise(Name::value, value);
    line.renewed.initialise(Name::other, 0);
}

/// A cell that rests at 100, with limits that no value of the models exceeds.
struct Shared {
    Entry entry;
    Echo echo;
    Line line; ///< Of a client; a former holder has left something there.

    static constexpr std::uint64_t kLeft = 1;

    void before() {
        initialise(entry.rest, 100);
        initialise(line, kLeft);
        entry.address.initialise(Name::address, address_of(entry.rest));
        entry.hold.initialise(Name::epoch, cells::hold_of(0, State::rests));
        entry.min = 0;
        entry.max = 1'000'000;
        echo.value.initialise(Name::echo, 0);
        echo.epoch.initialise(Name::echoed, 0);
        echo.rejects.initialise(Name::other, 0);
    }
    void open(std::uint64_t epoch, std::uint64_t value) {
        cells::move_to<RelacySync>(entry, line, address_of(line), value, epoch, State::held);
    }
    void close(std::uint64_t epoch, std::uint64_t value) {
        cells::move_to<RelacySync>(
            entry, entry.rest, address_of(entry.rest), value, epoch, State::rests);
    }
};

/// Opened, closed and opened again, in the same line. The value of epoch n is 100 * n and more.
struct MoveModel : rl::test_suite<MoveModel, 2> {
    Shared shared;

    void before() { shared.before(); }
    void thread(unsigned index) {
        if (index == 0)
            move();
        else
            read();
    }
    void move() {
        shared.open(1, 100);
        Handle{shared.line, shared.entry, shared.echo, 1}.store(150);
        shared.close(2, 200);
        shared.open(3, 300);
        Handle{shared.line, shared.entry, shared.echo, 3}.store(350);
    }
    void read() {
        const Cell cell{shared.entry, shared.echo};
        std::uint64_t floor = 100; // of the epochs that were seen
        for (int times = 0; times < 3; ++times) {
            const std::uint64_t value = cell.load();
            RL_ASSERT(value != Shared::kLeft && value >= floor);
            const auto sample = cell.sample();
            floor = std::max(floor, 100 * sample.epoch);
            RL_ASSERT(sample.value >= floor);
        }
        RL_ASSERT(cell.rejects() == 0);
    }
};

/// The holder writes something else, and then the value that says so.
struct PayloadModel : rl::test_suite<PayloadModel, 2> {
    Shared shared;
    RelacySync::Word<std::uint64_t> payload;

    void before() {
        shared.before();
        shared.open(1, 100);
        payload.initialise(Name::plain, 0);
    }
    void thread(unsigned index) {
        if (index == 0) {
            payload.store(42, Order::relaxed);
            Handle{shared.line, shared.entry, shared.echo, 1}.store_release(101);
        } else if (Cell{shared.entry, shared.echo}.load_acquire() == 101) {
            RL_ASSERT(payload.load(Order::relaxed) == 42);
        }
    }
};

/// The owner goes by values of one epoch, then of another one; a holder of each looks.
struct EchoModel : rl::test_suite<EchoModel, 3> {
    struct Looking : Handle {
        using Handle::echoed;
        using Handle::Handle;
    };
    Shared shared;
    RelacySync::Word<std::uint64_t> first, second; ///< What the owner does before it says so.

    void before() {
        shared.before();
        first.initialise(Name::plain, 0);
        second.initialise(Name::plain, 0);
    }
    void thread(unsigned index) {
        if (index == 0)
            apply();
        else
            look(index);
    }
    void apply() {
        const Cell cell{shared.entry, shared.echo};
        next_fence[rl::thread_index()] = Site::F71;
        cell.applied({100, 1});
        first.store(1, Order::relaxed);
        cell.applied({200, 2});
        second.store(1, Order::relaxed);
        cell.applied({201, 2});
    }
    void look(std::uint64_t epoch) {
        const Looking handle{shared.line, shared.entry, shared.echo, epoch};
        for (int times = 0; times < 2; ++times) {
            next_fence[rl::thread_index()] = Site::F72;
            const auto echoed = handle.echoed();
            if (!echoed)
                continue;
            RL_ASSERT(*echoed / 100 == epoch);
            if (*echoed >= 200)
                RL_ASSERT(first.load(Order::relaxed) == 1);
            if (*echoed == 201)
                RL_ASSERT(second.load(Order::relaxed) == 1);
        }
    }
};

TEST(CellModel, a_value_is_of_this_cell_and_not_older_than_its_epoch) {
    expect_clean<MoveModel>(100'000, 2);
}
TEST(CellModel, what_was_written_before_a_value_is_seen_behind_it) {
    expect_clean<PayloadModel>(20'000, 2);
}
TEST(CellModel, a_holder_is_told_of_its_own_epoch_only) {
    expect_clean<EchoModel>(100'000, 2);
}
TEST(CellModel, finds_relaxed_R71) {
    expect_found<MoveModel>({Site::R71, Order::relaxed}, 50'000);
}
TEST(CellModel, finds_relaxed_A71) {
    expect_found<MoveModel>({Site::A71, Order::relaxed}, 50'000);
}
TEST(CellModel, finds_relaxed_R72) {
    expect_found<PayloadModel>({Site::R72, Order::relaxed}, 50'000);
}
TEST(CellModel, finds_relaxed_A72) {
    expect_found<PayloadModel>({Site::A72, Order::relaxed}, 50'000);
}
TEST(CellModel, finds_relaxed_R73) {
    expect_found<EchoModel>({Site::R73, Order::relaxed}, 50'000);
}
TEST(CellModel, finds_relaxed_A73) {
    expect_found<EchoModel>({Site::A73, Order::relaxed}, 50'000);
}
TEST(CellModel, finds_relaxed_R74) {
    expect_found<MoveModel>({Site::R74, Order::relaxed}, 50'000);
}
TEST(CellModel, finds_relaxed_A74) {
    expect_found<MoveModel>({Site::A74, Order::relaxed}, 50'000);
}
TEST(CellModel, finds_relaxed_R76) {
    expect_found<EchoModel>({Site::R76, Order::relaxed}, 50'000);
}
TEST(CellModel, finds_missing_F71) {
    expect_found<EchoModel>({Site::F71, Order::relaxed}, 50'000);
}
TEST(CellModel, finds_missing_F72) {
    expect_found<EchoModel>({Site::F72, Order::relaxed}, 50'000);
}

} // namespace
} // namespace cw::model
