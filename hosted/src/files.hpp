// The device of files (cw/abi/files.hpp): one pair of io_uring rings for each driver, and what
// stands behind its slots.
#pragma once
#include "host.hpp"
#include <array>
#include <condition_variable>
#include <cw/abi/files.hpp>
#include <cw/core/service/files.hpp>
#include <cw/hosted/nucleus.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace cw::hosted {

// files_grants.cpp

/// Opens the directories that are granted. ok, or what stands in the way. Requires: once, before
/// anything is loaded.
[[nodiscard]] Failure grant_directories(const std::vector<Directory>& directories);

// files_paths.cpp: what is done in the file system. Blocks, as long as that likes.

/// A path as a driver wrote it: "GRANT/PATH", or a grant alone. Untrusted: copied before.
using Path = std::string;

struct OpenedFile {
    int descriptor;
    abi::FileKind kind;
    std::uint64_t size;
};
[[nodiscard]] Result<OpenedFile> open_path(const Path& path, std::uint32_t flags) noexcept;
[[nodiscard]] Result<files::Properties> properties_of(const Path& path) noexcept;
[[nodiscard]] Result<files::Properties> properties_of(int descriptor, bool writable) noexcept;
struct Listing {
    std::string entries; ///< As files::Entry says; at most `room` bytes.
    std::uint64_t cursor;
};
[[nodiscard]] Result<Listing>
list_path(const Path& path, std::uint64_t cursor, std::size_t room) noexcept;

// files_ring.cpp

/// A ring of io_uring in memory of a segment; what is done to it from the side of the nucleus.
class Ring {
public:
    Ring() noexcept = default;
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;
    ~Ring();

    /// Makes it, not yet usable, in kFilesBytes of memory. Errors: unsupported (this Linux has no
    /// such thing, or does not let us), no_memory, no_resource.
    [[nodiscard]] Status create(std::byte* memory) noexcept;
    /// Its completions ring `bell`; from now on it can be used, for what files need only.
    [[nodiscard]] Status enable(int bell) noexcept;
    /// Puts an open file into a slot, or nothing (-1). Blocks: while a submission is under way.
    [[nodiscard]] Status set_file(std::uint32_t slot, int descriptor) noexcept;
    /// The same for memory; null: none.
    [[nodiscard]] Status
    set_buffer(std::uint32_t slot, std::uint64_t base, std::uint64_t bytes) noexcept;
    /// Gives everything under way up. Blocks: until it has ended.
    void cancel_all() noexcept;
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

private:
    int descriptor_ = -1;
};

// files_device.cpp

/// What a thread of the device does for a coroutine of the nucleus.
struct FileJob {
    std::function<void()> work;
    Ready* ready = nullptr; ///< Resumed afterwards; null: nobody.
};

class FilesDevice : public std::enable_shared_from_this<FilesDevice> {
public:
    FilesDevice() noexcept = default;
    FilesDevice(const FilesDevice&) = delete;
    FilesDevice& operator=(const FilesDevice&) = delete;
    ~FilesDevice();
    /// For a driver in `domain`. Errors: as Ring::create(). Locks: kernel_lock held.
    [[nodiscard]] static Result<std::shared_ptr<FilesDevice>> create(Domain& domain) noexcept;
    /// Hands it to a driver. Errors: no_memory, no_resource, unsupported. Locks: kernel_lock held.
    [[nodiscard]] Status grant(ModuleInstance& instance, abi::DeviceGrant& grant) noexcept;
    /// Its driver is gone: ends what is under way, and closes everything, in its own time. Locks:
    /// kernel_lock held.
    void retire() noexcept;
    /// True while a ring that is being closed may still write where its driver's buffers were.
    [[nodiscard]] static bool any_retiring() noexcept;

    [[nodiscard]] int ring() const noexcept { return ring_.descriptor(); }
    [[nodiscard]] const ModuleInstance* owner() const noexcept { return owner_; }

    /// A segment became visible to the driver, or ceases to be. Locks: kernel_lock held.
    void show(const Segment& segment) noexcept;
    void hide(const Segment& segment) noexcept;

    // For the service `files`.

    /// `work` is done by a thread; `ready` is resumed then. Errors: no_resource.
    [[nodiscard]] Status perform(FileJob job) noexcept;
    /// Claims a slot. Errors: out_of_range, busy.
    [[nodiscard]] Status begin_open(std::uint32_t slot) noexcept;
    /// Fills or frees it. On a thread of the device.
    [[nodiscard]] Result<files::Opened>
    end_open(std::uint32_t slot, Result<OpenedFile> file, bool writable) noexcept;
    /// True: `ready` is resumed when the slot is free; false: it is. Errors: no_resource.
    [[nodiscard]] Result<bool> close(std::uint32_t slot, Ready* ready) noexcept;
    /// A descriptor of its own for what is in a slot. Errors: not_found, no_resource.
    [[nodiscard]] Result<int> duplicate(std::uint64_t slot, bool& writable) noexcept;

private:
    enum class SlotState { free, opening, open, closing };
    struct Slot {
        SlotState state = SlotState::free;
        int descriptor = -1;
        bool writable = false;
        Ready* closer = nullptr; ///< Resumed when it is free.
    };
    struct Buffer {
        const Segment* segment = nullptr; ///< What is to be registered; only compared. Null:
                                          ///< nothing is.
        std::uint64_t base = 0, bytes = 0;
        int memory = -1;     ///< A descriptor of its own, from show() until it was registered.
        bool settled = true; ///< No thread is to look at it.
    };
    static void* serve(void* argument);
    void run_jobs() noexcept;
    void free_slot(std::uint32_t slot) noexcept;
    void close_all() noexcept;
    void settle_buffer(std::uint32_t slot) noexcept;
    abi::FilesPage* page() noexcept;

    Domain* domain_ = nullptr;
    ModuleInstance* owner_ = nullptr;
    ExecutorRecord* executor_ = nullptr;
    std::uint64_t interrupt_ = 0;
    Segment* memory_ = nullptr;
    Ring ring_;
    bool retired_ = false;

    std::mutex slots_lock_;
    std::array<Slot, abi::kFileSlots> slots_;

    std::mutex buffers_lock_; ///< Guards what follows, and the page's table of them.
    std::array<Buffer, abi::kFileBuffers> buffers_;
    std::uint64_t buffer_bytes_ = 0;
    bool page_gone_ = false;
    std::mutex register_lock_; ///< Held while Linux is told of buffers, outside of the other.

    std::mutex jobs_lock_;
    std::condition_variable jobs_come_;
    std::deque<FileJob> jobs_;
    unsigned threads_ = 0, idle_ = 0;
    bool ending_ = false;
};

/// The device of the module that makes the call; null: it has none. Requires, Locks: as
/// calling_module().
[[nodiscard]] std::shared_ptr<FilesDevice> device_of(const ModuleInstance* driver) noexcept;
/// A segment is mapped into a domain with a right to write, or taken away. Locks: kernel_lock held.
void files_see(Domain& domain, const Segment& segment) noexcept;
void files_lose(Domain& domain, const Segment& segment) noexcept;

} // namespace cw::hosted
