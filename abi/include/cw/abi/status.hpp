// Status codes: the one vocabulary of refusals across every boundary. Numbers are frozen and never
// reused.
#pragma once
#include <cstdint>

namespace cw {

enum class Status : std::uint32_t {
    ok = 0,               ///< Done.
    invalid_argument = 1, ///< An argument is outside of what the contract allows.
    not_found = 2,        ///< The named thing does not exist.
    already_exists = 3,   ///< The name or address is taken.
    no_memory = 4,        ///< No memory of the required kind is left, or the quota is used up.
    no_resource = 5,      ///< A table with a fixed size is full (edges, channels, grants).
    not_permitted = 6,    ///< The caller lacks the grant for this.
    busy = 7,             ///< Somebody else holds it; trying again later may succeed.
    timed_out = 8,        ///< The deadline passed first.
    cancelled = 9,        ///< The caller gave the request up.
    peer_died = 10,       ///< The domain that should have answered has ended.
    protocol_violation =
        11,            ///< The peer broke the channel's contract; the channel is closed for good.
    malformed = 12,    ///< A file or record is not what its format demands.
    mismatch = 13,     ///< A signature or version differs from what is required.
    unsupported = 14,  ///< This placement or machine cannot carry it.
    out_of_range = 15, ///< An index, offset or address lies outside of its object.
    not_ready = 16,    ///< The object exists but has not started, or is going away.
    refused = 17,      ///< The callee understood the request and declined it.
    end_of_data = 18,  ///< Nothing is left to read.
};

/// The largest status number; anything above it coming from a peer is a protocol violation.
inline constexpr std::uint32_t kLastStatus = 18;

/// Name of a status as shown to people, for instance "peer_died"; "unknown_status" for other
/// numbers.
constexpr const char* name_of(Status status) noexcept {
    constexpr const char* kNames[] = {"ok",
                                      "invalid_argument",
                                      "not_found",
                                      "already_exists",
                                      "no_memory",
                                      "no_resource",
                                      "not_permitted",
                                      "busy",
                                      "timed_out",
                                      "cancelled",
                                      "peer_died",
                                      "protocol_violation",
                                      "malformed",
                                      "mismatch",
                                      "unsupported",
                                      "out_of_range",
                                      "not_ready",
                                      "refused",
                                      "end_of_data"};
    const auto index = static_cast<std::uint32_t>(status);
    return index <= kLastStatus ? kNames[index] : "unknown_status";
}

} // namespace cw
