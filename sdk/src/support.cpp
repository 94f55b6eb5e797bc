// What the compiler and freestanding headers expect to find in a module.
#include <cstddef>
#include <cw/core/task.hpp>
#include <string_view>

namespace {
[[noreturn]] void fail(std::string_view message) noexcept {
    cw_module.ops->fail(&cw_module, message.data(), message.size());
    __builtin_trap();
}
} // namespace

extern "C" {
[[noreturn]] void abort() noexcept {
    fail("abort");
}
void __cxa_pure_virtual() {
    fail("pure virtual call");
}
// A module has no end at which destructors of static objects could run: its memory is given back
// whole.
int __cxa_atexit(void (*)(void*), void*, void*) {
    return 0;
}
int atexit(void (*)()) {
    return 0;
}
[[gnu::visibility("hidden")]] void* __dso_handle = nullptr;
}

namespace std {
void __throw_out_of_range_fmt(const char*, ...) {
    fail("out of range");
}
void __throw_length_error(const char* message) {
    fail(message);
}
void __throw_bad_alloc() {
    fail("out of memory");
}
void __throw_bad_array_new_length() {
    fail("out of memory: more than can be addressed");
}
void __throw_bad_function_call() {
    fail("call of an empty function");
}
void __throw_invalid_argument(const char* message) {
    fail(message);
}
void __throw_logic_error(const char* message) {
    fail(message);
}
void __throw_out_of_range(const char* message) {
    fail(message);
}
} // namespace std
