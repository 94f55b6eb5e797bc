// The nucleus with the cast of the death tests on it, and what must hold of everybody who is not
// killed.
#pragma once
#include "death.hpp"
#include <chrono>
#include <cstdint>
#include <cw/core/result.hpp>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace cw::hosted {
class Nucleus;
}

namespace death {

/// Whom a test kills or stops.
enum class Role : std::uint8_t { client, provider };

/// Says at which instruction the victim was caught, for the message of a failure.
using Where = std::function<std::string()>;

/// What a process, the machine and the nucleus have in use.
struct Inventory {
    std::size_t descriptors; ///< Of the nucleus' process, but for:
    std::size_t bells;       ///< Eventfds.
    std::size_t processes;   ///< Domains.
    std::size_t mappings;    ///< Of segments, in the nucleus' process.
    std::uint64_t pages;     ///< The same, in pages.
};

class Stage {
public:
    /// Starts the nucleus and loads the whole cast. Ends the programme if that cannot be done.
    Stage(const std::string& modules, Role victim, unsigned patience_seconds, Where& where);
    ~Stage();

    [[nodiscard]] const std::string& victim() const { return victim_; }
    [[nodiscard]] pid_t victim_process();
    /// Loads the victim, which has ended, and waits until all calls work.
    void load_victim();

    /// Orders both clients to call both providers; `kinds` as in Order.
    void begin_round(std::uint64_t kinds);
    /// While the victim is stopped: orders the innocent client to call as well, and waits for calls
    /// between the programme and the innocents, which must come back meanwhile.
    void add_round_of_innocents();
    /// While the victim is stopped: calls of the programme, so that executors run and look at their
    /// rings.
    void let_others_look();
    /// True if all that was ordered has come back.
    [[nodiscard]] bool round_done();
    /// Waits for all that was ordered. The victim lives: every call has its value, and was begun
    /// once.
    void expect_all_right();
    /// Waits for all that was ordered. The victim was killed: its own calls, and those to it, have
    /// their value or peer_died; all others their value. Its end was reported, once, and nothing
    /// else was.
    void expect_only_victim_died();
    /// The victim has been loaded again, and as much is in use as was after the first few times.
    /// (With the victim there: who survived it keeps the pool of a closed channel until it is told
    /// of the next.)
    void expect_nothing_left();

    [[noreturn]] void fail(const std::string& what);

private:
    using Answer = cw::Result<Findings>;
    struct Round {
        Side client;
        std::uint64_t calls; ///< Of each provider.
        std::future<Answer> future;

        [[nodiscard]] bool right(const Answer& answer) const;
    };

    void load(const std::string& module);
    [[nodiscard]] Round begin(Side client, std::uint64_t kinds);
    [[noreturn]] void complain(const Round& round, const Answer& answer);
    [[nodiscard]] Served served(Side provider);
    [[nodiscard]] Answer await(Round& round);
    void count_served(Side provider, std::uint64_t least, std::uint64_t most);
    void expect_reported(bool ended);
    [[nodiscard]] Inventory inventory() const;

    std::unique_ptr<cw::hosted::Nucleus> nucleus_;
    std::string folder_;
    std::chrono::seconds patience_; ///< Only to tell a hang from a slow machine.
    Role role_;
    std::string victim_;
    Where& where_;
    std::vector<Round> rounds_;
    std::uint64_t settled_calls_ = 0; ///< Of each provider, of rounds that were waited for.
    std::uint64_t next_number_[2] = {1, 1};
    std::uint64_t served_[2] = {0, 0}; ///< Of each provider, when it was last asked.
    std::unique_ptr<Inventory> first_;
    unsigned warm_ups_ = 0;
};

} // namespace death
