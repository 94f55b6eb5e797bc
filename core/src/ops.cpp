#include "ops.hpp"
#include <cw/core/executor.hpp>
#include <cw/core/runtime_ops.hpp>

namespace cw {

RuntimeOps runtime_ops() noexcept {
    using namespace runtime;
    RuntimeOps table{};
    table.size_bytes = sizeof(RuntimeOps);
    table.queue = &ops::queue;
    table.gate_left = &ops::gate_left;
    table.suspended = &ops::suspended;
    table.complete = &ops::complete;
    table.ready = &ops::ready;
    table.set_deadline = &ops::set_deadline;
    table.cancel = &ops::cancel;
    table.release = &ops::release;
    table.now = &platform::now;
    table.sleep = &ops::sleep;
    table.wait_interrupt = &ops::wait_interrupt;
    table.fail = &platform::fail;
    table.submit_slowly = &ops::submit_slowly;
    table.note_submitted = &ops::note_submitted;
    table.caller = &ops::caller;
    table.wake = &ops::wake;
    table.count_interrupt_in = &ops::count_interrupt_in;
    return table;
}

} // namespace cw
