// The devices that this host has: its terminal, on standard input and output; and files, which are
// elsewhere (files.hpp).
#include "control.hpp"
#include "files.hpp"
#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <cw/abi/terminal.hpp>
#include <cw/nucleus/log.hpp>
#include <cw/nucleus/modules.hpp>
#include <cw/nucleus/panic.hpp>
#include <termios.h>
#include <unistd.h>

namespace cw::hosted {

namespace {

using abi::TerminalPage;

std::mutex terminal_lock;
std::condition_variable room; ///< The driver has taken input.
ExecutorRecord* owner;        ///< Whose module drives it; null: nobody's.
TerminalPage* page;
std::uint32_t output_head, input_tail; ///< Ours: what the page says may be anything.
termios before;
bool changed;
Thread reader_thread{};

void write_all(const char* bytes, std::size_t size) noexcept {
    while (size != 0) {
        const ssize_t wrote = write(STDOUT_FILENO, bytes, size);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return; // nobody reads any more
        bytes += wrote;
        size -= static_cast<std::size_t>(wrote);
    }
}

/// Takes what the driver has written. Untrusted: its index. Locks: terminal_lock held.
void take_output() noexcept {
    const std::uint32_t tail = __atomic_load_n(&page->output_tail, __ATOMIC_ACQUIRE);
    if (tail - output_head > abi::kTerminalOutputBytes)
        return;
    while (output_head != tail) {
        const std::uint32_t begin = output_head % abi::kTerminalOutputBytes;
        const std::uint32_t count = std::min(tail - output_head, abi::kTerminalOutputBytes - begin);
        write_all(page->output + begin, count);
        output_head += count;
    }
    __atomic_store_n(&page->output_head, output_head, __ATOMIC_RELEASE);
}

/// How many bytes of input the driver has room for. Untrusted: its index.
std::uint32_t input_room() noexcept {
    const std::uint32_t used = input_tail - __atomic_load_n(&page->input_head, __ATOMIC_ACQUIRE);
    return used > abi::kTerminalInputBytes ? 0 : abi::kTerminalInputBytes - used;
}

/// Hands bytes to the driver, as it has room; there may be another driver by then.
void give_input(const char* bytes, std::size_t size) noexcept {
    std::unique_lock hold{terminal_lock};
    while (size != 0) {
        room.wait(hold, [] { return owner != nullptr && input_room() != 0; });
        const std::size_t count = std::min<std::size_t>(size, input_room());
        for (std::size_t i = 0; i < count; ++i)
            page->input[input_tail++ % abi::kTerminalInputBytes] = *bytes++;
        size -= count;
        __atomic_store_n(&page->input_tail, input_tail, __ATOMIC_RELEASE);
        interrupt_word(*owner, 0)->fetch_add(
            1, Order::release); // [R9], pairs with [A9] in the executor
        thread_wake(*owner->thread);
    }
}

void* read_terminal(void*) {
    adopt_thread(reader_thread, "terminal");
    for (bool any = false;; any = true) {
        char bytes[256];
        const ssize_t count = read(STDIN_FILENO, bytes, sizeof(bytes));
        if (count < 0 && errno == EINTR)
            continue;
        if (count > 0) {
            give_input(bytes, static_cast<std::size_t>(count));
            continue;
        }
        constexpr char kEndOfTransmission = 4;
        if (any) // somebody has typed, or piped: the shell is to know that no more comes
            give_input(&kEndOfTransmission, 1);
        return nullptr;
    }
}

/// Every key goes to the console, but for Ctrl-\, which ends the nucleus.
void make_raw() noexcept {
    if (isatty(STDIN_FILENO) == 0 || tcgetattr(STDIN_FILENO, &before) != 0)
        return;
    termios raw = before;
    cfmakeraw(&raw);
    raw.c_lflag |= ISIG;
    raw.c_oflag |= OPOST; // our own messages stay readable
    for (const int key : {VINTR, VSUSP})
        raw.c_cc[key] = _POSIX_VDISABLE;
    changed = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
    struct sigaction action{};
    action.sa_handler = [](int signal) {
        restore_terminal();
        std::signal(signal, SIG_DFL);
        raise(signal);
    };
    for (const int signal : {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGABRT})
        sigaction(signal, &action, nullptr);
}

AllocationSite terminal_pages{"devices.terminal"};

Status
grant_terminal(ModuleInstance& instance, Segment*& device, std::uint64_t& interrupt) noexcept {
    ExecutorRecord& executor = *instance.executor;
    const std::lock_guard hold{terminal_lock};
    if (owner != nullptr)
        return Status::already_exists;
    if (executor.interrupt_count != 0)
        return Status::no_resource;
    const auto made = segment_create(*instance.domain, kPage, Backing::pages, terminal_pages);
    if (!made)
        return made.error();
    device = *made;
    if (const Status status = segment_map(*device, *instance.domain, kRightRead | kRightWrite);
        status != Status::ok)
        return status;
    page = segment_view_as<TerminalPage>(*device);
    output_head = 0;
    input_tail = 0;
    owner = &executor;
    interrupt = executor.interrupt_count++;
    room.notify_all();
    return Status::ok;
}

constexpr std::string_view kFiles = "causeway,files";

Status grant_files(ModuleInstance& instance, abi::DeviceGrant& grant) noexcept {
    Domain& domain = *instance.domain;
    if (!domain.is_kernel()) {
        if (domain.files != nullptr)
            return domain.files->grant(instance, grant);
        log::line("{}: the process of {} was not made for files: load it into one of its own",
                  instance.image->name(),
                  domain.name);
        return Status::unsupported;
    }
    const auto device = FilesDevice::create(domain);
    if (!device)
        return device.error();
    const Status status = (*device)->grant(instance, grant);
    if (status != Status::ok)
        (*device)->retire();
    return status;
}

} // namespace

void restore_terminal() noexcept {
    if (changed)
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

} // namespace cw::hosted

namespace cw::kernel {

using namespace hosted;

Status grant_devices(ModuleInstance& instance) noexcept {
    Segment** device = instance.devices;
    for (const abi::DeviceRecord& record : instance.image->devices()) {
        const std::string_view compatible = instance.image->text(record.compatible);
        if (compatible == kFiles) {
            abi::DeviceGrant grant{};
            if (const Status status = grant_files(instance, grant); status != Status::ok)
                return status;
            image_write(instance, record.grant, &grant, sizeof(grant));
            continue;
        }
        if (!settings().system || compatible != "causeway,terminal")
            return Status::not_found;
        abi::DeviceGrant grant{0, sizeof(abi::TerminalPage), 0, 0};
        if (const Status status = grant_terminal(instance, *device, grant.interrupt);
            status != Status::ok)
            return status;
        grant.registers = (*device++)->base;
        image_write(instance, record.grant, &grant, sizeof(grant));
        log::leave_terminal();
        static const bool started = [] {
            make_raw();
            pthread_t thread{};
            CW_ASSERT(pthread_create(&thread, nullptr, &read_terminal, nullptr) == 0);
            return true;
        }();
        static_cast<void>(started);
    }
    return Status::ok;
}

Status interrupt_acknowledge(ExecutorRecord& record, std::uint64_t index) noexcept {
    if (index >= record.interrupt_count)
        return Status::out_of_range;
    const std::lock_guard hold{terminal_lock};
    if (owner == &record) {
        take_output();
        room.notify_all();
    }
    return Status::ok;
}

void interrupts_release(Thread& thread) noexcept {
    const std::lock_guard hold{terminal_lock};
    if (owner == nullptr || owner->thread != &thread)
        return;
    take_output(); // its last words
    owner = nullptr;
    page = nullptr;
}

void debug_modules_changed() noexcept {}

Status space_equip(Domain& domain, const loader::Image& image) noexcept {
    for (const abi::DeviceRecord& record : image.devices()) {
        if (image.text(record.compatible) != kFiles || domain.files != nullptr)
            continue;
        const auto device = FilesDevice::create(domain);
        if (!device) {
            if (device.error() == Status::unsupported)
                log::line("{}: needs io_uring of Linux 6.5 or newer, which this system does not "
                          "have or does not allow",
                          image.name());
            return device.error();
        }
        domain.files = device->get(); // kept by the list of devices until it is retired
    }
    return Status::ok;
}

void release_devices(ModuleInstance& instance) noexcept {
    control_driver_ended(instance);
    if (const auto device = device_of(&instance))
        device->retire();
}

} // namespace cw::kernel
