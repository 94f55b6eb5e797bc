// Devices of the machine, for the modules that drive them.
#include <cw/kernel/boot.hpp>
#include <cw/kernel/interrupts.hpp>
#include <cw/kernel/serial.hpp>
#include <cw/nucleus/host.hpp>

namespace cw::kernel {

namespace {
AllocationSite device_segments{"devices.registers"};
}

Status grant_devices(ModuleInstance& instance) noexcept {
    Segment** device = instance.devices;
    for (const abi::DeviceRecord& record : instance.image->devices()) {
        const DeviceDescription* found = nullptr;
        for (std::uint32_t i = 0; i < machine().device_count && found == nullptr; ++i) {
            if (instance.image->text(record.compatible) == machine().devices[i].compatible)
                found = &machine().devices[i];
        }
        if (found == nullptr)
            return Status::not_found;
        auto segment = segment_reserve(*instance.domain, kPage, device_segments);
        if (!segment)
            return segment.error();
        *device++ = *segment;
        if (const Status status =
                segment_borrow(**segment, 0, direct(round_down(found->registers, kPage)), kPage);
            status != Status::ok)
            return status;
        if (const Status status =
                segment_map(**segment, *instance.domain, kRightRead | kRightWrite);
            status != Status::ok)
            return status;
        ExecutorRecord& executor = *instance.executor;
        abi::DeviceGrant grant{.registers = (*segment)->base + found->registers % kPage,
                               .register_bytes = found->register_bytes,
                               .interrupt = ~std::uint64_t{0},
                               .clock_hz = found->clock_hz};
        if (found->interrupt != 0) {
            if (executor.interrupt_count == kMaxExecutorInterrupts)
                return Status::no_resource;
            const std::uint32_t index = executor.interrupt_count;
            if (const Status status = interrupt_claim(
                    found->interrupt, *executor.thread, interrupt_word(executor, index));
                status != Status::ok)
                return status;
            executor.interrupts[index] = found->interrupt;
            ++executor.interrupt_count;
            grant.interrupt = index;
        }
        segment_write(*instance.segment, record.grant, &grant, sizeof(grant));
        // "log=serial" on the command line: the kernel goes on printing beside the module that has
        // the port now.
        if (std::string_view{found->compatible} == "ns16550a" &&
            std::string_view{machine().arguments}.find("log=serial") == std::string_view::npos)
            log::use_serial_port(0);
    }
    return Status::ok;
}

void release_devices(ModuleInstance&) noexcept {
} // interrupts go with their thread, registers with their segment

Status interrupt_acknowledge(ExecutorRecord& record, std::uint64_t index) noexcept {
    if (index >= record.interrupt_count)
        return Status::out_of_range;
    interrupt_acknowledge(record.interrupts[index]);
    return Status::ok;
}

} // namespace cw::kernel
