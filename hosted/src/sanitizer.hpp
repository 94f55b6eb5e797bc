// What the sanitizers must be told of a nucleus. Nothing in a build without it.
#pragma once
#include <cstdint>
#include <cw/core/thread_sanitizer.hpp>
#include <string_view>

#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sys/mman.h>
#endif

namespace cw::hosted::sanitizer {

/// The thread sanitizer knows what is ordered by addresses: memory that is written at one and read
/// at another looks like a race to it. So there is one view of a segment in its builds: the nucleus
/// writes where kernel-placed modules only read otherwise.
#ifdef CW_THREAD_SANITIZER
inline constexpr bool kOneView = true;
#else
inline constexpr bool kOneView = false;
#endif

/// In builds with a sanitizer: makes the mistake that "plant=KIND" among the words says, so that a
/// test sees it found: overflow, undefined, race.
void plant(std::string_view words) noexcept;

/// A stack, as the sanitizer knows it.
struct Stack {
    const void* bottom = nullptr;
    std::size_t bytes = 0;
};

#if __has_feature(address_sanitizer)
inline constexpr bool kAddress = true;
/// For functions that look at stacks from outside, where the sanitizer's zones are.
#define CW_READS_STACKS __attribute__((no_sanitize("address")))

/// [base, base + bytes) lies in the gap between the sanitizer's shadows (x86-64: from 2 GiB to
/// 2 TiB, LLVM's AddressSanitizerAlgorithm page). With protect_shadow_gap=0, which the programme
/// has to say, it is memory as any other, with a shadow; but the sanitizer reserves more for that
/// shadow than there is need of: where its own shadow would lie, and [base, base + bytes) with it.
inline void open_window(std::uint64_t base, std::uint64_t bytes) noexcept {
    munmap(reinterpret_cast<void*>(base), bytes);
}

/// This thread goes on on `next`. Returns the stack it was on.
inline Stack switch_stack(Stack next) noexcept {
    Stack before;
    void* frames = nullptr;
    __sanitizer_start_switch_fiber(&frames, next.bottom, next.bytes);
    __sanitizer_finish_switch_fiber(frames, &before.bottom, &before.bytes);
    return before;
}

/// The frames that lay in [low, high) are gone without having returned.
inline void frames_gone(std::uint64_t low, std::uint64_t high) noexcept {
    if (high > low)
        __asan_unpoison_memory_region(reinterpret_cast<void*>(low), high - low);
}
#else
inline constexpr bool kAddress = false;
#define CW_READS_STACKS
inline void open_window(std::uint64_t, std::uint64_t) noexcept {}
inline void frames_gone(std::uint64_t, std::uint64_t) noexcept {}
inline Stack switch_stack(Stack) noexcept {
    return {};
}
#endif

} // namespace cw::hosted::sanitizer
