// Devices of the machine, for the modules that drive them.
#include <cw/kernel/boot.hpp>
#include <cw/kernel/interrupts.hpp>
#include <cw/kernel/register_audit.hpp>
#include <cw/kernel/serial.hpp>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/log.hpp>
#include <cw/nucleus/modules.hpp>
#include <iterator>
#include <string_view>

namespace cw::kernel {

namespace {
AllocationSite device_segments{"devices.registers"};

/// Whose each device is; guarded by kernel_lock. Null: nobody's.
const ModuleInstance* owners[std::size(Machine{}.devices)];

PhysicalAddress page_of(const DeviceDescription& device) noexcept {
    return round_down(device.registers, kPage);
}

/// Who has a device with registers in the same page: that is given to one module only, as a whole.
const ModuleInstance* owner_of_page(PhysicalAddress page) noexcept {
    for (std::uint32_t i = 0; i < machine().device_count; ++i) {
        if (owners[i] != nullptr && page_of(machine().devices[i]) == page)
            return owners[i];
    }
    return nullptr;
}

/// A device of this kind that nobody has. Errors: not_found (there is no such), already_exists
/// (others have all).
Result<const DeviceDescription*> claim_device(const ModuleInstance& instance,
                                              std::string_view compatible) noexcept {
    const ModuleInstance* owner = nullptr;
    for (std::uint32_t i = 0; i < machine().device_count; ++i) {
        const DeviceDescription& device = machine().devices[i];
        if (compatible != device.compatible)
            continue;
        owner = owner_of_page(page_of(device));
        if (owner == nullptr) {
            owners[i] = &instance;
            return &device;
        }
    }
    if (owner == nullptr)
        return refuse(Status::not_found);
    log::line("{}: the registers of {} are {}'s",
              instance.image->name(),
              compatible,
              owner->image->name());
    return refuse(Status::already_exists);
}

} // namespace

Status grant_devices(ModuleInstance& instance) noexcept {
    Segment** device = instance.devices;
    for (const abi::DeviceRecord& record : instance.image->devices()) {
        const auto claimed = claim_device(instance, instance.image->text(record.compatible));
        if (!claimed)
            return claimed.error();
        const DeviceDescription* const found = *claimed;
        auto segment = segment_reserve(*instance.domain, kPage, device_segments);
        if (!segment)
            return segment.error();
        *device++ = *segment;
        if (const Status status =
                segment_borrow(**segment, 0, direct(round_down(found->registers, kPage)), kPage);
            status != Status::ok)
            return status;
        if (!registers_audited()) {
            if (const Status status =
                    segment_map(**segment, *instance.domain, kRightRead | kRightWrite);
                status != Status::ok)
                return status;
        }
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
        image_write(instance, record.grant, &grant, sizeof(grant));
        // "log=serial" on the command line: the kernel goes on printing beside the module that has
        // the port now.
        if (std::string_view{found->compatible} == "ns16550a" &&
            std::string_view{machine().arguments}.find("log=serial") == std::string_view::npos)
            log::use_serial_port(0);
    }
    return Status::ok;
}

/// Registers go with their segment, interrupts with their thread.
void release_devices(ModuleInstance& instance) noexcept {
    for (const ModuleInstance*& owner : owners) {
        if (owner == &instance)
            owner = nullptr;
    }
}

Status interrupt_acknowledge(ExecutorRecord& record, std::uint64_t index) noexcept {
    if (index >= record.interrupt_count)
        return Status::out_of_range;
    interrupt_acknowledge(record.interrupts[index]);
    return Status::ok;
}

} // namespace cw::kernel
