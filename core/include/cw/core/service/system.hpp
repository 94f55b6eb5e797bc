// Services of the kernel: power, log, interrupts, time.
#pragma once
#include <cw/core/future.hpp>

namespace cw::power {
struct Exit {
    std::uint64_t status; ///< 0..255.
};
/// Ends the machine. Needs a grant.
CW_METHOD(power, off, Exit, Nothing, 1, 0);
} // namespace cw::power

namespace cw::klog {
struct Line {
    std::array<char, 40> text; ///< Up to the first NUL.
    std::uint64_t more;        ///< 1: the line goes on in the next call.
};
CW_METHOD(klog, write, Line, Nothing, 1, 0);
struct ReadArguments {
    std::uint64_t position;
    OutBuffer text;
};
struct ReadReply {
    std::uint64_t position; ///< To read on from.
    std::uint64_t bytes;
};
CW_METHOD(klog, read, ReadArguments, ReadReply, 1, 0);
} // namespace cw::klog

namespace cw::interrupts {
struct Index {
    std::uint64_t index; ///< DeviceGrant::interrupt.
};
/// Lets a device interrupt again, after the module has looked at it.
CW_METHOD(interrupts, acknowledge, Index, Nothing, 1, 0);
} // namespace cw::interrupts

namespace cw::clock {
struct Time {
    std::uint64_t nanoseconds; ///< Since boot.
};
CW_METHOD(clock, now, Nothing, Time, 1, 0);
struct Moment {
    std::uint64_t nanoseconds; ///< Since 1970, UTC.
};
/// What the clock on the wall says. It may be set, forth and back: for people and for files, not
/// for deadlines. Errors: unsupported (this host has no such clock).
CW_METHOD(clock, wall, Nothing, Moment, 1, 0);
struct Setting {
    std::uint64_t nanoseconds; ///< Since 1970, UTC; 0: only the zone is set.
    std::int32_t west_minutes; ///< As struct timezone has it.
    std::int32_t dst;          ///< Of 16 bits.
};
/// Sets the clock on the wall and its zone, together. Needs the grant "power". Errors:
/// not_permitted, out_of_range.
CW_METHOD(clock, set, Setting, Nothing, 1, 0);
} // namespace cw::clock

namespace cw::archive_pages {
struct Stretch {
    std::uint64_t address; ///< Page aligned.
    std::uint64_t bytes;
};
/// The boot archive as abi/archive.hpp describes it, mapped read-only for the caller, at the same
/// address for everybody; for the archive module, which makes files of it. Errors: not_found
/// (booted without one, or with one that is not in order), no_memory, no_resource.
CW_METHOD(archive_pages, map, Nothing, Stretch, 1, 0);
} // namespace cw::archive_pages
