// The usual cast of a test: a calling module, a serving module, and the test as a client that sends
// the caller on errands.
#pragma once
#include "modules/errand.hpp"
#include "modules/work.hpp"
#include "world.hpp"

#include <gtest/gtest.h>
#include <optional>

namespace cw::test {

/// Each of both in an executor of its own, linked by ring; or both in one, linked directly.
struct Couple {
    World world;
    ExecutorThread& calling;
    ExecutorThread& serving;
    Module& caller;
    Module& service;
    RawClient& client;
    work::Journal& journal;
    std::uint32_t next_cookie = 1;
    Channel* channel = nullptr; ///< Between the two, on the ring path.

    explicit Couple(Path path);

    /// Sends the caller on an errand.
    void send(errand::Kind kind, std::uint64_t count, std::uint64_t first = 0);
    /// What came back since, oldest first.
    std::vector<errand::Findings> returned();
    /// Sends it, lets everybody run until nothing happens any more, and takes what it found.
    errand::Findings run(errand::Kind kind, std::uint64_t count, std::uint64_t first = 0);
    /// Calls a method of the service from outside, past the caller; its first word if it came back.
    std::optional<std::uint64_t> outside(std::string_view method, std::uint64_t value);

private:
    RawClient* stranger_ = nullptr;
};

inline std::string name_of_path(const testing::TestParamInfo<Path>& info) {
    return info.param == Path::ring ? "ring" : info.param == Path::remote ? "remote" : "direct";
}

} // namespace cw::test
