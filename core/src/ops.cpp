#include "ops.hpp"
#include <cw/core/executor.hpp>

namespace cw::runtime::ops {

RuntimeOps table() noexcept {
    RuntimeOps ops{};
    ops.size_bytes = sizeof(RuntimeOps);
    ops.queue = &queue;
    ops.gate_left = &gate_left;
    ops.suspended = &suspended;
    ops.complete = &complete;
    ops.ready = &ready;
    ops.set_deadline = &set_deadline;
    ops.cancel = &cancel;
    ops.release = &release;
    ops.now = &platform::now;
    ops.sleep = &sleep;
    ops.wait_interrupt = &wait_interrupt;
    ops.fail = &platform::fail;
    return ops;
}

} // namespace cw::runtime::ops
