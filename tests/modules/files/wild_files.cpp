// A driver of files that does not keep to its device: what it asks of Linux, and of the nucleus,
// is refused, and nothing of it reaches a file, or memory, that is not its own. In a process of its
// own, on Linux.
#include <cw/abi/files.hpp>
#include <cw/core/service/files.hpp>
#include <cw/sdk/arch/raw_calls.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>
#include <cw/sdk/wait.hpp>
#include <string_view>

CW_MODULE(wild_files_test, {.version = {1, 0}});
CW_REQUIRE(cw::files::open);
CW_REQUIRE(cw::files::close);
CW_REQUIRE(cw::files::stat);
CW_REQUIRE(cw::files::list);
CW_REQUIRE(cw::memory::area);

namespace {

using cw::Status;

cw::abi::DeviceGrant device{};
cw::Area area;

struct Entry {
    std::uint8_t operation, flags;
    std::uint16_t priority;
    std::int32_t file;
    std::uint64_t offset, address;
    std::uint32_t bytes, operation_flags;
    std::uint64_t name;
    std::uint16_t buffer, personality;
    std::uint32_t reserved[5];
};
static_assert(sizeof(Entry) == 64);
struct Completion {
    std::uint64_t name;
    std::int32_t result;
    std::uint32_t flags;
};

const cw::abi::FilesPage& page() noexcept {
    return *reinterpret_cast<const cw::abi::FilesPage*>(device.registers);
}
std::uint32_t* word(std::uint32_t offset) noexcept {
    return reinterpret_cast<std::uint32_t*>(device.registers + cw::abi::kFilesRings + offset);
}

/// Submits one entry and gives what came of it; 1 if nothing did within a second.
cw::Task<std::int32_t> submit(Entry entry) noexcept {
    static std::uint64_t names = 1000;
    entry.name = ++names;
    const std::uint32_t tail = *word(page().submission_tail);
    const std::uint32_t place = tail % cw::abi::kFileSubmissions;
    reinterpret_cast<Entry*>(device.registers + cw::abi::kFilesEntries)[place] = entry;
    word(page().submission_array)[place] = place;
    __atomic_store_n(word(page().submission_tail), tail + 1, __ATOMIC_RELEASE);
    cw::ring_device(cw::abi::kFilesDoorbell);
    for (int tries = 0; tries < 1000; ++tries) {
        while (__atomic_load_n(word(page().completion_tail), __ATOMIC_ACQUIRE) !=
               *word(page().completion_head)) {
            const std::uint32_t head = *word(page().completion_head);
            const auto completion = reinterpret_cast<const Completion*>(
                word(page().completions))[head % cw::abi::kFileCompletions];
            __atomic_store_n(word(page().completion_head), head + 1, __ATOMIC_RELEASE);
            if (completion.name == entry.name)
                co_return completion.result;
        }
        static_cast<void>(co_await cw::sleep_ns(1'000'000));
    }
    co_return 1;
}

cw::Task<> prepare() noexcept {
    if (area.size() == 0) {
        CW_CO_TRY(made, co_await cw::Area::create(64 * 1024));
        area = made;
    }
    co_return cw::Nothing{};
}
cw::BufferRef path(std::string_view text) noexcept {
    text.copy(area.text(), text.size());
    return area.ref(0, text.size());
}

constexpr std::int32_t kAccess = -13, kFault = -14, kBadFile = -9, kInvalid = -22;
constexpr std::uint8_t kSlot = 1, kRead = 22, kReadFixed = 4;

} // namespace

CW_DEVICE("causeway,files", device);

CW_TEST(operations_beyond_the_few_are_refused) {
    CW_EXPECT((co_await prepare()).has_value());
    for (std::uint8_t operation = 0; operation < 64; ++operation) {
        if (operation == 3 || operation == 4 || operation == 5 || operation == 14 ||
            operation == 22 || operation == 23)
            continue;
        Entry entry{};
        entry.operation = operation;
        entry.flags = kSlot;
        CW_EXPECT_VALUE(result, co_await submit(entry));
        CW_EXPECT(result == kAccess || result == kInvalid); // not permitted, or no operation at all
    }
}

CW_TEST(descriptors_of_the_process_are_refused) {
    // Without the flag for slots: descriptor 3 is the socket, 4 the eventfd.
    for (std::int32_t descriptor = 0; descriptor < 8; ++descriptor) {
        Entry entry{};
        entry.operation = kRead;
        entry.file = descriptor;
        entry.address = area.ref(0, 1).address;
        entry.bytes = 1;
        CW_EXPECT_VALUE(result, co_await submit(entry));
        CW_EXPECT_EQUAL(result, kAccess);
    }
}

CW_TEST(flags_of_entries_are_refused) {
    for (unsigned flag = 2; flag < 256; flag *= 2) {
        Entry entry{};
        entry.operation = kRead;
        entry.flags = static_cast<std::uint8_t>(kSlot | flag);
        entry.address = area.ref(0, 1).address;
        entry.bytes = 1;
        CW_EXPECT_VALUE(result, co_await submit(entry));
        CW_EXPECT(result == kAccess || result == kInvalid);
    }
}

CW_TEST(empty_slots_and_memory_that_is_not_ours_are_refused) {
    Entry entry{};
    entry.operation = kRead;
    entry.flags = kSlot;
    entry.address = area.ref(0, 1).address;
    entry.bytes = 1;
    for (const std::int32_t slot : {0, 255, 256, 1 << 20, -1}) {
        entry.file = slot;
        CW_EXPECT_VALUE(result, co_await submit(entry));
        CW_EXPECT_EQUAL(result, kBadFile);
    }
    CW_EXPECT_VALUE(opened, co_await cw::files::open({path("data/poem.txt"), 7, cw::files::kRead}));
    CW_EXPECT_EQUAL(opened.size, 14);
    entry.file = 7;
    // Addresses where nothing is, where we may only read, and that no process has.
    for (const std::uint64_t address : {std::uint64_t{8},
                                        device.registers, // our own description of the device
                                        std::uint64_t{0x20'0000'0000},
                                        std::uint64_t{0xffff'ffff'8000'0000}}) {
        entry.address = address;
        CW_EXPECT_VALUE(result, co_await submit(entry));
        CW_EXPECT_EQUAL(result, kFault);
    }
    // Memory registered in no place.
    entry.operation = kReadFixed;
    for (const std::uint16_t buffer :
         {std::uint16_t{63}, std::uint16_t{64}, std::uint16_t{65535}}) {
        entry.buffer = buffer;
        entry.address = area.ref(0, 1).address;
        CW_EXPECT_VALUE(result, co_await submit(entry));
        CW_EXPECT(result < 0);
    }
    CW_EXPECT((co_await cw::files::close({7})).has_value());
}

CW_TEST(what_is_asked_of_the_nucleus_is_checked) {
    const auto out_of_range =
        co_await cw::files::open({path("data/poem.txt"), 256, cw::files::kRead});
    CW_EXPECT(!out_of_range && out_of_range.error() == Status::out_of_range);
    const auto outside =
        co_await cw::files::open({path("data/../outside.txt"), 1, cw::files::kRead});
    CW_EXPECT(!outside && outside.error() == Status::not_permitted);
    const auto through_link = co_await cw::files::open({path("data/out"), 1, cw::files::kRead});
    CW_EXPECT(!through_link && through_link.error() == Status::not_permitted);
    const auto written = co_await cw::files::open(
        {path("fixed/text.txt"), 1, cw::files::kRead | cw::files::kAppend});
    CW_EXPECT(!written && written.error() == Status::not_permitted);
    const auto no_name = co_await cw::files::open({path(""), 1, cw::files::kRead});
    CW_EXPECT(!no_name && no_name.error() == Status::invalid_argument);
    const auto no_slot = co_await cw::files::close({std::uint64_t{1} << 40});
    CW_EXPECT(!no_slot && no_slot.error() == Status::out_of_range);
    CW_EXPECT((co_await cw::files::close({9})).has_value()); // nothing is there: closed it is
    const auto nothing = co_await cw::files::stat({{}, 9});
    CW_EXPECT(!nothing && nothing.error() == Status::not_found);
    // The same slot twice, at once.
    auto first = cw::files::open({path("data/poem.txt"), 1, cw::files::kRead});
    auto second = cw::files::open({path("data/poem.txt"), 1, cw::files::kRead});
    auto closed = cw::files::close({1});
    const auto opened = co_await first;
    const auto twice = co_await second;
    CW_EXPECT((co_await closed).has_value());
    CW_EXPECT(!twice && twice.error() == Status::busy);
    CW_EXPECT(opened || opened.error() == Status::cancelled);
    CW_EXPECT_VALUE(again, co_await cw::files::open({path("data/poem.txt"), 1, cw::files::kRead}));
    CW_EXPECT_EQUAL(again.size, 14);
    CW_EXPECT((co_await cw::files::close({1})).has_value());
}

CW_TEST(rings_of_nonsense_cost_nobody_anything) {
    for (std::uint32_t i = 0; i < cw::abi::kFileSubmissions; ++i)
        word(page().submission_array)[i] = 0xdead'0000 + i;
    const std::uint32_t tail = *word(page().submission_tail);
    __atomic_store_n(word(page().submission_tail), tail + 0x1234'5678, __ATOMIC_RELEASE);
    for (int i = 0; i < 10; ++i)
        cw::ring_device(cw::abi::kFilesDoorbell);
    *word(page().completion_head) = 0x8765'4321;
    cw::ring_device(cw::abi::kFilesDoorbell);
    CW_EXPECT_VALUE(listed, co_await cw::files::list({{}, 0, area.out(0, 100)}));
    CW_EXPECT(listed.bytes != 0); // the nucleus goes on
}
