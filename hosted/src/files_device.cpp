// Devices of files: who drives them, what lies behind their slots, and the threads that wait for
// the file system in place of the nucleus.
#include "files.hpp"
#include <algorithm>
#include <cw/core/executor.hpp>
#include <cw/nucleus/log.hpp>
#include <cw/nucleus/panic.hpp>
#include <unistd.h>
#include <vector>

namespace cw::hosted {

namespace {

/// Of one device: a file system that does not answer keeps so many of its driver's requests, and
/// nobody else's.
constexpr unsigned kMostThreads = 8;

/// All devices that are not retired. Guarded by kernel_lock.
std::vector<std::shared_ptr<FilesDevice>> devices;
Atomic<std::uint32_t> retiring; ///< Rings of kernel-placed drivers that are being closed.

void resume(Ready* ready) noexcept {
    if (ready != nullptr)
        runtime::push_from_outside(*ready->module->home, *ready);
}

AllocationSite file_rings{"devices.files"};

} // namespace

std::shared_ptr<FilesDevice> device_of(const ModuleInstance* driver) noexcept {
    for (const auto& device : devices) {
        if (driver != nullptr && device->owner() == driver)
            return device;
    }
    return nullptr;
}

Result<std::shared_ptr<FilesDevice>> FilesDevice::create(Domain& domain) noexcept {
    auto device = std::make_shared<FilesDevice>();
    device->domain_ = &domain;
    device->memory_ = CW_TRY(segment_create(domain, abi::kFilesBytes, Backing::pages, file_rings));
    const Status status = device->ring_.create(segment_view_as<std::byte>(*device->memory_));
    if (status != Status::ok) {
        segment_release(*device->memory_);
        return refuse(status);
    }
    devices.push_back(device);
    return device;
}

abi::FilesPage* FilesDevice::page() noexcept {
    return segment_view_as<abi::FilesPage>(*memory_);
}

Status FilesDevice::grant(ModuleInstance& instance, abi::DeviceGrant& grant) noexcept {
    ExecutorRecord& executor = *instance.executor;
    if (owner_ != nullptr || executor.files_ring != 0)
        return Status::already_exists;
    if (retired_)
        return Status::unsupported;
    if (executor.interrupt_count == kMaxExecutorInterrupts)
        return Status::no_resource;
    if (const Status status = ring_.enable(executor.thread->bell); status != Status::ok)
        return status;
    const bool page_mapped =
        segment_map(*memory_, *instance.domain, 0, abi::kFilesRings, kRightRead) == Status::ok;
    if (!page_mapped || segment_map(*memory_,
                                    *instance.domain,
                                    abi::kFilesRings,
                                    abi::kFilesBytes - abi::kFilesRings,
                                    kRightRead | kRightWrite) != Status::ok)
        return Status::no_memory;
    owner_ = &instance;
    executor_ = &executor;
    executor.files_ring = ring_.descriptor() + 1;
    interrupt_ = executor.interrupt_count++;
    grant = {memory_->base, abi::kFilesBytes, interrupt_, 0};
    return Status::ok;
}

void FilesDevice::retire() noexcept {
    if (retired_)
        return;
    retired_ = true;
    owner_ = nullptr;
    if (executor_ != nullptr) {
        executor_->files_ring = 0;
        executor_->view->interrupt_words[interrupt_] = nullptr;
        if (interrupt_ + 1 == executor_->interrupt_count)
            --executor_->interrupt_count;
    }
    {
        const std::lock_guard hold{buffers_lock_};
        page_gone_ = true;
    }
    if (segment_seen(*memory_, *domain_))
        segment_unmap(*memory_, *domain_);
    // What a driver in the nucleus has under way may still be written to where its clients'
    // buffers were: nobody gets those addresses before that has ended. A process has its own.
    const bool in_nucleus = domain_->is_kernel();
    if (in_nucleus) {
        segment_release(*memory_);
        retiring.fetch_add(1, Order::relaxed);
    } else {
        domain_->files = nullptr;
    }
    const Status begun = perform({[this, in_nucleus] {
                                      ring_.cancel_all();
                                      if (in_nucleus)
                                          retiring.fetch_add(~std::uint32_t{0}, Order::release);
                                      close_all();
                                  },
                                  nullptr});
    if (begun != Status::ok) // the addresses stay unused, then
        log::line("files: no thread to close what a driver left");
    {
        const std::lock_guard hold{jobs_lock_};
        ending_ = true;
        jobs_come_.notify_all();
    }
    std::erase_if(devices, [this](const auto& device) { return device.get() == this; });
}

FilesDevice::~FilesDevice() {
    for (const Slot& slot : slots_) {
        if (slot.descriptor >= 0)
            ::close(slot.descriptor);
    }
    for (const Buffer& buffer : buffers_) {
        if (buffer.memory >= 0)
            ::close(buffer.memory);
    }
}

bool FilesDevice::any_retiring() noexcept {
    return retiring.load(Order::acquire) != 0; // pairs with the release in retire()
}

// Jobs.

Status FilesDevice::perform(FileJob job) noexcept {
    const std::lock_guard hold{jobs_lock_};
    if (idle_ <= jobs_.size() && threads_ < kMostThreads) {
        pthread_t thread{};
        auto* self = new std::shared_ptr<FilesDevice>{shared_from_this()};
        if (pthread_create(&thread, nullptr, &serve, self) == 0) {
            pthread_detach(thread);
            ++threads_;
        } else {
            delete self;
        }
    }
    if (threads_ == 0)
        return Status::no_resource;
    jobs_.push_back(std::move(job));
    jobs_come_.notify_one();
    return Status::ok;
}

void* FilesDevice::serve(void* argument) {
    const std::unique_ptr<std::shared_ptr<FilesDevice>> self{
        static_cast<std::shared_ptr<FilesDevice>*>(argument)};
    pthread_setname_np(pthread_self(), "files");
    (*self)->run_jobs();
    return nullptr;
}

void FilesDevice::run_jobs() noexcept {
    std::unique_lock hold{jobs_lock_};
    for (;;) {
        ++idle_;
        jobs_come_.wait(hold, [this] { return !jobs_.empty() || ending_; });
        --idle_;
        if (jobs_.empty())
            break;
        const FileJob job = std::move(jobs_.front());
        jobs_.pop_front();
        hold.unlock();
        job.work();
        resume(job.ready);
        hold.lock();
    }
    --threads_;
}

// Slots.

Status FilesDevice::begin_open(std::uint32_t slot) noexcept {
    if (slot >= abi::kFileSlots)
        return Status::out_of_range;
    const std::lock_guard hold{slots_lock_};
    if (slots_[slot].state != SlotState::free)
        return Status::busy;
    slots_[slot].state = SlotState::opening;
    return Status::ok;
}

/// Requires: its state is closing, so that nobody else touches it.
void FilesDevice::free_slot(std::uint32_t slot) noexcept {
    Slot& entry = slots_[slot];
    // Not under the lock: some file systems write, or ask a server, when a file is closed.
    if (entry.descriptor >= 0)
        ::close(entry.descriptor);
    Ready* closer = nullptr;
    {
        const std::lock_guard hold{slots_lock_};
        closer = entry.closer;
        entry = {};
    }
    resume(closer);
}

Result<files::Opened>
FilesDevice::end_open(std::uint32_t slot, Result<OpenedFile> file, bool writable) noexcept {
    // Not under the lock: Linux makes this wait while the driver submits, for as long as it likes.
    Status status = file ? ring_.set_file(slot, file->descriptor) : file.error();
    {
        const std::lock_guard hold{slots_lock_};
        Slot& entry = slots_[slot];
        if (file)
            entry.descriptor = file->descriptor;
        if (status == Status::ok && entry.closer == nullptr) {
            entry.state = SlotState::open;
            entry.writable = writable;
            return files::Opened{file->size, file->kind, 0};
        }
        entry.state = SlotState::closing;
    }
    if (status == Status::ok) { // it is to be closed already
        static_cast<void>(ring_.set_file(slot, -1));
        status = Status::cancelled;
    }
    free_slot(slot);
    return refuse(status);
}

Result<bool> FilesDevice::close(std::uint32_t slot, Ready* ready) noexcept {
    const std::lock_guard hold{slots_lock_};
    Slot& entry = slots_[slot];
    if (entry.state == SlotState::free || entry.closer != nullptr)
        return false;
    if (entry.state == SlotState::open) {
        const Status begun = perform({[this, slot] {
                                          static_cast<void>(ring_.set_file(slot, -1));
                                          free_slot(slot);
                                      },
                                      nullptr});
        if (begun != Status::ok)
            return refuse(begun);
        entry.state = SlotState::closing;
    }
    entry.closer = ready; // else whoever opens it sees that
    return true;
}

void FilesDevice::close_all() noexcept {
    for (std::uint32_t slot = 0; slot < abi::kFileSlots; ++slot) {
        {
            const std::lock_guard hold{slots_lock_};
            if (slots_[slot].state != SlotState::open)
                continue; // who opens or closes it goes on
            slots_[slot].state = SlotState::closing;
        }
        static_cast<void>(ring_.set_file(slot, -1));
        free_slot(slot);
    }
}

Result<int> FilesDevice::duplicate(std::uint64_t slot, bool& writable) noexcept {
    const std::lock_guard hold{slots_lock_};
    if (slot >= abi::kFileSlots || slots_[slot].state != SlotState::open)
        return refuse(Status::not_found);
    writable = slots_[slot].writable;
    const int own = dup(slots_[slot].descriptor);
    if (own < 0)
        return refuse(Status::no_resource);
    return own;
}

} // namespace cw::hosted
