#include "sanitizer.hpp"
#include <memory>
#include <thread>

#if __has_feature(address_sanitizer)
// Said before main(). The window of segments lies in the gap between shadows. Frames of modules
// that were stopped are left behind, which fake ones could not be. Faults, and the stacks they are
// handled on, are ours.
extern "C" [[gnu::visibility("default")]] const char* __asan_default_options() {
    return "protect_shadow_gap=0:detect_stack_use_after_return=0:use_sigaltstack=0:"
           "handle_segv=0:handle_sigbus=0:handle_sigill=0:handle_sigfpe=0:handle_sigtrap=0";
}
#endif
#ifdef CW_THREAD_SANITIZER
// A system ends with whatever threads there are.
extern "C" [[gnu::visibility("default")]] const char* __tsan_default_options() {
    return "report_thread_leaks=0";
}
#endif

namespace cw::hosted::sanitizer {

namespace {

[[maybe_unused]] bool asks_for(std::string_view words, std::string_view kind) noexcept {
    constexpr std::string_view kWord = "plant=";
    const std::size_t at = words.find(kWord);
    return at != std::string_view::npos && words.substr(at + kWord.size()).starts_with(kind);
}

} // namespace

void plant([[maybe_unused]] std::string_view words) noexcept {
#if __has_feature(address_sanitizer)
    if (asks_for(words, "overflow")) {
        const auto bytes = std::make_unique<volatile char[]>(words.size());
        bytes[words.size()] = 1;
    }
    if (asks_for(words, "undefined")) {
        volatile int most = 0x7fff'ffff;
        most = most + 1;
    }
#endif
#ifdef CW_THREAD_SANITIZER
    if (asks_for(words, "race")) {
        volatile int word = 0;
        std::jthread other{[&] { word = 1; }};
        word = 2;
    }
#endif
}

} // namespace cw::hosted::sanitizer
