// Reads a field that the publisher does not have.
#include <cw/core/variables/declare.hpp>
#include <cw/sdk/module.hpp>

namespace stranger {
struct Report {
    std::uint64_t number;
    std::uint64_t height;
};
CW_VARIABLE_NAMED(report, "gauge/report", Report);
} // namespace stranger

CW_MODULE(gauge_stranger, {.version = {1, 0}});
CW_READ(stranger::report);
