// One run of the death tests: learns what a domain executes in a cycle, then catches it at each of
// these instructions.
#pragma once
#include "places.hpp"
#include "stage.hpp"
#include "tracee.hpp"
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace death {

struct Options {
    std::string modules; ///< Folder of the cast, with symbols.
    std::string vdso;    ///< The file with symbols.
    std::string only;    ///< An operation, or empty for all.
    Role victim = Role::client;
    bool stop = false; ///< Else it is killed.
    std::uint32_t each = 1, stride = 1, seed = 0;
    unsigned patience_seconds = 20; ///< What takes longer hangs.
};

class Drill {
public:
    explicit Drill(const Options& options);

    /// Ends the programme with a message if anything is not as it must be.
    void run();

private:
    /// An instruction that the cycle executes, the `times`-th time that it does.
    struct Point {
        Place place;
        std::uint32_t times;
    };

    void attach();
    void catch_asleep();
    void learn();
    void make_plan();
    [[nodiscard]] bool reach(const Point& point, std::uint64_t kinds);
    [[nodiscard]] bool reach_slowly(const Point& point);
    [[nodiscard]] bool reach_somehow(std::size_t number);
    void stop_at_all();
    void kill_at_all();
    void kill_at(std::size_t number);
    void will_be(const char* what, std::size_t number);
    void caught(const Point& point);
    void expect_enough();
    void tell(double seconds) const;

    const Options& options_;
    Where where_;
    Stage stage_;
    Places places_;
    std::function<bool()> done_;
    std::optional<Tracee> tracee_;
    std::map<Place, std::vector<std::uint32_t>> executions_; ///< Which executions of each count.
    std::map<Place, std::string> operations_;
    std::vector<Point> plan_;
    std::map<Place, std::uint64_t> hits_;
    std::uint64_t learned_ = 0, count_ = 0, slow_ = 0, missed_ = 0;
};

} // namespace death
