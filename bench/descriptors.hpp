// What every kernel object with a descriptor at each end is asked to do.
#pragma once
#include "sleep.hpp"

#include <cerrno>
#include <unistd.h>

namespace bench {

inline void write_all(int file, const void* data, std::size_t bytes) {
    for (const char* from = static_cast<const char*>(data); bytes != 0;) {
        const ssize_t some = write(file, from, bytes);
        check(some > 0, "write");
        from += some;
        bytes -= static_cast<std::size_t>(some);
    }
}
inline void read_all(int file, void* data, std::size_t bytes) {
    for (char* to = static_cast<char*>(data); bytes != 0;) {
        const ssize_t some = read(file, to, bytes);
        check(some > 0, "read");
        to += some;
        bytes -= static_cast<std::size_t>(some);
    }
}

/// The ends of both directions: what the caller and the other process read and write.
struct Ends {
    int caller_reads, caller_writes;
    int server_reads, server_writes;
};

/// Eight bytes there and back, the other side asleep at each call.
inline void descriptors_from_rest(std::string_view name, const Cpus& cpus, const Ends& ends) {
    beside_process(
        cpus,
        [&] {
            for (std::uint64_t i = 0; i < kCallsFromRest; ++i) {
                std::uint64_t number;
                read_all(ends.server_reads, &number, sizeof(number));
                write_all(ends.server_writes, &number, sizeof(number));
            }
        },
        [&] {
            measure_from_rest(name, [&] {
                std::uint64_t number = 1;
                write_all(ends.caller_writes, &number, sizeof(number));
                read_all(ends.caller_reads, &number, sizeof(number));
            });
        });
}

inline constexpr std::uint64_t kStreamed = 4'000;

/// 64-byte messages in one direction, a call of the system for each on both sides; the sample ends
/// when the other process has them all.
inline void descriptor_stream(std::string_view name, const Cpus& cpus, const Ends& ends) {
    struct Message {
        std::uint64_t words[8];
    };
    beside_process(
        cpus,
        [&] {
            for (int sample = 0; sample <= kSamples; ++sample) {
                std::uint64_t sum = 0;
                for (std::uint64_t i = 0; i < kStreamed; ++i) {
                    Message message;
                    read_all(ends.server_reads, &message, sizeof(message));
                    for (const std::uint64_t word : message.words)
                        sum += word;
                }
                write_all(ends.server_writes, &sum, sizeof(sum));
            }
        },
        [&] {
            measure(name, kStreamed, [&] {
                for (std::uint64_t i = 0; i < kStreamed; ++i) {
                    Message message;
                    for (std::uint64_t& word : message.words)
                        word = i;
                    write_all(ends.caller_writes, &message, sizeof(message));
                }
                std::uint64_t sum = 0;
                read_all(ends.caller_reads, &sum, sizeof(sum));
                check(sum == 8 * (kStreamed * (kStreamed - 1) / 2), "the sum of the messages");
            });
        });
}

} // namespace bench
