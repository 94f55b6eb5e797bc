// A writer of a latch that is stopped behind each of its instructions, and one that is
// killed there, with a reader that looks all the while. For x86-64 Linux: it traps itself.
#include "processes.hpp"
#include "traps.hpp"

#include <cw/core/latch.hpp>
#include <gtest/gtest.h>

namespace cw::test {

namespace {

/// 48 bytes that fit together or do not.
struct Six {
    std::uint64_t words[6];

    static constexpr std::uint64_t kStep = 0x9e37'79b9'7f4a'7c15;
    static Six of(std::uint64_t value) {
        Six six{};
        for (std::uint64_t& word : six.words)
            word = value++ * kStep;
        return six;
    }
    [[nodiscard]] bool is(std::uint64_t value) const {
        const Six right = of(value);
        return __builtin_memcmp(this, &right, sizeof right) == 0;
    }
};

struct Variable {
    LatchOf<Six> latch;
    Atomic<std::uint64_t> published; ///< The value under way, at least; stored before it.
    Atomic<std::uint32_t> over;      ///< Nobody will publish any more.

    [[nodiscard]] Latched read(Six& six) const { return latch_read(latch, six); }
};

struct Looks {
    const Variable* variable;
    std::uint64_t last; ///< Value that was published last, and
    std::uint64_t next; ///< the one under way.
    std::uint64_t points, strange, of_next;
};
Looks looks;

void look() {
    Six six;
    ++looks.points;
    if (looks.variable->read(six) != Latched::value)
        ++looks.strange;
    else if (six.is(looks.next))
        ++looks.of_next;
    else if (looks.of_next != 0 || !six.is(looks.last)) // it does not go back, either
        ++looks.strange;
}

TEST(LatchKill, a_writer_stopped_behind_any_of_20000_instructions_leaves_a_whole_value) {
    for (const bool nested : {false, true}) {
        Variable variable{};
        LatchWriter<Six> writer{variable.latch};
        writer.publish(Six::of(1));
        looks = {&variable, 1, 1, 0, 0, 0};
        std::uint64_t before = 0, behind = 0;
        while (looks.points < 20'000 && looks.strange == 0) {
            looks.last = looks.next++;
            looks.of_next = 0;
            const std::uint64_t points = looks.points;
            const Six six = Six::of(looks.next);
            EXPECT_TRUE(run_stepped(look, [&] {
                if (nested)
                    return writer.publish_nested(six);
                writer.publish(six);
                return true;
            }));
            behind += looks.of_next;
            before += looks.points - points - looks.of_next;
        }
        EXPECT_EQ(looks.strange, 0u) << "at point " << looks.points;
        EXPECT_GT(before, 1000u);
        EXPECT_GT(behind, 1000u);
        std::printf("%s: stopped at %llu points, %llu of them before the new value is seen\n",
                    nested ? "publish_nested" : "publish",
                    static_cast<unsigned long long>(looks.points),
                    static_cast<unsigned long long>(before));
    }
}

std::uint64_t instructions_left;

/// Reads until it is over: 0 if every value was whole, none older than one before, none newer than
/// the one under way, and there was one each time.
int read_on(const Variable& variable) {
    std::uint64_t least = 1;
    bool last_look = false;
    do {
        last_look = variable.over.load(Order::acquire) != 0; // after the last publish()
        Six six;
        if (variable.read(six) != Latched::value)
            return 1;
        const std::uint64_t most = variable.published.load(Order::acquire);
        std::uint64_t value = least;
        while (value <= most && !six.is(value))
            ++value;
        if (value > most)
            return 2;
        least = value;
    } while (!last_look);
    return 0;
}

TEST(LatchKill, of_a_writer_killed_400_times_readers_see_whole_values_only) {
    SharedMemory<Variable> variable;
    LatchWriter<Six>{variable->latch}.publish(Six::of(1));
    variable->published.store(1, Order::release); // pairs with read_on()
    const pid_t reader = run_child([&] { return read_on(*variable); });
    std::uint64_t last = 1, halfway = 0;
    for (std::uint64_t death = 0; death < 400 && !HasFailure(); ++death) {
        SCOPED_TRACE(death);
        const pid_t writer = run_child([&] {
            LatchWriter<Six> mine{variable->latch};
            instructions_left = 1 + death % 197; // a prime: with 400 of them, anywhere
            for (std::uint64_t value = last + 1;; ++value) {
                variable->published.store(value, Order::release); // pairs with read_on()
                const Six six = Six::of(value);
                static_cast<void>(run_stepped(
                    [] {
                        if (--instructions_left == 0)
                            kill(getpid(), SIGKILL);
                    },
                    [&] {
                        mine.publish(six);
                        return 0;
                    }));
            }
            return 0;
        });
        int status = 0;
        ASSERT_EQ(waitpid(writer, &status, 0), writer);
        ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        const std::uint64_t most = variable->published.load(Order::acquire);
        Six six;
        ASSERT_EQ(variable->read(six), Latched::value);
        ASSERT_TRUE(six.is(most) || six.is(most - 1));
        halfway += six.is(most) ? 0 : 1;
        last = six.is(most) ? most : most - 1;
    }
    variable->over.store(1, Order::release); // pairs with read_on()
    EXPECT_TRUE(succeeded(reader));
    EXPECT_GT(halfway, 50u) << "killed before the value was there";
    EXPECT_LT(halfway, 350u) << "and behind";
}

} // namespace
} // namespace cw::test
