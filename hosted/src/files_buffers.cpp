// The memory that a driver of files sees for writing, registered with its rings: Linux then need
// not look its pages up for each transfer. It is registered by its memfd, mapped for the purpose,
// and not by its address: what is at an address may have changed by the time a thread comes to it.
#include "files.hpp"
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace cw::hosted {

namespace {

/// Of one driver together. Registered memory is locked: Linux refuses more than RLIMIT_MEMLOCK
/// besides.
constexpr std::uint64_t kMostRegistered = 64 << 20;

/// Requires: buffers_lock_ held.
void store_bytes(abi::FileBuffer& entry, std::uint64_t bytes) noexcept {
    const std::uint64_t generation = (entry.state >> 32) + 1;
    __atomic_store_n(&entry.state, // pairs with the driver's acquire
                     generation << 32 | bytes,
                     __ATOMIC_RELEASE);
}

} // namespace

void FilesDevice::show(const Segment& segment) noexcept {
    const std::lock_guard hold{buffers_lock_};
    if (page_gone_ || buffer_bytes_ + segment.bytes > kMostRegistered)
        return;
    Buffer* place = nullptr;
    for (Buffer& buffer : buffers_) {
        if (buffer.segment == &segment)
            return;
        if (place == nullptr && buffer.segment == nullptr && buffer.settled)
            place = &buffer;
    }
    const int memory = place == nullptr ? -1 : fcntl(segment.memory - 1, F_DUPFD_CLOEXEC, 0);
    if (memory < 0)
        return; // it is read and written by address then
    const auto slot = static_cast<std::uint32_t>(place - buffers_.data());
    if (perform({[this, slot] { settle_buffer(slot); }, nullptr}) != Status::ok) {
        ::close(memory);
        return;
    }
    *place = {&segment, segment.base, segment.bytes, memory, false};
    buffer_bytes_ += segment.bytes;
}

void FilesDevice::hide(const Segment& segment) noexcept {
    const std::lock_guard hold{buffers_lock_};
    for (std::uint32_t slot = 0; slot < abi::kFileBuffers; ++slot) {
        Buffer& buffer = buffers_[slot];
        if (buffer.segment != &segment)
            continue;
        if (!page_gone_)
            store_bytes(page()->buffers[slot], 0);
        buffer.segment = nullptr;
        buffer_bytes_ -= buffer.bytes;
        if (buffer.settled)
            buffer.settled =
                perform({[this, slot] { settle_buffer(slot); }, nullptr}) != Status::ok;
    }
}

/// Registers what is wanted in a slot now, or takes it away. Context: a thread of the device.
void FilesDevice::settle_buffer(std::uint32_t slot) noexcept {
    const std::lock_guard one{register_lock_};
    for (;;) {
        Buffer wanted;
        {
            const std::lock_guard hold{buffers_lock_};
            wanted = buffers_[slot];
            buffers_[slot].memory = -1; // it is ours
        }
        void* at = MAP_FAILED;
        if (wanted.segment != nullptr && wanted.memory >= 0) {
            at = mmap(nullptr,
                      wanted.bytes,
                      PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_NORESERVE,
                      wanted.memory,
                      0);
            if (at != MAP_FAILED &&
                ring_.set_buffer(slot, reinterpret_cast<std::uint64_t>(at), wanted.bytes) !=
                    Status::ok) {
                munmap(at, wanted.bytes);
                at = MAP_FAILED;
            }
        } else {
            static_cast<void>(ring_.set_buffer(slot, 0, 0));
        }
        if (wanted.memory >= 0)
            ::close(wanted.memory);
        if (at != MAP_FAILED) // Linux has the pages, and knows them by where they were
            munmap(at, wanted.bytes);
        const std::lock_guard hold{buffers_lock_};
        Buffer& now = buffers_[slot];
        if (now.segment != wanted.segment)
            continue; // it was hidden meanwhile
        now.settled = true;
        if (at != MAP_FAILED && !page_gone_) {
            abi::FileBuffer& entry = page()->buffers[slot];
            __atomic_store_n(&entry.base, wanted.base, __ATOMIC_RELAXED);
            __atomic_store_n(
                &entry.registered_at, reinterpret_cast<std::uint64_t>(at), __ATOMIC_RELAXED);
            store_bytes(entry, wanted.bytes);
        }
        return;
    }
}

void files_see(Domain& domain, const Segment& segment) noexcept {
    if (domain.files != nullptr && segment.site->name() == "areas.memory")
        domain.files->show(segment);
}

void files_lose(Domain& domain, const Segment& segment) noexcept {
    if (domain.files != nullptr)
        domain.files->hide(segment);
}

} // namespace cw::hosted
