// A test module that provides work.
#include "work.hpp"

#include <cw/sdk/buffer.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/wait.hpp>

CW_MODULE(service, {.version = {1, 0}, .frame_bytes = 1 << 20});

extern "C" {
[[gnu::visibility("default")]] work::Journal work_journal{};
}

namespace {

/// Counts who is inside: guarantee 3 says one at most.
class Inside {
public:
    Inside() {
        if (__atomic_fetch_add(&work_journal.inside, 1, __ATOMIC_RELAXED) != 0)
            ++work_journal.overlaps;
    }
    ~Inside() { __atomic_fetch_sub(&work_journal.inside, 1, __ATOMIC_RELAXED); }
};

struct Holder {
    std::uint64_t key;
    cw::PromiseBase* promise;
    Holder* next;
};
Holder* holders = nullptr;

/// Suspends until release() finds it.
struct UntilReleased {
    Holder holder;

    bool await_ready() const noexcept { return false; }
    template <class P>
    void await_suspend(std::coroutine_handle<P> awaiting) noexcept {
        cw::PromiseBase& promise = awaiting.promise();
        promise.ready.coroutine = awaiting.address();
        promise.awaited_call = nullptr;
        promise.awaited_task = nullptr;
        holder.promise = &promise;
        holder.next = holders;
        holders = &holder;
    }
    void await_resume() const noexcept {}
};

cw::Task<work::Word> hold(work::Key key) noexcept {
    UntilReleased released{{key.key, nullptr, nullptr}};
    co_await released;
    co_return work::Word{key.value + 1};
}

work::Word release(work::Word key) noexcept {
    const Inside inside;
    std::uint64_t count = 0;
    for (Holder** link = &holders; *link != nullptr;) {
        Holder& holder = **link;
        if (holder.key != key.value && key.value != work::kEverybody) {
            link = &holder.next;
            continue;
        }
        *link = holder.next;
        cw_module.ops->ready(&holder.promise->ready);
        ++count;
    }
    return {count};
}

cw::Task<work::Word> sleep_until(work::Word tick) noexcept {
    const auto woken = co_await cw::Wait{
        [=](std::uint64_t*) { return cw_module.ops->sleep(&cw_module, tick.value); }};
    if (woken.error() == cw::Status::cancelled)
        ++work_journal.cancelled;
    co_return work::Word{static_cast<std::uint64_t>(woken.error())};
}

} // namespace

CW_PROVIDE(work::add_one, [](work::Word word) {
    const Inside inside;
    return work::Word{word.value + 1};
});
CW_PROVIDE(work::nothing, [](cw::Nothing) {});
CW_PROVIDE(work::block, [](work::Block block) {
    const Inside inside;
    for (std::uint64_t& word : block.words)
        ++word;
    return block;
});
CW_PROVIDE(work::refuse, [](work::Word word) -> cw::Result<work::Word> {
    return cw::refuse(static_cast<cw::Status>(1 + word.value % cw::kLastStatus));
});
CW_PROVIDE(work::hold, hold);
CW_PROVIDE(work::release, release);
CW_PROVIDE(work::sleep_until, sleep_until);
CW_PROVIDE(work::note, [](work::Word word) {
    const Inside inside;
    work_journal.notes[work_journal.note_count++ % work::kMaxNotes] = word.value;
    return work::Word{work_journal.note_count};
});
CW_PROVIDE(work::sum, [](work::View view) {
    std::uint64_t sum = 0;
    for (const std::byte byte : cw::bytes_of(view.data))
        sum += static_cast<std::uint64_t>(byte);
    return work::Word{sum};
});
