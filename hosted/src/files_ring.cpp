// io_uring from the side of the nucleus. Source: io_uring_setup(2), io_uring_register(2);
// include/uapi/linux/io_uring.h. Its headers differ between versions in what we need; so the few
// structures and numbers are here.
#include "files.hpp"
#include <cerrno>
#include <cstring>
#include <cw/nucleus/panic.hpp>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace cw::hosted {

namespace {

struct SubmissionOffsets {
    std::uint32_t head, tail, ring_mask, ring_entries, flags, dropped, array, reserved;
    std::uint64_t user_address; ///< With kNoMmap: of the entries.
};
struct CompletionOffsets {
    std::uint32_t head, tail, ring_mask, ring_entries, overflow, completions, flags, reserved;
    std::uint64_t user_address; ///< With kNoMmap: of both rings.
};
struct Parameters {
    std::uint32_t sq_entries, cq_entries, flags, sq_thread_cpu, sq_thread_idle, features, wq_fd,
        reserved[3];
    SubmissionOffsets submissions;
    CompletionOffsets completions;
};
static_assert(sizeof(Parameters) == 120);

// io_uring_setup() flags.
constexpr std::uint32_t kSetupCompletionSize = 1u << 3;
constexpr std::uint32_t kSetupDisabled = 1u << 6;
constexpr std::uint32_t kSetupSubmitAll = 1u << 7; // one bad entry does not stop those behind it
constexpr std::uint32_t kSetupNoMmap = 1u << 14;   // Linux 6.5

enum Register : std::uint8_t {
    kEventFd = 4,
    kFilesUpdate = 6,
    kRestrictions = 11,
    kEnableRings = 12,
    kFiles2 = 13,
    kBuffers2 = 15,
    kBuffersUpdate = 16,
    kSyncCancel = 24,
};

struct Restriction {
    enum Kind : std::uint16_t { register_op, entry_op, flags_allowed, flags_required };
    Kind kind;
    std::uint8_t what;
    std::uint8_t reserved;
    std::uint32_t reserved2[3];
};
static_assert(sizeof(Restriction) == 16);

struct Resources {
    std::uint32_t count, flags;
    std::uint64_t reserved, data, tags;
};
constexpr std::uint32_t kSparse = 1;
struct Update {
    std::uint32_t offset, reserved;
    std::uint64_t data;
};
struct Update2 {
    std::uint32_t offset, reserved;
    std::uint64_t data, tags;
    std::uint32_t count, reserved2;
};
struct SyncCancel {
    std::uint64_t address;
    std::int32_t descriptor;
    std::uint32_t flags;
    std::int64_t timeout[2]; ///< -1: none.
    std::uint8_t opcode, reserved[7];
    std::uint64_t reserved2[3];
};
static_assert(sizeof(SyncCancel) == 64);
constexpr std::uint32_t kCancelAll = 1, kCancelAny = 4;

constexpr std::uint8_t kSync = 3, kReadFixed = 4, kWriteFixed = 5, kCancel = 14, kRead = 22,
                       kWrite = 23;
constexpr std::uint8_t kFixedFile = 1;

long tell(int ring, Register what, const void* argument, unsigned count) noexcept {
    return syscall(SYS_io_uring_register, ring, what, argument, count);
}

Status status_of_setup(int error) noexcept {
    switch (error) {
    case ENOMEM:
        return Status::no_memory;
    case EMFILE:
    case ENFILE:
        return Status::no_resource;
    default: // ENOSYS, EINVAL, EPERM: too old, or forbidden here
        return Status::unsupported;
    }
}

} // namespace

Ring::~Ring() {
    if (descriptor_ >= 0)
        close(descriptor_);
}

Status Ring::create(std::byte* memory) noexcept {
    Parameters parameters{};
    parameters.flags = kSetupDisabled | kSetupNoMmap | kSetupCompletionSize | kSetupSubmitAll;
    parameters.cq_entries = abi::kFileCompletions;
    parameters.completions.user_address =
        reinterpret_cast<std::uint64_t>(memory + abi::kFilesRings);
    parameters.submissions.user_address =
        reinterpret_cast<std::uint64_t>(memory + abi::kFilesEntries);
    const long made = syscall(SYS_io_uring_setup, abi::kFileSubmissions, &parameters);
    if (made < 0)
        return status_of_setup(errno);
    descriptor_ = static_cast<int>(made);
    fcntl(descriptor_, F_SETFD, FD_CLOEXEC);
    if (parameters.sq_entries != abi::kFileSubmissions ||
        parameters.cq_entries != abi::kFileCompletions)
        return Status::unsupported;
    auto* page = reinterpret_cast<abi::FilesPage*>(memory);
    page->submission_head = parameters.submissions.head;
    page->submission_tail = parameters.submissions.tail;
    page->submission_array = parameters.submissions.array;
    page->completion_head = parameters.completions.head;
    page->completion_tail = parameters.completions.tail;
    page->completions = parameters.completions.completions;
    return Status::ok;
}

Status Ring::enable(int bell) noexcept {
    const Resources slots{abi::kFileSlots, kSparse, 0, 0, 0};
    const Resources buffers{abi::kFileBuffers, kSparse, 0, 0, 0};
    // What the domain's process does not hold it cannot pass on; what it may ask of the ring is
    // this, whatever else comes into Linux.
    Restriction rules[11]{};
    unsigned count = 0;
    for (const std::uint8_t op : {kSync, kReadFixed, kWriteFixed, kCancel, kRead, kWrite})
        rules[count++] = {Restriction::entry_op, op, 0, {}};
    rules[count++] = {Restriction::flags_allowed, kFixedFile, 0, {}};
    rules[count++] = {Restriction::flags_required, kFixedFile, 0, {}};
    for (const std::uint8_t what : {kFilesUpdate, kBuffersUpdate, kSyncCancel})
        rules[count++] = {Restriction::register_op, what, 0, {}};
    const bool enabled = tell(descriptor_, kEventFd, &bell, 1) == 0 &&
                         tell(descriptor_, kFiles2, &slots, sizeof(slots)) == 0 &&
                         tell(descriptor_, kBuffers2, &buffers, sizeof(buffers)) == 0 &&
                         tell(descriptor_, kRestrictions, rules, count) == 0 &&
                         tell(descriptor_, kEnableRings, nullptr, 0) == 0;
    return enabled ? Status::ok : status_of_setup(errno);
}

Status Ring::set_file(std::uint32_t slot, int descriptor) noexcept {
    const Update update{slot, 0, reinterpret_cast<std::uint64_t>(&descriptor)};
    if (tell(descriptor_, kFilesUpdate, &update, 1) == 1)
        return Status::ok;
    return abi::status_of_errno(errno);
}

Status Ring::set_buffer(std::uint32_t slot, std::uint64_t base, std::uint64_t bytes) noexcept {
    const struct {
        std::uint64_t base, bytes;
    } stretch{base, bytes};
    const Update2 update{slot, 0, reinterpret_cast<std::uint64_t>(&stretch), 0, 1, 0};
    if (tell(descriptor_, kBuffersUpdate, &update, sizeof(update)) == 1)
        return Status::ok;
    return abi::status_of_errno(errno);
}

void Ring::cancel_all() noexcept {
    const SyncCancel everything{0, -1, kCancelAll | kCancelAny, {-1, -1}, 0, {}, {}};
    // ENOENT: nothing is under way.
    while (tell(descriptor_, kSyncCancel, &everything, 1) > 0 || errno == EINTR) {
    }
}

} // namespace cw::hosted
