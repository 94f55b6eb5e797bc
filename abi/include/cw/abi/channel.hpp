// The shared pages of a channel and the messages in them.
//
// A channel has two segments. The client's: one page of indices, then the submission slots; mapped
// read-only for the provider. The provider's: one page of indices, then the completion slots;
// mapped read-only for the client. So the hardware enforces who may write what. Both rings are
// single-producer single-consumer; core/ring.hpp has the protocol and its orderings.
#pragma once
#include <cstddef>
#include <cstdint>

namespace cw::abi {

/// Offsets in an index page. The page's owner produces into one ring and consumes from the other.
inline constexpr std::size_t kProducerTailOffset = 0; ///< u32: next slot the owner fills.
inline constexpr std::size_t kProducerCopiedOffset =
    4; ///< u32: the tail behind the message of which there is a copy.
inline constexpr std::size_t kProducerCopyOffset = 8; ///< u64[kCopyWords]: that copy.
inline constexpr std::size_t kProducerSpaceEventOffset =
    128;                                                ///< u32: event index for "space again".
inline constexpr std::size_t kConsumerHeadOffset = 256; ///< u32: next slot the owner takes.
inline constexpr std::size_t kConsumerDataEventOffset = 384; ///< u32: event index for "data again".
inline constexpr std::size_t kCopyWords = 7;      ///< What is left of the tail's cache line.
inline constexpr std::size_t kSlotsOffset = 4096; ///< First slot, in a page of its own.

/// One message, in both directions. 64 bytes, one cache line.
struct MessageSlot {
    std::uint64_t head;     ///< See message_head().
    std::uint64_t words[6]; ///< The record, zero padded to whole words; words beyond the record are
                            ///< unspecified and never read.
    std::uint64_t aux;      ///< 0.
};
static_assert(sizeof(MessageSlot) == 64 && offsetof(MessageSlot, aux) == 8 * kCopyWords);

/// Submission: cookie | opcode << 32 | MessageFlags << 48. Completion: cookie | status << 32.
constexpr std::uint64_t
message_head(std::uint32_t cookie, std::uint16_t code, std::uint16_t flags = 0) noexcept {
    return cookie | std::uint64_t{code} << 32 | std::uint64_t{flags} << 48;
}
constexpr std::uint32_t message_cookie(std::uint64_t head) noexcept {
    return static_cast<std::uint32_t>(head);
}
constexpr std::uint16_t message_code(std::uint64_t head) noexcept {
    return static_cast<std::uint16_t>(head >> 32);
}
constexpr std::uint16_t message_flags(std::uint64_t head) noexcept {
    return static_cast<std::uint16_t>(head >> 48);
}

enum MessageFlags : std::uint16_t {
    kMessageCancel = 1, ///< Submission: cancels the request with this cookie; opcode and words are
                        ///< ignored; has no completion.
};

/// Requests in flight on one channel. The completion ring has twice as many slots: a client gives a
/// credit back to itself when it has copied a completion, before it releases the batch of slots; so
/// completions cannot overflow. The submission ring has twice as many: each request in flight may
/// be followed by one cancellation.
inline constexpr std::uint32_t kChannelCredits = 64;
inline constexpr std::uint32_t kSubmissionSlots = 2 * kChannelCredits;
inline constexpr std::uint32_t kCompletionSlots = 2 * kChannelCredits;
inline constexpr std::size_t kClientSegmentBytes =
    kSlotsOffset + kSubmissionSlots * sizeof(MessageSlot);
inline constexpr std::size_t kProviderSegmentBytes =
    kSlotsOffset + kCompletionSlots * sizeof(MessageSlot);

/// Indices of a fresh channel start here, so that every run crosses the wrap of the 32-bit counters
/// early.
inline constexpr std::uint32_t kFirstIndex = 0u - 1000u;

} // namespace cw::abi
