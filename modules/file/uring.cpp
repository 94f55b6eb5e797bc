#include "uring.hpp"

namespace file {

namespace {
template <class T>
T* word_at(std::uint64_t rings, std::uint32_t offset) noexcept {
    return reinterpret_cast<T*>(rings + offset);
}
} // namespace

using cw::Order;

Uring::Uring(std::uint64_t registers) noexcept :
    page_{reinterpret_cast<const cw::abi::FilesPage*>(registers)},
    entries_{reinterpret_cast<Submission*>(registers + cw::abi::kFilesEntries)} {
    using Word = cw::Atomic<std::uint32_t>;
    const std::uint64_t rings = registers + cw::abi::kFilesRings;
    submission_head_ = word_at<const Word>(rings, page_->submission_head);
    submission_tail_ = word_at<Word>(rings, page_->submission_tail);
    completion_head_ = word_at<Word>(rings, page_->completion_head);
    completion_tail_ = word_at<const Word>(rings, page_->completion_tail);
    completions_ = word_at<const Completion>(rings, page_->completions);
    auto* array = word_at<std::uint32_t>(rings, page_->submission_array);
    for (std::uint32_t i = 0; i < cw::abi::kFileSubmissions; ++i)
        array[i] = i; // entry i is always in place i
    tail_ = submission_tail_->load(Order::relaxed);
    head_ = completion_head_->load(Order::relaxed);
}

std::uint32_t Uring::waiting() const noexcept {
    return tail_ - submission_head_->load(Order::acquire); // pairs with Linux' release
}

bool Uring::full() const noexcept {
    return waiting() >= cw::abi::kFileSubmissions; // also if it makes no sense
}

void Uring::put(const Submission& entry) noexcept {
    entries_[tail_ % cw::abi::kFileSubmissions] = entry;
    submission_tail_->store(++tail_, Order::release); // pairs with Linux' acquire
}

bool Uring::take(Completion& into) noexcept {
    const std::uint32_t there =
        completion_tail_->load(Order::acquire) - head_; // pairs with Linux' release
    if (there == 0 || faulted_)
        return false;
    if (there > cw::abi::kFileCompletions) {
        faulted_ = true;
        return false;
    }
    into = completions_[head_ % cw::abi::kFileCompletions];
    completion_head_->store(++head_, Order::release); // pairs with Linux' acquire
    return true;
}

bool Uring::registered(std::uint64_t address,
                       std::uint64_t bytes,
                       std::uint16_t& slot,
                       std::uint64_t& stands_for) const noexcept {
    for (std::uint32_t i = 0; i < cw::abi::kFileBuffers; ++i) {
        const cw::abi::FileBuffer& buffer = page_->buffers[i];
        // Pairs with the host's release: who sees the size sees the addresses.
        const std::uint64_t state = __atomic_load_n(&buffer.state, __ATOMIC_ACQUIRE);
        const std::uint64_t size = cw::abi::file_buffer_bytes(state);
        if (size == 0)
            continue;
        const std::uint64_t base = __atomic_load_n(&buffer.base, __ATOMIC_ACQUIRE);
        const std::uint64_t at = __atomic_load_n(&buffer.registered_at, __ATOMIC_ACQUIRE);
        if (address < base || bytes > size || address - base > size - bytes ||
            __atomic_load_n(&buffer.state, __ATOMIC_RELAXED) != state) // after both: they acquire
            continue;
        slot = static_cast<std::uint16_t>(i);
        stands_for = at + (address - base);
        return true;
    }
    return false;
}

} // namespace file
