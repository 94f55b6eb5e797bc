// Running a model under relacy from a GoogleTest: the protocol as it ships must be clean, each
// planted mutation must be found.
#pragma once
#include <gtest/gtest.h>

#include "relacy_sync.hpp"

namespace cw::model {

struct Outcome {
    rl::test_result_e result;
    std::uint64_t executions; ///< Until the error, or all of them.
    std::string history;      ///< Of the failing execution.

    [[nodiscard]] bool clean() const { return result == rl::test_result_success; }
};

enum class Search : std::uint8_t {
    random,  ///< As many random executions as asked for.
    bounded, ///< All executions with at most `bound` preemptions.
};

template <class Model>
Outcome explore(Search search, std::uint64_t executions, unsigned bound = 2) {
    std::ostringstream output;
    rl::test_params parameters;
    parameters.search_type = search == Search::random ? rl::random_scheduler_type
                                                      : rl::fair_context_bound_scheduler_type;
    parameters.iteration_count = executions;
    parameters.context_bound = bound;
    parameters.execution_depth_limit = 4000;
    parameters.output_stream = &output;
    parameters.progress_stream = &output;
    next_fence = {};
    rl::simulate<Model>(parameters);
    return {parameters.test_result, parameters.stop_iteration, output.str()};
}

/// The end of a failing history: what led to the error.
inline std::string tail_of(const std::string& text) {
    constexpr std::size_t kShown = 6000;
    return text.size() <= kShown ? text : text.substr(text.size() - kShown);
}

inline void report(const char* what, const Outcome& outcome) {
    std::cout << what << ": "
              << (outcome.clean() ? "clean after " : rl::test_result_str(outcome.result))
              << (outcome.clean() ? "" : " after ") << outcome.executions << " executions\n";
    testing::Test::RecordProperty("executions", std::to_string(outcome.executions));
}

/// The model as it ships: no error in `executions` random executions, nor in any with at most
/// `bound` preemptions. With an `unneeded` order: none although that order is weakened.
template <class Model>
void expect_clean(std::uint64_t executions, unsigned bound, Weakening unneeded = {}) {
    weakening = unneeded;
    const Outcome random = explore<Model>(Search::random, executions);
    report("random", random);
    EXPECT_TRUE(random.clean()) << tail_of(random.history);
    if (bound != 0) {
        const Outcome bounded = explore<Model>(Search::bounded, executions, bound);
        report("bounded", bounded);
        EXPECT_TRUE(bounded.clean()) << tail_of(bounded.history);
    }
    weakening = {};
}

/// The model with one order weakened: an error within `executions` executions, random ones or
/// those with at most two preemptions.
template <class Model>
void expect_found(Weakening planted, std::uint64_t executions, Search search = Search::random) {
    weakening = planted;
    const Outcome outcome = explore<Model>(search, executions);
    weakening = {};
    report("mutant", outcome);
    EXPECT_FALSE(outcome.clean()) << "the mutation was not found";
}

} // namespace cw::model
