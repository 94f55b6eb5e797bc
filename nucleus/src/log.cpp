#include <cw/nucleus/host.hpp>
#include <cw/nucleus/log.hpp>

namespace cw::kernel::log {

namespace {

constexpr std::size_t kRingBytes = 16384;

Lock lock;
char ring[kRingBytes];
std::uint64_t written;

} // namespace

void write(std::string_view line) noexcept {
    const Locked hold{lock};
    for (const char c : line)
        ring[written++ % kRingBytes] = c;
    ring[written++ % kRingBytes] = '\n';
    show(line);
}

std::size_t read(std::uint64_t& from, char* into, std::size_t capacity) noexcept {
    const Locked hold{lock};
    if (from > written)
        from = written;
    if (written - from > kRingBytes)
        from = written - kRingBytes;
    std::size_t count = 0;
    while (from < written && count < capacity)
        into[count++] = ring[from++ % kRingBytes];
    return count;
}

std::uint64_t end() noexcept {
    const Locked hold{lock};
    return written;
}

} // namespace cw::kernel::log
