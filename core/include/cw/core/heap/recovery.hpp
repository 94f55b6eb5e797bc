// What a user left half done when it died, and whether a heap is in order.
#pragma once
#include <cw/core/heap/chunks.hpp>

namespace cw::heap {

/// In the name of a user who is dead. Untrusted: as for Blocks.
template <class Sync, class G>
class Recovery : public Chunks<Sync, G> {
    using Base = Chunks<Sync, G>;

public:
    using Base::Base;

    /// Ends what the user was about to do: a block that it had claimed and not got yet is free, one
    /// that it was freeing is free, and no chunk is in its hands. May be cut off anywhere and begun
    /// again. Requires: it is dead, and what it did can be seen here; one at a time for each user.
    void recover() noexcept {
        const Intent intent{memory_.users[user_].intent.load(Order::relaxed)};
        if (intent.place.chunk < memory_.chunk_count && intent.op != Op::none) {
            if (intent.run)
                recover_run(intent);
            else
                recover_block(intent);
        }
        end();
        for (std::uint32_t chunk = 0; chunk < memory_.chunk_count; ++chunk)
            recover_chunk(chunk);
    }

private:
    using Base::end;
    using Base::finish_freeing;
    using Base::is_run;
    using Base::memory_;
    using Base::release;
    using Base::reopen;
    using Base::state_of;
    using Base::user_;
    using Base::was_done;
    using Base::word_at;

    void recover_block(const Intent& intent) noexcept {
        const ChunkState state{state_of(intent.place.chunk).load(Order::relaxed)};
        if (!state.template has_blocks<G>() ||
            intent.place.word >= words_of_class<G>(state.size_class) ||
            (all_free<G>(state.size_class, intent.place.word) >> intent.place.bit & 1) == 0)
            return; // not even begun: it had seen the chunk in another life
        if (was_done(intent) == (intent.op == Op::claim))
            static_cast<void>(this->free(intent.place)); // it is free already if somebody lies
    }
    void recover_run(const Intent& intent) noexcept {
        const std::uint32_t chunk = intent.place.chunk;
        const ChunkState state{state_of(chunk).load(Order::relaxed)};
        const bool own = state.last == Tag{user_, intent.number};
        if (state.kind == ChunkKind::run && (intent.op == Op::claim ? own : !intent.done))
            static_cast<void>(this->free_run(chunk));
    }
    void recover_chunk(std::uint32_t chunk) noexcept {
        const ChunkState state{state_of(chunk).load(Order::relaxed)};
        if (state.kind == ChunkKind::blocks)
            memory_.chunks[chunk].hint.store(1, Order::relaxed); // others had left it to the dead
        if (state.last.user() != user_)
            return;
        switch (state.kind) {
        case ChunkKind::opening:
            for (std::uint32_t word = 0; word < kWordsOf<G>; ++word)
                word_at({chunk, word, 0}).store(0, Order::relaxed);
            release(chunk);
            return;
        case ChunkKind::retiring:
            if (state.size_class < G::kClasses)
                reopen(chunk, state.size_class);
            return;
        case ChunkKind::part:
            if (!belongs(chunk, state.number))
                release(chunk);
            return;
        case ChunkKind::freeing:
            if (state.number != 0 && state.number <= memory_.chunk_count - chunk)
                finish_freeing(chunk, state.number);
            return;
        default:
            return;
        }
    }
    /// It is part of a run that is there, whoever has it now.
    [[nodiscard]] bool belongs(std::uint32_t chunk, std::uint32_t distance) noexcept {
        if (distance == 0 || distance > chunk)
            return false;
        const ChunkState first{state_of(chunk - distance).load(Order::relaxed)};
        return (first.kind == ChunkKind::run || first.kind == ChunkKind::freeing) &&
               first.number > distance;
    }
};

/// What is in a heap.
struct Audit {
    std::uint64_t blocks;      ///< In use.
    std::uint64_t bytes;       ///< Of those, as they were rounded up.
    std::uint64_t free_chunks; ///< Of which anything can become.
    std::uint32_t half_done;   ///< Operations under way: of users who are alive or to be recovered.
    std::uint32_t broken;      ///< Words that no user writes who keeps to the protocol.

    friend constexpr bool operator==(const Audit&, const Audit&) noexcept = default;
};

/// Looks at everything. Exact if nobody changes anything meanwhile; nothing bad happens otherwise.
template <class Sync, class G>
[[nodiscard]] Audit audit(const Memory<Sync>& memory) noexcept {
    Audit found{};
    for (std::uint32_t user = 0; user < G::kUsers; ++user)
        found.half_done +=
            Intent{memory.users[user].intent.load(Order::relaxed)}.op != Op::none ? 1 : 0;
    const auto state_of = [&](std::uint32_t chunk) {
        return ChunkState{memory.chunks[chunk].state.load(Order::relaxed)};
    };
    std::uint32_t parts = 0; // that the run at hand still has
    for (std::uint32_t chunk = 0, first = 0; chunk < memory.chunk_count; ++chunk) {
        const ChunkState state = state_of(chunk);
        if (parts != 0) {
            --parts;
            found.broken += state.kind != ChunkKind::part || state.number != chunk - first ? 1 : 0;
        } else if (state.kind == ChunkKind::run) {
            const bool fits = state.number != 0 && state.number <= memory.chunk_count - chunk;
            found.broken += fits ? 0 : 1;
            ++found.blocks;
            found.bytes += std::uint64_t{state.number} * G::kChunkBytes;
            first = chunk;
            parts = fits ? state.number - 1 : 0;
        } else if (state.kind == ChunkKind::free) {
            ++found.free_chunks;
            found.broken += state.raw() != 0 ? 1 : 0;
        } else if (state.kind != ChunkKind::blocks) {
            ++(state.kind > ChunkKind::freeing ? found.broken : found.half_done);
            continue; // its words may be anything
        }
        const bool blocks = state.template has_blocks<G>();
        for (std::uint32_t word = 0; word < kWordsOf<G>; ++word) {
            const BlockWord seen{
                memory.words[std::uint64_t{chunk} * kWordsOf<G> + word].load(Order::relaxed)};
            const std::uint32_t all = blocks && word < words_of_class<G>(state.size_class)
                                          ? all_free<G>(state.size_class, word)
                                          : 0;
            found.broken += (seen.free & ~all) != 0 || (all != 0) != (seen.last.user() != 0);
            const auto used = static_cast<std::uint32_t>(std::popcount(all & ~seen.free));
            found.blocks += used;
            found.bytes += used * (all != 0 ? size_of_class<G>(state.size_class) : 0);
        }
    }
    return found;
}

} // namespace cw::heap
