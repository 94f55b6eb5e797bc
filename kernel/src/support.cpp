// What the compiler and freestanding headers expect to find.
#include <cstddef>
#include <cw/nucleus/panic.hpp>
#include <new>

extern "C" {
[[noreturn]] void abort() noexcept {
    cw::kernel::panic("abort", "support", 0);
}
void __cxa_pure_virtual() {
    abort();
}
int __cxa_atexit(void (*)(void*), void*, void*) {
    return 0;
}
}

void* __dso_handle = nullptr;

namespace std {
void __throw_out_of_range_fmt(const char*, ...) {
    abort();
}
void __throw_bad_expected_access() {
    abort();
}
} // namespace std
