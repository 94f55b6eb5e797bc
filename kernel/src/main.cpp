// From the first instruction in C++ to the first module.
#include <cstddef>
#include <cw/core/task.hpp>
#include <cw/kernel/arch/timer.hpp>
#include <cw/kernel/atomics_test.hpp>
#include <cw/kernel/boot.hpp>
#include <cw/kernel/frames.hpp>
#include <cw/kernel/interrupts.hpp>
#include <cw/kernel/reader32_test.hpp>
#include <cw/kernel/registers_test.hpp>
#include <cw/kernel/sched.hpp>
#include <cw/kernel/serial.hpp>
#include <cw/nucleus/archive.hpp>
#include <cw/nucleus/domain.hpp>
#include <cw/nucleus/log.hpp>
#include <cw/nucleus/modules.hpp>
#include <cw/nucleus/nucleus.hpp>
#include <cw/nucleus/panic.hpp>
#include <cw/nucleus/segment.hpp>
#include <cw/nucleus/vdso.hpp>

extern "C" {
extern char image_begin[], image_end[];
extern void (*const init_array_begin)(), (*const init_array_end)();
extern std::uint64_t boot_table[512];
void trap_entry() noexcept;
void boot_secondary() noexcept;
}

namespace cw::kernel {

/// What a started hart finds at its argument, or looks for by its id; read by boot.S.
struct SecondaryStart {
    std::uint64_t boot_satp, satp, entry, stack, index, id;
};
static_assert(sizeof(SecondaryStart) == 48 && offsetof(SecondaryStart, entry) == 16 &&
                  offsetof(SecondaryStart, id) == 40 && kMaxHarts == 8,
              "boot.S");
extern "C" {
SecondaryStart secondary_starts[kMaxHarts];
}

namespace {

Machine the_machine;

void enable_traps(std::uint32_t hart_id) noexcept {
    CW_CSR_WRITE(stvec, reinterpret_cast<std::uint64_t>(&trap_entry));
    CW_CSR_WRITE(scounteren, 7); // cycle, time and instret for user mode
    CW_CSR_WRITE(sie, 1u << arch::kSoftware | 1u << arch::kTimer | 1u << arch::kExternal);
    if (the_machine.plic != 0)
        interrupts_enable_hart(hart_id);
}

std::uint64_t physical(const void* address) noexcept {
    return reinterpret_cast<std::uint64_t>(address) - kImageOffset;
}

[[noreturn]] void secondary_main(std::uint64_t index) noexcept {
    enable_traps(hart(static_cast<unsigned>(index)).id);
    hart_enter(static_cast<unsigned>(index));
}

void start_harts(std::uint32_t boot_hart) noexcept {
    unsigned count = 1;
    for (std::uint32_t i = 0; i < the_machine.hart_count && count < kMaxHarts; ++i) {
        const std::uint32_t id = the_machine.hart_ids[i];
        if (id == boot_hart)
            continue;
        hart_initialise(count, id, the_machine.sswi);
        const auto stack = allocate_stack(1);
        CW_ASSERT(stack.has_value());
        secondary_starts[count] = {.boot_satp = arch::kSatpSv39 | physical(boot_table) >> 12,
                                   .satp = kernel_space().satp(),
                                   .entry = reinterpret_cast<std::uint64_t>(&secondary_main),
                                   .stack = *stack,
                                   .index = count,
                                   .id = id};
        if (arch::sbi_hart_start(id,
                                 physical(reinterpret_cast<const void*>(&boot_secondary)),
                                 physical(&secondary_starts[count]))
                .error == 0)
            ++count;
        else
            log::line("hart {} does not start", id);
    }
    set_hart_count(count);
}

} // namespace

const Machine& machine() noexcept {
    return the_machine;
}
std::uint64_t ticks_per_second() noexcept {
    return the_machine.ticks_per_second;
}

void power_off(std::uint8_t status) noexcept {
    // "sifive,test": 0x5555 ends with 0, (status << 16) | 0x3333 with that status. SBI's own reset
    // call always ends with 0.
    if (the_machine.power_test != 0)
        *direct_as<volatile std::uint32_t>(the_machine.power_test) =
            status == 0 ? 0x5555u : std::uint32_t{status} << 16 | 0x3333u;
    for (;;)
        arch::sbi_call(0x53525354, 0, 0, 0); // system reset: shutdown
}

extern "C" [[noreturn]] void kernel_main(std::uint64_t boot_hart,
                                         std::uint64_t device_tree) noexcept {
    for (auto* constructor = &init_array_begin; constructor != &init_array_end; ++constructor)
        (*constructor)();
    if (!read_device_tree(direct(device_tree), the_machine)) {
        for (const char c : std::string_view{"PANIC: no device tree\n"})
            arch::sbi_console_putchar(c);
        power_off(101);
    }
    const std::uint64_t free_begin = round_up(physical(image_end), kMegaPage);
    test_atomics(the_machine, free_begin);
    for (std::uint32_t i = 0; i < the_machine.device_count; ++i) {
        if (std::string_view{the_machine.devices[i].compatible} == "ns16550a")
            log::use_serial_port(the_machine.devices[i].registers);
    }
    arch::have_stimecmp = the_machine.has_stimecmp;
    // RAM behind the image, without the boot archive and the device tree; both lie above the image
    // on this machine.
    frames::initialise(free_begin,
                       the_machine.ram_end,
                       the_machine.archive_begin,
                       round_up(the_machine.archive_end, kPage),
                       device_tree & ~(kPage - 1),
                       round_up(device_tree, kPage) + 64 * 1024);
    paging_initialise(the_machine);
    segments_initialise();
    domains_initialise();
    interrupts_initialise();
    hart_initialise(0, static_cast<std::uint32_t>(boot_hart), the_machine.sswi);
    asm volatile(
        "mv tp, %0" ::"r"(hart(0).idle)); // the rest of boot runs in the name of the idle thread
    enable_traps(static_cast<std::uint32_t>(boot_hart));
    CW_CSR_WRITE(sscratch, reinterpret_cast<std::uint64_t>(hart(0).idle));
    vdso_initialise();
    archive_initialise();
    modules_initialise();
    start_harts(static_cast<std::uint32_t>(boot_hart));
    if (registers_test_wanted())
        registers_test_start();
    else
        nucleus_create(reader32_test_wanted() ? &reader32_test : &nucleus_start);
    hart_enter(0);
}

} // namespace cw::kernel
