#include "verdict.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace cw::fuzz {

void report(const char* what) {
    std::fprintf(stderr, "message_fuzz: %s\n", what);
    std::abort();
}

std::uint64_t told(const std::vector<test::Told>& reports, abi::Report kind, std::uint64_t end) {
    return static_cast<std::uint64_t>(std::ranges::count_if(
        reports, [&](const test::Told& one) { return one.kind == kind && one.b == end; }));
}

void require_whole(const test::Module& module) {
    std::uint32_t free_entries = 0;
    for (const Pending* entry = module.state.free; entry != nullptr; entry = entry->next) {
        require(entry->outcome.state() == PendingState::free, "a free entry is in use");
        require(++free_entries <= module.state.pool_entries, "the free list goes round");
    }
    require(free_entries == module.state.pool_entries, "an entry of a module's pool is lost");

    const FramePool& frames = module.state.frames;
    std::uint64_t bytes = 0;
    for (std::size_t index = 0; index < FramePool::kClasses; ++index) {
        for (void* block = frames.free[index]; block != nullptr;
             block = *static_cast<void**>(block)) {
            bytes += std::uint64_t{64} << index;
            require(bytes <= frames.end, "the list of frames goes round");
        }
    }
    require(bytes == frames.bump - module.frames.address(), "a coroutine frame is lost");
}

void require_unused(const test::Channel& channel) {
    const auto* entries = channel.pool.as<Pending>();
    for (std::uint32_t i = 0; i < kPoolPendings; ++i)
        require(entries[i].outcome.state() == PendingState::free,
                "an entry of a channel's pool is lost");
}

void require_idle(test::ExecutorThread& thread) {
    const Executor& executor = thread.executor();
    require(executor.deadline_count == 0, "a deadline stays armed");
    require(executor.ready == nullptr && executor.inbox.load(Order::relaxed) == nullptr,
            "something stays ready to run");
}

} // namespace cw::fuzz
