// The same sweeps as Causeway's `bench sweep`, through a kernel object between two processes.
#pragma once
#include "descriptors.hpp"

#include <cw/modules/sink.hpp>
#include <string>

namespace bench {

inline constexpr std::uint64_t kMostBytes = 1 << 20;
inline constexpr std::uint64_t kMostDepth = 128;
inline constexpr int kSweepSamples = 7;

/// Prints the figure PREFIX.AT from kSweepSamples samples of `operations` each, and one before.
template <class Sample>
void measure_point(std::string_view prefix,
                   std::uint64_t at,
                   std::uint64_t operations,
                   Sample&& sample) {
    std::vector<std::uint64_t> values;
    for (int i = 0; i <= kSweepSamples; ++i) {
        const std::uint64_t begin = now_ns();
        sample();
        if (i > 0)
            values.push_back((now_ns() - begin) * 1000 / operations);
    }
    print_figure(std::string{prefix} + "." + std::to_string(at), "ps", std::move(values));
}

[[nodiscard]] constexpr std::uint64_t calls_of(std::uint64_t bytes) {
    return bytes < 4096 ? 128 : bytes < 65536 ? 32 : 4;
}

/// A payload there, the sum of its words back, one call at a time. The caller writes the payload
/// anew each time; the other side reads all of it.
inline void sweep_payload(std::string_view prefix, const Cpus& cpus, const Ends& ends) {
    std::vector<std::uint64_t> words(kMostBytes / 8);
    beside_process(
        cpus,
        [&] {
            for (std::uint64_t bytes = 8; bytes <= kMostBytes; bytes *= 2) {
                for (std::uint64_t i = 0; i < calls_of(bytes) * (kSweepSamples + 1); ++i) {
                    read_all(ends.server_reads, words.data(), bytes);
                    const std::uint64_t sum = sink::sum_of(words.data(), bytes / 8);
                    write_all(ends.server_writes, &sum, sizeof(sum));
                }
            }
        },
        [&] {
            for (std::uint64_t bytes = 8; bytes <= kMostBytes; bytes *= 2) {
                measure_point(prefix, bytes, calls_of(bytes), [&] {
                    for (std::uint64_t i = 0; i < calls_of(bytes); ++i) {
                        sink::fill(words.data(), bytes / 8, i);
                        write_all(ends.caller_writes, words.data(), bytes);
                        std::uint64_t sum = 0;
                        read_all(ends.caller_reads, &sum, sizeof(sum));
                        check(sum == sink::expected(bytes / 8, i), "the sum of a payload");
                    }
                });
            }
        });
}

/// 48 bytes there and back, `depth` calls sent before their answers are taken. Each side may move
/// several in one call of the system, as a programme that pipelines would.
inline void sweep_depth(std::string_view prefix, const Cpus& cpus, const Ends& ends) {
    struct Block {
        std::uint64_t words[6];
    };
    constexpr std::uint64_t kCalls = 1024;
    static Block blocks[kMostDepth];
    beside_process(
        cpus,
        [&] {
            for (std::uint64_t left = 8 * kCalls * (kSweepSamples + 1); left != 0;) {
                const ssize_t got = read(ends.server_reads, blocks, sizeof(blocks));
                check(got > 0, "read");
                // The rest of a block that came in two pieces.
                const auto bytes = static_cast<std::size_t>(got);
                const std::size_t count = (bytes + sizeof(Block) - 1) / sizeof(Block);
                read_all(ends.server_reads,
                         reinterpret_cast<char*>(blocks) + bytes,
                         count * sizeof(Block) - bytes);
                for (std::size_t i = 0; i < count; ++i) {
                    for (std::uint64_t& word : blocks[i].words)
                        ++word;
                }
                write_all(ends.server_writes, blocks, count * sizeof(Block));
                left -= count;
            }
        },
        [&] {
            for (std::uint64_t depth = 1; depth <= kMostDepth; depth *= 2) {
                measure_point(prefix, depth, kCalls, [&] {
                    for (std::uint64_t round = 0; round < kCalls / depth; ++round) {
                        for (std::uint64_t i = 0; i < depth; ++i)
                            blocks[i] = {{1, 2, 3, 4, 5, 6}};
                        write_all(ends.caller_writes, blocks, depth * sizeof(Block));
                        read_all(ends.caller_reads, blocks, depth * sizeof(Block));
                        for (std::uint64_t i = 0; i < depth; ++i)
                            check(blocks[i].words[5] == 7, "the answer to a call");
                    }
                });
            }
        });
}

} // namespace bench
