// Transfers: entries of the rings that are under way, and who waits for each.
#pragma once
#include "uring.hpp"
#include <cw/core/task.hpp>

namespace file {

/// As many as Linux has room for at once; what comes beyond them waits.
inline constexpr std::uint32_t kMostTransfers = cw::abi::kFileSubmissions;
/// Calls of all kinds that are under way or wait; more are refused (busy), so that the module's own
/// waits always find memory.
inline constexpr std::uint32_t kMostCalls = 384;

struct Counts {
    std::uint64_t calls, under_way, transfers, registered, cancelled, submissions;
};
[[nodiscard]] const Counts& counts() noexcept;

/// One of kMostCalls, for as long as it lives.
class Admission {
public:
    Admission() noexcept;
    Admission(const Admission&) = delete;
    Admission& operator=(const Admission&) = delete;
    ~Admission();
    [[nodiscard]] bool granted() const noexcept { return granted_; }

private:
    bool granted_;
};

struct Wish {
    Operation operation; ///< kReadPlain, kWritePlain or kSync; registered memory is used if it is.
    std::uint32_t slot;
    std::uint64_t offset;
    std::uint64_t address;
    std::uint64_t bytes;
    std::uint32_t flags; ///< Of the operation.
};
/// Does it and gives the bytes; when it returns, Linux no longer touches the memory, whether the
/// caller has given up or not. Errors: those of abi::status_of_errno(); busy, no_memory.
cw::Task<std::uint64_t> transfer(Wish wish) noexcept;

/// Begins to serve the device at this address.
void start_transfers(const cw::abi::DeviceGrant& device) noexcept;

} // namespace file
