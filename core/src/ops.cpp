#include "ops.hpp"
#include "crossing.hpp"
#include <cw/core/executor.hpp>
#include <cw/core/runtime_ops.hpp>

namespace cw {

RuntimeOps runtime_ops() noexcept {
    using namespace runtime;
    RuntimeOps table{};
    table.size_bytes = sizeof(RuntimeOps);
    table.queue = kCrossing<&ops::queue>;
    table.gate_left = kCrossing<&ops::gate_left>;
    table.suspended = kCrossing<&ops::suspended>;
    table.complete = kCrossing<&ops::complete>;
    table.ready = kCrossing<&ops::ready>;
    table.set_deadline = kCrossing<&ops::set_deadline>;
    table.cancel = kCrossing<&ops::cancel>;
    table.release = kCrossing<&ops::release>;
    table.now = &platform::now;
    table.sleep = kCrossing<&ops::sleep>;
    table.wait_interrupt = kCrossing<&ops::wait_interrupt>;
    table.fail = &platform::fail;
    table.submit_slowly = kCrossing<&ops::submit_slowly>;
    table.note_submitted = kCrossing<&ops::note_submitted>;
    table.caller = kCrossing<&ops::caller>;
    table.wake = kCrossing<&ops::wake>;
    table.trace = kCrossing<&ops::trace>;
    table.count_interrupt_in = kCrossing<&ops::count_interrupt_in>;
    return table;
}

} // namespace cw
