#include "drill.hpp"
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <set>
#include <thread>

namespace death {

namespace {
/// Of a loop that runs for as long as others take, so many turns are told apart.
constexpr std::uint32_t kMostTurns = 3;
constexpr std::uint64_t kMostSteps = 200'000;
constexpr std::uint64_t kBoth = 2; ///< Kinds of calls: see Order.
/// The nucleus frees the last of a domain within a tenth of a second, for which an inventory waits.
constexpr std::uint64_t kKillsBetweenInventories = 32;
/// How fast others answer decides what a cycle executes: not every cycle passes every point.
constexpr int kFastAttempts = 3, kAttempts = 6;
} // namespace

Drill::Drill(const Options& options) :
    options_{options},
    where_{[] { return std::string{"at the beginning"}; }},
    stage_{options.modules, options.victim, options.patience_seconds, where_},
    places_{options.modules + "/" + stage_.victim() + ".elf", options.vdso},
    done_{[this] { return stage_.round_done(); }} {}

void Drill::run() {
    const auto begin = std::chrono::steady_clock::now();
    attach();
    learn();
    make_plan();
    options_.stop ? stop_at_all() : kill_at_all();
    expect_enough();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    tell(took.count());
}

/// To the victim, asleep.
void Drill::attach() {
    const pid_t process = stage_.victim_process();
    std::string why;
    tracee_.reset();
    tracee_.emplace(process, why);
    if (!why.empty())
        stage_.fail(why);
    places_.look_at(process);
    catch_asleep();
}

void Drill::catch_asleep() {
    const auto patience =
        std::chrono::steady_clock::now() + std::chrono::seconds{options_.patience_seconds};
    while (std::chrono::steady_clock::now() < patience) {
        if (!tracee_->interrupt())
            stage_.fail("it has ended by itself");
        if (tracee_->asleep())
            return;
        tracee_->go_on();
        std::this_thread::sleep_for(std::chrono::microseconds{50}); // it gets somewhere meanwhile
    }
    stage_.fail("it never sleeps, though nobody calls");
}

/// One whole cycle, a step at a time.
void Drill::learn() {
    stage_.begin_round(kBoth);
    std::map<Place, std::uint32_t> times;
    for (Halt halt = Halt::stopped; halt != Halt::idle; halt = tracee_->step(done_)) {
        if (halt == Halt::gone)
            stage_.fail("it has ended by itself");
        if (++learned_ == kMostSteps)
            stage_.fail("one cycle never ends");
        const Place place = places_.at(tracee_->pc());
        if (++times[place] <= kMostTurns)
            executions_[place].push_back(times[place]);
    }
    stage_.expect_all_right();
    catch_asleep();
}

/// Each instruction so many times, its executions by turns.
void Drill::make_plan() {
    std::set<Place> places;
    for (const auto& [place, executions] : executions_)
        places.insert(place);
    operations_ = places_.operations(places);
    std::uint64_t number = 0;
    for (std::uint32_t repeat = 0; repeat < options_.each; ++repeat) {
        for (const auto& [place, executions] : executions_) {
            if (!options_.only.empty() && operations_.at(place) != options_.only)
                continue;
            if (number++ % options_.stride == options_.seed % options_.stride)
                plan_.push_back({place, executions[repeat % executions.size()]});
        }
    }
    if (plan_.empty())
        stage_.fail("no instruction of the cycle is to be tried");
}

/// Says it when something goes wrong.
void Drill::will_be(const char* what, std::size_t number) {
    where_ = [this, what, number] {
        const Point& point = plan_[number];
        return stage_.victim() + " " + what + " (" + std::to_string(number + 1) + " of " +
               std::to_string(plan_.size()) + "), " + operations_.at(point.place) + ", execution " +
               std::to_string(point.times) + " of " + places_.name(point.place);
    };
}

/// Brings the victim, asleep, to a point of the cycle that begins now. False: it was not passed.
bool Drill::reach(const Point& point, std::uint64_t kinds) {
    stage_.begin_round(kinds);
    const std::uint64_t address = places_.address_of(point.place);
    std::uint32_t times = point.times;
    if (tracee_->pc() == address && --times == 0) // that is where it sleeps
        return true;
    const Halt halt = tracee_->run_to(address, times, done_);
    if (halt == Halt::gone)
        stage_.fail("it has ended by itself");
    return halt == Halt::stopped;
}

/// The same, a step at a time: as slow as when the cycle was learned.
bool Drill::reach_slowly(const Point& point) {
    stage_.begin_round(kBoth);
    const std::uint64_t address = places_.address_of(point.place);
    for (std::uint32_t times = 0;;) {
        if (tracee_->pc() == address && ++times == point.times)
            return true;
        const Halt halt = tracee_->step(done_);
        if (halt == Halt::gone)
            stage_.fail("it has ended by itself");
        if (halt == Halt::idle)
            return false;
    }
}

bool Drill::reach_somehow(std::size_t number) {
    const Point& point = plan_[number];
    for (int attempts = 0; attempts < kAttempts; ++attempts) {
        const bool fast = attempts < kFastAttempts;
        // At first, every other time, a cycle in which no deadline ends a sleep.
        const std::uint64_t kinds = attempts == 0 && number % 2 != 0 ? 1 : kBoth;
        if (fast ? reach(point, kinds) : reach_slowly(point)) {
            slow_ += fast ? 0 : 1;
            return true;
        }
        stage_.expect_all_right();
        catch_asleep();
    }
    ++missed_;
    return false;
}

void Drill::caught(const Point& point) {
    ++hits_[point.place];
    ++count_;
}

void Drill::stop_at_all() {
    for (std::size_t i = 0; i < plan_.size(); ++i) {
        will_be("stopped", i);
        if (!reach_somehow(i))
            continue;
        caught(plan_[i]);
        stage_.add_round_of_innocents();
        tracee_->go_on();
        stage_.expect_all_right();
        catch_asleep();
    }
}

void Drill::kill_at_all() {
    where_ = [this] { return stage_.victim() + " killed asleep, with nothing under way"; };
    tracee_->kill();
    stage_.expect_only_victim_died();
    for (std::size_t i = 0; i < plan_.size(); ++i) {
        stage_.load_victim();
        if (i % kKillsBetweenInventories == 0)
            stage_.expect_nothing_left();
        attach();
        kill_at(i);
    }
    stage_.load_victim();
    stage_.expect_nothing_left();
}

void Drill::kill_at(std::size_t number) {
    will_be("killed", number);
    if (reach_somehow(number))
        caught(plan_[number]);
    else
        stage_.begin_round(kBoth); // it dies all the same
    if (number / 2 % 2 != 0)
        stage_.let_others_look(); // at what it leaves, before it is known to be dead
    tracee_->kill();
    stage_.expect_only_victim_died();
}

/// That it was hardly ever caught would be no proof.
void Drill::expect_enough() {
    where_ = [] { return std::string{"at the end"}; };
    if (missed_ > plan_.size() / 20)
        stage_.fail("it did not pass " + std::to_string(missed_) + " of " +
                    std::to_string(plan_.size()) + " points when it was to be caught there");
}

void Drill::tell(double seconds) const {
    struct Sum {
        std::uint64_t instructions = 0, hits = 0, least = ~std::uint64_t{0};
    };
    std::map<std::string, Sum> sums;
    for (const auto& [place, operation] : operations_) {
        Sum& sum = sums[operation];
        const auto found = hits_.find(place);
        const std::uint64_t hits = found == hits_.end() ? 0 : found->second;
        ++sum.instructions;
        sum.hits += hits;
        sum.least = std::min(sum.least, hits);
    }
    const char* const what = options_.stop ? "stops" : "kills";
    std::printf("%s: one cycle executes %llu instructions, %zu different ones\n",
                stage_.victim().c_str(),
                static_cast<unsigned long long>(learned_),
                operations_.size());
    for (const auto& [name, sum] : sums)
        std::printf("  %-20s %5llu instructions %8llu %s, %llu or more at each\n",
                    name.c_str(),
                    static_cast<unsigned long long>(sum.instructions),
                    static_cast<unsigned long long>(sum.hits),
                    what,
                    static_cast<unsigned long long>(sum.least));
    std::printf("passed: %llu %s, %llu of them a step at a time, %llu points not passed again, "
                "%.1f s\n",
                static_cast<unsigned long long>(count_),
                what,
                static_cast<unsigned long long>(slow_),
                static_cast<unsigned long long>(missed_),
                seconds);
}

} // namespace death
