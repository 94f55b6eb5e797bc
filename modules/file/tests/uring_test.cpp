// The driver's side of the rings, with this test in place of Linux: also one that lies.
#include "uring.hpp"
#include <cstring>
#include <gtest/gtest.h>
#include <linux/io_uring.h>
#include <memory>
#include <vector>

namespace {

using cw::abi::FilesPage;
using cw::abi::kFileCompletions;
using cw::abi::kFileSubmissions;
using file::Completion;
using file::Submission;
using file::Uring;

// What we say of Linux' structures is what its header says.
static_assert(sizeof(Submission) == sizeof(io_uring_sqe));
static_assert(offsetof(Submission, file) == offsetof(io_uring_sqe, fd));
static_assert(offsetof(Submission, offset) == offsetof(io_uring_sqe, off));
static_assert(offsetof(Submission, address) == offsetof(io_uring_sqe, addr));
static_assert(offsetof(Submission, bytes) == offsetof(io_uring_sqe, len));
static_assert(offsetof(Submission, operation_flags) == offsetof(io_uring_sqe, rw_flags));
static_assert(offsetof(Submission, name) == offsetof(io_uring_sqe, user_data));
static_assert(offsetof(Submission, buffer) == offsetof(io_uring_sqe, buf_index));
static_assert(sizeof(Completion) == sizeof(io_uring_cqe));
static_assert(int{file::kSync} == int{IORING_OP_FSYNC} &&
              int{file::kReadFixed} == int{IORING_OP_READ_FIXED});
static_assert(int{file::kWriteFixed} == int{IORING_OP_WRITE_FIXED} &&
              int{file::kCancel} == int{IORING_OP_ASYNC_CANCEL});
static_assert(int{file::kReadPlain} == int{IORING_OP_READ} &&
              int{file::kWritePlain} == int{IORING_OP_WRITE});
static_assert(file::kSlotFlag == IOSQE_FIXED_FILE);
static_assert(file::kDataOnlyFlag == IORING_FSYNC_DATASYNC);

/// The register block, and Linux at the other end of it.
struct Device {
    static constexpr std::uint32_t kSubmissionHead = 0, kSubmissionTail = 4, kCompletionHead = 8,
                                   kCompletionTail = 12, kCompletions = 64, kArray = 2112;
    struct alignas(4096) Memory {
        std::byte bytes[cw::abi::kFilesBytes];
    };
    std::unique_ptr<Memory> memory = std::make_unique<Memory>();

    explicit Device(std::uint32_t begin = 0) {
        page().submission_head = kSubmissionHead;
        page().submission_tail = kSubmissionTail;
        page().completion_head = kCompletionHead;
        page().completion_tail = kCompletionTail;
        page().completions = kCompletions;
        page().submission_array = kArray;
        for (const std::uint32_t at :
             {kSubmissionHead, kSubmissionTail, kCompletionHead, kCompletionTail})
            word(at) = begin;
    }
    FilesPage& page() { return *reinterpret_cast<FilesPage*>(memory->bytes); }
    std::uint32_t& word(std::uint32_t offset) {
        return *reinterpret_cast<std::uint32_t*>(memory->bytes + cw::abi::kFilesRings + offset);
    }
    Uring drive() { return Uring{reinterpret_cast<std::uint64_t>(memory->bytes)}; }
    Submission taken() {
        const std::uint32_t place = word(kArray + 4 * (word(kSubmissionHead)++ % kFileSubmissions));
        Submission entry{};
        std::memcpy(
            &entry, memory->bytes + cw::abi::kFilesEntries + place * sizeof(entry), sizeof(entry));
        return entry;
    }
    void complete(std::uint64_t name, std::int32_t result) {
        const Completion completion{name, result, 0};
        const std::uint32_t at = word(kCompletionTail) % kFileCompletions;
        std::memcpy(memory->bytes + cw::abi::kFilesRings + kCompletions + at * sizeof(completion),
                    &completion,
                    sizeof(completion));
        ++word(kCompletionTail);
    }
};

TEST(Uring, passes_entries_and_completions_across_the_wrap) {
    Device linux{0u - 100};
    Uring uring = linux.drive();
    for (std::uint64_t name = 0; name < 300; ++name) {
        uring.put({.operation = file::kReadPlain, .name = name});
        EXPECT_EQ(uring.waiting(), 1u);
        EXPECT_EQ(linux.taken().name, name);
        linux.complete(name, 7);
        Completion completion{};
        ASSERT_TRUE(uring.take(completion));
        EXPECT_EQ(completion.name, name);
        EXPECT_EQ(completion.result, 7);
        EXPECT_FALSE(uring.take(completion));
    }
}

TEST(Uring, is_full_until_linux_takes_something) {
    Device linux;
    Uring uring = linux.drive();
    for (std::uint32_t i = 0; i < kFileSubmissions; ++i) {
        EXPECT_FALSE(uring.full());
        uring.put({.name = i});
    }
    EXPECT_TRUE(uring.full());
    static_cast<void>(linux.taken());
    EXPECT_FALSE(uring.full());
}

TEST(Uring, goes_on_where_its_words_are) {
    Device linux{0xffff'fff0};
    Uring uring = linux.drive();
    EXPECT_EQ(uring.waiting(), 0u);
    Completion completion{};
    EXPECT_FALSE(uring.take(completion));
}

TEST(Uring, takes_nothing_from_more_completions_than_there_can_be) {
    Device linux;
    Uring uring = linux.drive();
    linux.word(Device::kCompletionTail) = kFileCompletions + 1;
    Completion completion{};
    EXPECT_FALSE(uring.take(completion));
    EXPECT_TRUE(uring.faulted());
    linux.word(Device::kCompletionTail) = 1; // and does not believe it afterwards
    EXPECT_FALSE(uring.take(completion));
}

TEST(Uring, is_full_if_linux_has_taken_more_than_there_was) {
    Device linux;
    Uring uring = linux.drive();
    linux.word(Device::kSubmissionHead) = 5;
    EXPECT_TRUE(uring.full());
}

TEST(Uring, finds_registered_memory_only_where_all_of_it_is) {
    Device linux;
    linux.page().buffers[3] = {0x10000, 0x7f0000, std::uint64_t{9} << 32 | 0x4000};
    linux.page().buffers[5] = {0x20000, 0x900000, std::uint64_t{4} << 32};
    const Uring uring = linux.drive();
    std::uint16_t slot = 0;
    std::uint64_t at = 0;
    EXPECT_TRUE(uring.registered(0x10000, 0x4000, slot, at));
    EXPECT_EQ(slot, 3);
    EXPECT_EQ(at, 0x7f0000u);
    EXPECT_TRUE(uring.registered(0x13fff, 1, slot, at));
    EXPECT_EQ(at, 0x7f3fffu);
    EXPECT_FALSE(uring.registered(0x13fff, 2, slot, at)); // over its end
    EXPECT_FALSE(uring.registered(0xffff, 2, slot, at));  // before its beginning
    EXPECT_FALSE(uring.registered(0x14000, 1, slot, at));
    EXPECT_FALSE(uring.registered(0x20000, 1, slot, at)); // no longer
    EXPECT_FALSE(uring.registered(0x12000, ~std::uint64_t{0} - 0x100, slot, at));
}

} // namespace
