// A module that does not start; CW_TEST_WAY says how. One file for each way is built of this.
#include <cw/sdk/module.hpp>
#include <cw/tests/hostile.hpp>
#include <cw/tests/machine.hpp>

#define DECLARE(name, ...) CW_MODULE(name, __VA_ARGS__)
DECLARE(CW_TEST_MODULE, {.version = {1, 0}});

enum class Way { constructor_faults, constructor_loops, start_faults };
static constexpr Way kWay = Way::CW_TEST_WAY;

namespace {

volatile std::uint64_t sink;

struct Begun {
    Begun() noexcept {
        if (kWay == Way::constructor_faults)
            sink = *reinterpret_cast<volatile std::uint64_t*>(8);
        while (kWay == Way::constructor_loops)
            sink = sink + 1;
    }
};
Begun begun;

} // namespace

CW_START {
    if (kWay == Way::start_faults)
        machine::run_illegal_instruction();
}
CW_PROVIDE(innocent::ping, [](innocent::Word word) { return word; });
