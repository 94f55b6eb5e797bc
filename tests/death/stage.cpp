#include "stage.hpp"
#include <cstdio>
#include <cstdlib>
#include <cw/core/service/memory.hpp>
#include <cw/hosted/programme.hpp>
#include <filesystem>
#include <fstream>
#include <thread>
#include <unistd.h>

CW_PROGRAMME(death);
CW_REQUIRE(cw::memory::statistics);
CW_REQUIRE(death::client_a::run);
CW_REQUIRE(death::client_b::run);
CW_REQUIRE(death::target_a::served);
CW_REQUIRE(death::target_b::served);

namespace death {

namespace {

using namespace std::chrono_literals;
using cw::Status;
using cw::hosted::Nucleus;

/// Deaths until pools that only grow have grown.
constexpr unsigned kWarmUps = 2;
/// Doorbells are never closed, but used again once a domain is gone altogether: as many as there
/// are domains alive and on their way out.
constexpr std::size_t kMostBells = 64;
/// The nucleus keeps the pages of its own objects, which are as many as there were at once ever.
/// What each execution left behind would be more, by the last one.
constexpr std::uint64_t kMostPoolPages = 64;

/// What the nucleus says.
std::mutex log_lock;
std::vector<std::string> log_lines;

void note_line(std::string_view line) {
    const std::lock_guard hold{log_lock};
    log_lines.emplace_back(line);
}

cw::Task<Findings> order(Side client, Order given) noexcept {
    if (client == Side::a) {
        auto reply = co_await client_a::run(given);
        co_return reply;
    }
    auto reply = co_await client_b::run(given);
    co_return reply;
}

std::string text_of(const Findings& findings) {
    char text[200];
    std::snprintf(text,
                  sizeof(text),
                  "right_a=%llu right_b=%llu died=%llu absent=%llu wrong=%llu other=%llu",
                  static_cast<unsigned long long>(findings.right_a),
                  static_cast<unsigned long long>(findings.right_b),
                  static_cast<unsigned long long>(findings.died),
                  static_cast<unsigned long long>(findings.absent),
                  static_cast<unsigned long long>(findings.wrong),
                  static_cast<unsigned long long>(findings.other));
    return text;
}

/// Both kinds of calls.
constexpr std::uint64_t kBoth = 2;

/// Calls `visit` with the number of each descriptor of this process, and what it is.
template <class Visit>
void each_descriptor(Visit visit) {
    for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
        std::error_code gone; // the descriptor of the folder itself, in the end
        visit(entry.path().filename().native(),
              std::filesystem::read_symlink(entry.path(), gone).native());
    }
}

/// Calls `visit` with each process that this one holds a pidfd of: its domains.
template <class Visit>
void each_domain(Visit visit) {
    each_descriptor([&](const std::string& number, const std::string& what) {
        if (!what.contains("pidfd"))
            return;
        std::ifstream file{"/proc/self/fdinfo/" + number};
        for (std::string line; std::getline(file, line);) {
            if (line.starts_with("Pid:"))
                visit(static_cast<pid_t>(std::atoi(line.c_str() + 4)));
        }
    });
}

} // namespace

Stage::Stage(const std::string& modules, Role victim, unsigned patience_seconds, Where& where) :
    folder_{modules},
    patience_{patience_seconds},
    role_{victim},
    victim_{victim == Role::client ? "client_a" : "target_a"},
    where_{where} {
    auto nucleus = Nucleus::start(
        {.programme = cw::hosted::this_programme(), .modules = {}, .log = &note_line});
    if (!nucleus)
        fail("the nucleus does not start: " + nucleus.error().text);
    nucleus_ = std::move(*nucleus);
    for (const char* name : {"target_a", "target_b", "client_a", "client_b"})
        load(name);
    load_victim();
}

Stage::~Stage() = default;

void Stage::fail(const std::string& what) {
    std::printf("FAILED: %s: %s\n", where_().c_str(), what.c_str());
    {
        const std::lock_guard hold{log_lock};
        for (const std::string& line : log_lines)
            std::printf("  log: %s\n", line.c_str());
    }
    std::fflush(stdout);
    _exit(1); // domains that hang are killed with this process
}

void Stage::load(const std::string& module) {
    const auto loaded = nucleus_->load(folder_ + "/" + module + ".cwm");
    if (!loaded)
        fail(module + " cannot be loaded: " + loaded.error().text);
}

void Stage::load_victim() {
    if (served_[0] != 0)
        load(victim_);
    // Slots of modules that run already lead to it soon after.
    const auto patience = std::chrono::steady_clock::now() + patience_;
    for (const Side client : {Side::a, Side::b}) {
        for (;;) {
            Round round = begin(client, kBoth);
            const Answer answer = await(round);
            if (round.right(answer))
                break;
            if (std::chrono::steady_clock::now() > patience)
                complain(round, answer);
        }
    }
    served_[0] = served(Side::a).items;
    served_[1] = served(Side::b).items;
    const std::lock_guard hold{log_lock};
    log_lines.clear();
}

pid_t Stage::victim_process() {
    pid_t found = -1;
    each_domain([&](pid_t process) {
        std::ifstream file{"/proc/" + std::to_string(process) + "/cmdline"};
        std::string name;
        if (std::getline(file, name, '\0') && name == victim_)
            found = process;
    });
    if (found < 0)
        fail("no process is named " + victim_);
    return found;
}

Stage::Round Stage::begin(Side client, std::uint64_t kinds) {
    std::uint64_t& next = next_number_[static_cast<std::size_t>(client)];
    const Order given{next, kinds};
    next += calls_of(given);
    return {
        client, calls_of(given), nucleus_->begin([client, given] { return order(client, given); })};
}

bool Stage::Round::right(const Answer& answer) const {
    return answer && answer->right_a == calls && answer->right_b == calls && answer->died == 0 &&
           answer->absent == 0 && answer->wrong == 0 && answer->other == 0;
}

void Stage::complain(const Round& round, const Answer& answer) {
    fail(std::string{"of "} + std::to_string(round.calls) + " calls of each provider by client_" +
         (round.client == Side::a ? "a" : "b") + ": " +
         (answer ? text_of(*answer) : std::string{cw::name_of(answer.error())}));
}

Served Stage::served(Side provider) {
    const auto reply = provider == Side::a ? nucleus_->call(target_a::served, {}, patience_)
                                           : nucleus_->call(target_b::served, {}, patience_);
    if (!reply)
        fail(std::string{"target_"} + (provider == Side::a ? "a" : "b") +
             " does not say what it has served: " + cw::name_of(reply.error()));
    return *reply;
}

Stage::Answer Stage::await(Round& round) {
    if (round.future.wait_for(patience_) != std::future_status::ready)
        fail(std::string{"HANG: calls of client_"} + (round.client == Side::a ? "a" : "b") +
             " never complete");
    return round.future.get();
}

void Stage::begin_round(std::uint64_t kinds) {
    for (const Side client : {Side::a, Side::b})
        rounds_.push_back(begin(client, kinds));
}

void Stage::add_round_of_innocents() {
    rounds_.push_back(begin(Side::b, kBoth));
    static_cast<void>(served(Side::b));
    if (role_ == Role::provider)
        return;
    const Answer answer = await(rounds_.back()); // all of that is among innocents
    if (!rounds_.back().right(answer))
        complain(rounds_.back(), answer);
    settled_calls_ += rounds_.back().calls;
    rounds_.pop_back();
}

void Stage::let_others_look() {
    static_cast<void>(served(Side::b));
    if (role_ == Role::client)
        static_cast<void>(served(Side::a));
}

bool Stage::round_done() {
    for (const Round& round : rounds_) {
        if (round.future.wait_for(0s) != std::future_status::ready)
            return false;
    }
    return true;
}

void Stage::count_served(Side provider, std::uint64_t least, std::uint64_t most) {
    const Served now = served(provider);
    std::uint64_t& before = served_[static_cast<std::size_t>(provider)];
    const std::uint64_t items = now.items - before;
    before = now.items;
    if (now.repeated != 0 || now.garbled != 0 || items < least || items > most)
        fail(std::string{"target_"} + (provider == Side::a ? "a" : "b") + " began " +
             std::to_string(items) + " calls, of which there were " + std::to_string(least) +
             " to " + std::to_string(most) + "; repeated=" + std::to_string(now.repeated) +
             " garbled=" + std::to_string(now.garbled));
}

void Stage::expect_reported(bool ended) {
    const std::string expected = victim_ + ": ended: its process ended (signal 9)";
    const auto patience = std::chrono::steady_clock::now() + patience_;
    for (;;) {
        {
            const std::lock_guard hold{log_lock};
            std::size_t reports = 0;
            for (const std::string& line : log_lines) {
                if (line.find(expected) == line.npos)
                    break;
                ++reports;
            }
            if (reports != log_lines.size() || reports > (ended ? 1u : 0u))
                break;
            if (reports == (ended ? 1u : 0u))
                return;
        }
        if (std::chrono::steady_clock::now() > patience)
            fail("the end of " + victim_ + " is not reported");
        std::this_thread::sleep_for(50us);
    }
    fail("the nucleus says something else than it should");
}

void Stage::expect_all_right() {
    std::uint64_t calls = std::exchange(settled_calls_, 0);
    for (Round& round : rounds_) {
        const Answer answer = await(round);
        calls += round.calls;
        if (!round.right(answer))
            complain(round, answer);
    }
    rounds_.clear();
    count_served(Side::a, calls, calls);
    count_served(Side::b, calls, calls);
    expect_reported(false);
}

void Stage::expect_only_victim_died() {
    std::uint64_t least = std::exchange(settled_calls_, 0), most = least;
    for (Round& round : rounds_) {
        const Answer answer = await(round);
        const bool by_victim = role_ == Role::client && round.client == Side::a;
        most += round.calls;
        least += answer || !by_victim ? round.calls : 0;
        bool well = round.right(answer);
        if (by_victim)
            well = well || (!answer && answer.error() == Status::peer_died);
        else if (role_ == Role::provider)
            well = answer && answer->wrong + answer->absent + answer->other == 0 &&
                   answer->right_b == round.calls && answer->right_a + answer->died == round.calls;
        if (!well)
            complain(round, answer);
    }
    rounds_.clear();
    count_served(Side::b, least, most);
    if (role_ == Role::client)
        count_served(Side::a, least, most);
    expect_reported(true);
}

Inventory Stage::inventory() const {
    Inventory all{};
    each_descriptor([&](const std::string&, const std::string& what) {
        ++(what.contains("eventfd") ? all.bells : all.descriptors);
    });
    each_domain([&](pid_t) { ++all.processes; });
    std::ifstream maps{"/proc/self/maps"};
    for (std::string line; std::getline(maps, line);)
        all.mappings += line.find("/memfd:") != line.npos ? 1u : 0u;
    const auto memory = nucleus_->call(cw::memory::statistics);
    all.pages = memory ? (memory->total_bytes - memory->free_bytes) / 4096 : 0;
    return all;
}

void Stage::expect_nothing_left() {
    if (first_ == nullptr) {
        if (++warm_ups_ < kWarmUps)
            return;
        std::this_thread::sleep_for(200ms); // the last ones are on their way out
        first_ = std::make_unique<Inventory>(inventory());
        return;
    }
    const auto patience = std::chrono::steady_clock::now() + patience_;
    for (;;) {
        const Inventory now = inventory();
        if (now.descriptors == first_->descriptors && now.processes == first_->processes &&
            now.mappings == first_->mappings && now.pages <= first_->pages + kMostPoolPages &&
            now.bells <= kMostBells)
            return;
        if (std::chrono::steady_clock::now() > patience)
            fail("left behind: doorbells " + std::to_string(now.bells) + "; descriptors " +
                 std::to_string(now.descriptors) + ", were " + std::to_string(first_->descriptors) +
                 "; processes " + std::to_string(now.processes) + ", were " +
                 std::to_string(first_->processes) + "; mappings " + std::to_string(now.mappings) +
                 ", were " + std::to_string(first_->mappings) + "; pages " +
                 std::to_string(now.pages) + ", were " + std::to_string(first_->pages));
        std::this_thread::sleep_for(1ms);
    }
}

} // namespace death
