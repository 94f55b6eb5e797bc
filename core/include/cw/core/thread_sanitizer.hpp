// What the thread sanitizer cannot see: what another process or a module file orders. Nothing in a
// build without it.
#pragma once
#include <cstdint>

#ifdef __clang__
#if __has_feature(thread_sanitizer)
#include <sanitizer/tsan_interface.h>
#define CW_THREAD_SANITIZER 1
#endif
#endif

namespace cw {

/// Held while memory is used that its owner, another process or a module, lends to one thread after
/// the other.
class OrderedByPeer {
public:
#ifdef CW_THREAD_SANITIZER
    OrderedByPeer(std::uint64_t address, std::uint64_t bytes) noexcept :
        address_{bytes == 0 ? nullptr : reinterpret_cast<void*>(address)} {
        if (address_ != nullptr)
            __tsan_acquire(address_);
    }
    ~OrderedByPeer() {
        if (address_ != nullptr)
            __tsan_release(address_);
    }

private:
    void* address_; ///< Null: there is nothing, and the address may be anything.
#else
    OrderedByPeer(std::uint64_t, std::uint64_t) noexcept {}
    ~OrderedByPeer() {} // used for its scope
#endif
};

} // namespace cw
