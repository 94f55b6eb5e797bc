#include <cw/core/registers.hpp>
#include <cw/kernel/boot.hpp>
#include <cw/kernel/claims.hpp>
#include <cw/kernel/registers_test.hpp>
#include <cw/kernel/sched.hpp>
#include <cw/nucleus/domain.hpp>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/log.hpp>
#include <cw/nucleus/panic.hpp>
#include <string_view>

namespace cw::kernel {

namespace {

/// Keeps what is written and does nothing. Source: TI PC16550D data sheet, 8.10.
struct Scratch : reg::Shared<std::uint8_t, 7> {};
using Port = RegisterBlock<8, KernelRegisterLock>;

constexpr std::uint32_t kFlips = 1'000'000; ///< Of each party.
/// In one interrupt, of which there are thus 1,000.
constexpr std::uint32_t kFlipsOfInterrupt = 1000;
constexpr std::uint8_t kNobodys = 0b1000'0101;

/// Who flips a bit, and what it must find there: nobody else touches it.
struct Party {
    std::uint8_t bit;
    std::uint32_t flips = 0;
    std::uint32_t lost = 0;

    void flip(const Port& port) noexcept {
        const Port::Claim claim = port.claim();
        const bool expected = flips % 2 != 0;
        const bool is = (port.read<Scratch>() & bit) != 0;
        if (is != expected)
            ++lost;
        claim.modify<Scratch>(expected ? bit : 0, expected ? 0 : bit);
        ++flips;
    }
};

constinit KernelRegisterLock lock{"serial.scratch"};
PhysicalAddress registers;
Party first{.bit = 1 << 1}, second{.bit = 1 << 4}, handler{.bit = 1 << 6};
Thread* interrupted;
std::uint32_t elsewhere; ///< Interrupts that found another thread: they interrupted no flip.
RemoteWork work;
enum Stage : std::uint32_t { kIdle, kPosted, kHandled };
/// Of `work`, which the second hart posts when it is idle.
Atomic<std::uint32_t> stage;          ///< kIdle: [R99] release, [A99] acquire.
Atomic<std::uint32_t> second_is_done; ///< [R100] release, [A100] acquire.

Port port() noexcept {
    return {kDirectMap + registers, lock};
}

/// What the software interrupt of the first hart does. Ordering: [R99] release, pairs with [A99]:
/// the second hart reads `handler`, and uses `work` again.
void handle(RemoteWork&) noexcept {
    stage.store(kHandled, Order::relaxed); // nothing is read for it
    if (current() != interrupted)
        ++elsewhere;
    for (std::uint32_t i = 0; i < kFlipsOfInterrupt; ++i)
        handler.flip(port());
    stage.store(kIdle, Order::release); // [R99]
}

/// For longer than any claim should be: the log has a line about it, or about an earlier one that
/// was too long too, since this hart was not given a processor just then.
void claim_for_long() noexcept {
    const Port::Claim claim = port().claim();
    const std::uint64_t begin = arch::ticks();
    while (arch::ticks() - begin < ticks_per_second() / 50) {
    }
}

[[noreturn]] void conclude() noexcept {
    claim_for_long();
    const std::uint8_t left = port().read<Scratch>();
    const auto wrong = [&](const Party& party) {
        return party.lost != 0 || ((left & party.bit) != 0) != (party.flips % 2 != 0);
    };
    const bool lost = wrong(first) || wrong(second) || wrong(handler) ||
                      (left & kNobodys) != kNobodys || elsewhere > handler.flips / 1000;
    log::line("{}registers: flips {}, {} and, in interrupts, {}; lost {}, {}, {}; left {}",
              lost ? "PANIC: " : "",
              first.flips,
              second.flips,
              handler.flips,
              first.lost,
              second.lost,
              handler.lost,
              Hex{left});
    power_off(lost ? 101 : 0);
}

/// Is interrupted all the time, and goes on until all others are done.
/// Ordering: [A100] acquire, pairs with [R100].
void flip_and_be_interrupted() noexcept {
    while (first.flips < kFlips || second_is_done.load(Order::acquire) == 0) // [A100]
        first.flip(port());
    conclude();
}

/// Flips, and interrupts the other hart whenever that is done with the last time.
/// Ordering: [A99] acquire, pairs with [R99]. [R100] release, pairs with [A100].
void flip_and_interrupt() noexcept {
    for (;;) {
        second.flip(port());
        if (stage.load(Order::acquire) != kIdle) // [A99]
            continue;
        if (second.flips >= kFlips && handler.flips >= kFlips)
            break;
        stage.store(kPosted, Order::relaxed); // before run_on(), which releases it
        run_on(hart(0), work);
        // QEMU delivers it under the lock that registers of devices are accessed under, and those
        // who access them all the time are faster.
        while (stage.load(Order::relaxed) == kPosted) {
        }
    }
    second_is_done.store(1, Order::release); // [R100]
}

PhysicalAddress find_port() noexcept {
    for (std::uint32_t i = 0; i < machine().device_count; ++i) {
        if (std::string_view{machine().devices[i].compatible} == "ns16550a")
            return machine().devices[i].registers;
    }
    return 0;
}

} // namespace

bool registers_test_wanted() noexcept {
    return std::string_view{machine().arguments}.find("registers=storm") != std::string_view::npos;
}

void registers_test_start() noexcept {
    registers = find_port();
    if (registers == 0 || hart_count() < 2)
        panic("registers=storm: needs a serial port and two harts", __FILE__, __LINE__);
    port().claim().write<Scratch>(kNobodys);
    work.run = &handle;
    const Locked hold{kernel_lock};
    const auto on = [](unsigned index, std::string_view name, void (*entry)()) {
        const auto thread = thread_create_kernel(name, 4, entry);
        CW_ASSERT(thread.has_value());
        thread_assign(**thread, hart(index));
        return *thread;
    };
    interrupted = on(0, "flips", &flip_and_be_interrupted);
    thread_start(*interrupted);
    thread_start(*on(1, "interrupts", &flip_and_interrupt));
}

} // namespace cw::kernel
