// What happens to whole chunks: taken for blocks of a size, given back when all are free, and taken
// in a row for what is larger than a block.
//
// A chunk on its way from one to the other carries the name of whoever takes it there, and is
// nobody else's meanwhile. So a note is needed only for who owns a run.
#pragma once
#include <cw/core/heap/blocks.hpp>

namespace cw::heap {

/// Context and Untrusted: as for Blocks.
template <class Sync, class G>
class Chunks : public Blocks<Sync, G> {
    using Base = Blocks<Sync, G>;

public:
    using Base::Base;
    using Base::end;

    /// Makes a free chunk one of blocks; false if it is not free.
    /// Ordering: [A93] acquire, pairs with [R93]: whoever used it is done with it. [R92] release,
    /// pairs with [A91].
    [[nodiscard]] bool open(std::uint32_t chunk, std::uint32_t size_class) noexcept {
        const Tag tag = noted_tag_after(Tag{});
        if (!take(chunk, {ChunkKind::opening, size_class, 0, tag}))
            return false;
        for (std::uint32_t word = 0; word < words_of_class<G>(size_class); ++word)
            word_at({chunk, word, 0})
                .store(BlockWord{all_free<G>(size_class, word), tag}.raw(),
                       Order::release); // [R92]
        set(chunk, {ChunkKind::blocks, size_class, 0, tag}, Order::relaxed);
        return true;
    }
    /// Makes a chunk of blocks free if none of its blocks is in use; false if one is.
    /// Ordering: [A91] acquire, pairs with [R91]: who freed the blocks is done with them.
    [[nodiscard]] bool retire(std::uint32_t chunk) noexcept {
        std::uint64_t raw = state_of(chunk).load(Order::relaxed);
        const ChunkState old{raw};
        if (old.kind != ChunkKind::blocks || old.size_class >= G::kClasses)
            return false;
        const Tag tag = noted_tag_after(old.last);
        const ChunkState retiring{ChunkKind::retiring, old.size_class, 0, tag};
        if (!state_of(chunk).compare_exchange(raw, retiring.raw(), Order::relaxed, Order::relaxed))
            return false;
        for (std::uint32_t word = 0; word < words_of_class<G>(old.size_class); ++word) {
            const Place place{chunk, word, 0};
            const BlockWord seen{word_at(place).load(Order::acquire)}; // [A91]
            std::uint64_t expected = seen.raw();
            if (seen.free == all_free<G>(old.size_class, word)) {
                settle(seen, place);
                if (word_at(place).compare_exchange(
                        expected, 0, Order::release, Order::relaxed)) // [R91]
                    continue;
            }
            reopen(chunk, old.size_class);
            return false;
        }
        release(chunk);
        return true;
    }

    /// Takes `count` chunks from this one on as one block, which is the caller's after end().
    /// Otherwise `taken` says how many were free. Requires: chunk + count <= chunk_count.
    /// Ordering: [A93] acquire, pairs with [R93].
    [[nodiscard]] bool
    claim_run(std::uint32_t chunk, std::uint32_t count, std::uint32_t& taken) noexcept {
        const Tag tag = tag_after(Tag{});
        note(Intent{Op::claim, true, tag.number(), {chunk, 0, 0}});
        for (taken = 0; taken < count; ++taken) {
            if (take(chunk + taken, {ChunkKind::part, 0, taken, tag}))
                continue;
            for (std::uint32_t back = taken; back-- != 0;)
                release(chunk + back);
            end();
            return false;
        }
        set(chunk, {ChunkKind::run, 0, count, tag}, Order::relaxed);
        return true;
    }
    /// Errors: invalid_argument (there is no run there, or none of a possible length).
    /// Ordering: [R93] release, pairs with [A93].
    [[nodiscard]] Status free_run(std::uint32_t chunk) noexcept {
        std::uint64_t raw = state_of(chunk).load(Order::relaxed);
        const ChunkState old{raw};
        if (!is_run(chunk, old))
            return Status::invalid_argument;
        const Tag tag = tag_after(old.last);
        Intent intent{Op::free, true, tag.number(), {chunk, 0, 0}};
        note(intent);
        const ChunkState freeing{ChunkKind::freeing, 0, old.number, tag};
        if (!state_of(chunk).compare_exchange(raw, freeing.raw(), Order::relaxed, Order::relaxed)) {
            end();
            return Status::invalid_argument; // somebody else frees it
        }
        intent.done = true; // before others can take the chunk, and overwrite the tag
        note(intent);
        finish_freeing(chunk, old.number);
        end();
        return Status::ok;
    }

    /// True if this may be the first chunk of a run, whose parts do not end outside of the heap.
    [[nodiscard]] bool is_run(std::uint32_t chunk, const ChunkState& state) const noexcept {
        return state.kind == ChunkKind::run && state.number != 0 &&
               state.number <= memory_.chunk_count - chunk;
    }
    [[nodiscard]] auto& state_of(std::uint32_t chunk) noexcept {
        return memory_.chunks[chunk].state;
    }

protected:
    using Base::memory_;
    using Base::note;
    using Base::noted_tag_after;
    using Base::settle;
    using Base::tag_after;
    using Base::word_at;

    void set(std::uint32_t chunk, const ChunkState& state, Order order) noexcept {
        state_of(chunk).store(state.raw(), order);
    }
    [[nodiscard]] bool take(std::uint32_t chunk, const ChunkState& state) noexcept {
        std::uint64_t none = 0;
        return state_of(chunk).compare_exchange(
            none, state.raw(), Order::acquire, Order::relaxed); // [A93]
    }
    void release(std::uint32_t chunk) noexcept {
        state_of(chunk).store(0, Order::release); // [R93]
    }
    /// A chunk that was retiring stays: those of its words that are closed are opened again.
    /// Ordering: [R92] release, pairs with [A91].
    void reopen(std::uint32_t chunk, std::uint32_t size_class) noexcept {
        const Tag tag = noted_tag_after(ChunkState{state_of(chunk).load(Order::relaxed)}.last);
        for (std::uint32_t word = 0; word < words_of_class<G>(size_class); ++word) {
            auto& at = word_at({chunk, word, 0});
            if (at.load(Order::relaxed) == 0)
                at.store(BlockWord{all_free<G>(size_class, word), tag}.raw(),
                         Order::release); // [R92]
        }
        set(chunk, {ChunkKind::blocks, size_class, 0, tag}, Order::relaxed);
    }
    /// Parts go from the end on, the first chunk last: as long as it is there, what says that it
    /// belongs to it does.
    void finish_freeing(std::uint32_t chunk, std::uint32_t count) noexcept {
        for (std::uint32_t part = count; --part != 0;) {
            const ChunkState state{state_of(chunk + part).load(Order::relaxed)};
            if (state.kind == ChunkKind::part && state.number == part)
                release(chunk + part);
        }
        release(chunk);
    }
};

} // namespace cw::heap
