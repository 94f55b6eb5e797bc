#include "forgery.hpp"
#include <iterator>

namespace hostile {

std::uint64_t any_address(Random& random, const Places& places) noexcept {
    constexpr std::uint64_t kForeign[] = {
        0,
        8,
        0x1000,
        0xffff'ffff'8020'0000, // the kernel's image
        0xffff'ffff'8060'0000,
        0xffff'ffc0'0000'0000, // all physical memory: nothing is at its beginning
        0xffff'ffc0'0c20'1004, // there, the register that claims an interrupt
        0xffff'ffc0'1000'0000, // the serial port
        0xffff'ffc0'8020'0000,
        0xffff'ffc0'9000'0000,
        0xffff'ffe0'0000'7000, // a kernel stack
        0x0000'003f'0000'0000, // the end of the segment window
        0x0000'0080'0000'1000, // on Linux, where the nucleus sees the window
        0x0000'0040'0000'0000, // not canonical from here on, in Sv39
        0x8000'0000'0000'0000,
        ~std::uint64_t{0},
        ~std::uint64_t{0} - 7,
    };
    const std::uint64_t own[] = {places.area,
                                 places.area + places.area_bytes - 8,
                                 places.area + places.area_bytes,
                                 places.stack,
                                 places.text,
                                 places.run,
                                 places.read_only,
                                 places.shared};
    switch (random.below(4)) {
    case 0:
        return kForeign[random.below(std::size(kForeign))];
    case 1:
        return own[random.below(std::size(own))] + random.below(64);
    case 2: // some segment not far from ours, most likely somebody else's
        return places.area - (std::uint64_t{32} << 20) + random.below(std::uint64_t{64} << 20);
    default:
        return random.word();
    }
}

std::uint64_t any_size(Random& random) noexcept {
    constexpr std::uint64_t kSizes[] = {0,
                                        1,
                                        8,
                                        4095,
                                        4096,
                                        4097,
                                        65536,
                                        (std::uint64_t{1} << 30) + 1,
                                        std::uint64_t{1} << 32,
                                        std::uint64_t{1} << 63,
                                        ~std::uint64_t{0},
                                        ~std::uint64_t{0} - 4095};
    return kSizes[random.below(std::size(kSizes))];
}

std::uint64_t any_word(Random& random, const Places& places) noexcept {
    constexpr std::uint64_t kNames[] = {0x6c6c656873,       // "shell"
                                        0x6c656e72656b,     // "kernel"
                                        0x656c6974736f68,   // "hostile"
                                        0x746e65636f6e6e69, // "innocent", and no end
                                        0x7466697773};      // "swift"
    switch (random.below(6)) {
    case 0:
    case 1:
        return any_address(random, places);
    case 2:
        return any_size(random);
    case 3:
        return random.below(20);
    case 4:
        return kNames[random.below(std::size(kNames))];
    default:
        return random.word();
    }
}

} // namespace hostile
