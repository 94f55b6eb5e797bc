#include "transfers.hpp"
#include "queue.hpp"
#include <algorithm>
#include <array>
#include <cw/sdk/module.hpp>
#include <cw/sdk/wait.hpp>
#include <string_view>

namespace file {

namespace {

constexpr std::int32_t kInterrupted = -4, kTryAgain = -11, kBadAddress = -14;
constexpr unsigned kTries =
    4; ///< Of one transfer that Linux sends back without a cause of its own.
constexpr std::uint64_t kLaterNs = 1'000'000;        ///< Linux is out of memory, or the like.
constexpr std::uint64_t kNoName = ~std::uint64_t{0}; ///< Of submissions whose completion says
                                                     ///< nothing.

struct Transfer {
    bool taken = false;
    cw::Signal* done = nullptr; ///< Null: nothing is submitted.
    std::uint32_t generation = 0;
    std::int32_t result = 0;
};

constinit Uring uring;
std::array<Transfer, kMostTransfers> transfers;
constinit Queue waiting;
constinit Counts counted{};

std::uint64_t name_of(const Transfer& transfer) noexcept {
    return static_cast<std::uint64_t>(&transfer - transfers.data()) |
           std::uint64_t{transfer.generation} << 32;
}

Transfer* find_free() noexcept {
    const auto found = std::ranges::find(transfers, false, &Transfer::taken);
    return found == transfers.end() ? nullptr : &*found;
}

/// Untrusted, to be on the safe side: a completion of nothing is nobody's.
void complete(const Completion& completion) noexcept {
    const auto index = static_cast<std::uint32_t>(completion.name);
    if (index >= kMostTransfers)
        return;
    Transfer& transfer = transfers[index];
    if (transfer.done == nullptr || name_of(transfer) != completion.name || transfer.done->set())
        return;
    transfer.result = completion.result;
    transfer.done->notify();
}

cw::Task<> reap(std::uint64_t interrupt) noexcept {
    for (;;) {
        Completion completion{};
        while (uring.take(completion))
            complete(completion);
        if (uring.faulted()) {
            constexpr std::string_view kWhy = "the rings of its device make no sense";
            cw_module.ops->fail(&cw_module, kWhy.data(), kWhy.size());
        }
        static_cast<void>(co_await cw::next_interrupt(interrupt));
    }
}

// Submissions of one round of the executor go out together: the coroutine below is run when all
// handlers of the round have run.

cw::Ready* submitter;
bool called; ///< It is to run, or runs.

struct UntilCalled {
    bool await_ready() const noexcept { return false; }
    template <class P>
    void await_suspend(std::coroutine_handle<P> handle) const noexcept {
        submitter = &handle.promise().ready;
        submitter->coroutine = handle.address();
        called = false;
    }
    void await_resume() const noexcept {}
};

void ring() noexcept {
    ++counted.submissions;
    cw::ring_device(cw::abi::kFilesDoorbell);
}

cw::Task<> submit() noexcept {
    for (;;) {
        co_await UntilCalled{};
        ring();
        while (uring.waiting() != 0) {
            static_cast<void>(co_await cw::sleep_ns(kLaterNs));
            ring();
        }
    }
}

void call_submitter() noexcept {
    if (!called) {
        called = true;
        cw_module.ops->ready(submitter);
    }
}

Submission entry_for(const Wish& wish, std::uint64_t name, bool& registered) noexcept {
    Submission entry{};
    entry.operation = wish.operation;
    entry.flags = kSlotFlag;
    entry.file = static_cast<std::int32_t>(wish.slot);
    entry.offset = wish.offset;
    entry.address = wish.address;
    entry.bytes = static_cast<std::uint32_t>(wish.bytes);
    entry.operation_flags = wish.flags;
    entry.name = name;
    registered = registered && wish.operation != kSync &&
                 uring.registered(wish.address, wish.bytes, entry.buffer, entry.address);
    if (registered)
        entry.operation = wish.operation == kReadPlain ? kReadFixed : kWriteFixed;
    return entry;
}

/// There is room in the ring, or Linux takes nothing.
cw::Task<> make_room() noexcept {
    while (uring.full()) {
        ring();
        if (uring.full())
            static_cast<void>(co_await cw::sleep_ns(kLaterNs));
    }
    co_return cw::Nothing{};
}

/// One submission, to its completion.
cw::Task<std::int32_t> attempt(Transfer& transfer, Wish wish, bool& registered) noexcept {
    cw::Signal done;
    if (!done.prepare())
        co_return cw::refuse(cw::Status::no_memory);
    CW_CO_CHECK(co_await make_room());
    transfer.done = &done;
    ++transfer.generation;
    uring.put(entry_for(wish, name_of(transfer), registered));
    call_submitter();
    ++counted.transfers;
    counted.registered += registered;
    for (bool told = false; !done.set();) {
        const auto waited = co_await done.wait();
        if (waited || told)
            continue;
        told = true;
        ++counted.cancelled;
        static_cast<void>(co_await make_room());
        Submission entry{};
        entry.operation = kCancel;
        entry.flags = kSlotFlag;
        entry.address = name_of(transfer);
        entry.name = kNoName;
        if (!uring.full())
            uring.put(entry);
        call_submitter();
    }
    transfer.done = nullptr;
    co_return transfer.result;
}

/// As many attempts as it takes. Requires: it is taken.
cw::Task<std::uint64_t> attempts(Transfer& transfer, Wish wish) noexcept {
    bool registered = true;
    std::int32_t result = 0;
    for (unsigned tries = 0; tries < kTries; ++tries) {
        const bool given_up = co_await cw::given_up();
        if (given_up)
            co_return cw::refuse(cw::Status::cancelled);
        const auto attempted = co_await attempt(transfer, wish, registered);
        if (!attempted)
            co_return cw::refuse(attempted.error());
        result = *attempted;
        if (result == kBadAddress && registered) {
            registered = false; // it is no longer registered: by address then
            continue;
        }
        if (result != kInterrupted && result != kTryAgain)
            break;
    }
    if (result < 0)
        co_return cw::refuse(cw::abi::status_of_errno(-result));
    co_return static_cast<std::uint64_t>(result);
}

} // namespace

const Counts& counts() noexcept {
    return counted;
}

Admission::Admission() noexcept : granted_{counted.calls < kMostCalls} {
    counted.calls += granted_;
}

Admission::~Admission() {
    counted.calls -= granted_;
}

cw::Task<std::uint64_t> transfer(Wish wish) noexcept {
    Transfer* own = find_free();
    while (own == nullptr) {
        Queue::Place place;
        if (!place.signal.prepare())
            co_return cw::refuse(cw::Status::no_memory);
        waiting.enter(place);
        while (!place.signal.set()) {
            const auto waited = co_await place.signal.wait();
            if (!waited) {
                waiting.leave(place);
                co_return cw::refuse(cw::Status::cancelled);
            }
        }
        own = find_free();
    }
    own->taken = true;
    ++counted.under_way;
    const auto result = co_await attempts(*own, wish);
    --counted.under_way;
    own->taken = false;
    waiting.call();
    co_return result;
}

void start_transfers(const cw::abi::DeviceGrant& device) noexcept {
    uring = Uring{device.registers};
    cw::count_interrupt_in(device.interrupt, uring.completion_count());
    static_cast<void>(cw::spawn(submit()));
    static_cast<void>(cw::spawn(reap(device.interrupt)));
}

} // namespace file
