// What people see of the log: lines on standard error, until a module has the terminal; or what the
// programme does with them that the nucleus is part of.
#include "host.hpp"
#include <atomic>
#include <cstdlib>
#include <cw/core/text.hpp>
#include <cw/nucleus/panic.hpp>
#include <sys/uio.h>
#include <unistd.h>

namespace cw::kernel {

namespace log {

namespace {
std::atomic<bool> terminal_taken{false};
}

void print(std::string_view line) noexcept {
    char end = '\n';
    const iovec pieces[] = {{const_cast<char*>(line.data()), line.size()}, {&end, 1}};
    static_cast<void>(!writev(STDERR_FILENO, pieces, 2));
}

void show(std::string_view line) noexcept {
    if (!hosted::settings().system) {
        if (hosted::settings().log)
            hosted::settings().log(line);
        return;
    }
    if (terminal_taken.load(std::memory_order_relaxed) &&
        boot_arguments().find("log=serial") == std::string_view::npos)
        return;
    print(line);
}

void seize() noexcept {
    terminal_taken.store(false, std::memory_order_relaxed);
}

void leave_terminal() noexcept {
    terminal_taken.store(true, std::memory_order_relaxed);
}

} // namespace log

void panic(const char* what, const char* file, int line) noexcept {
    log::print(Text<320>{"PANIC: {} ({}:{})", what, file, line}.view());
    power_off(101);
}

} // namespace cw::kernel
