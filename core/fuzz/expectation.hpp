// What an executor must make of the requests that lie in a ring: which it answers and how, and
// whether who wrote them is guilty.
#pragma once
#include "world.hpp"

#include <optional>
#include <vector>

namespace cw::fuzz {

struct ExpectedAnswer {
    std::uint32_t cookie;
    Status status;
    std::optional<std::uint64_t> word; ///< The first of the reply; none if it cannot be foretold.
};

struct Expectation {
    bool impossible = false;             ///< The index, or a message that is no request.
    std::uint32_t suspending = 0;        ///< Requests whose handlers suspend, or may.
    std::uint32_t requests = 0;          ///< That are answered some time.
    std::vector<ExpectedAnswer> answers; ///< Of those that are answered at once, in this order.
};

/// The methods of the service of the test modules.
class Served {
public:
    explicit Served(const test::Module& service);

    [[nodiscard]] std::uint16_t count() const { return count_; }
    /// What is to come of the requests [from, to) of a channel.
    [[nodiscard]] Expectation
    expect(const test::Channel& channel, std::uint32_t from, std::uint32_t to) const;

private:
    void expect(Expectation& all,
                const test::Channel& channel,
                const test::Message& message,
                std::uint16_t opcode) const;

    std::uint16_t count_;
    std::uint16_t add_one_, nothing_, block_, refuse_, hold_, sleep_until_, sum_;
};

} // namespace cw::fuzz
