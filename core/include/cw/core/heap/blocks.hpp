// Claiming and freeing single blocks, so that a user who dies at any instruction leaves each block
// either in use or free, and so that others can tell which.
//
// A user notes what it is about to do, does it with one compare and exchange that leaves its tag in
// the word, and clears its note. If the note still stands when it is dead, the operation was done
// exactly if the word has its tag, or had it: who overwrites a tag first marks the note that
// belongs to it. docs/heaps.md has the argument.
#pragma once
#include <cstdint>
#include <cw/abi/status.hpp>
#include <cw/core/heap/words.hpp>

namespace cw::heap {

/// Operations in the name of one user. Context: one thread at a time for each user, and no
/// interrupt handler that comes between; it never waits. Untrusted: every word of `memory`.
template <class Sync, class G>
class Blocks {
public:
    /// Tries of one operation; each that fails is one that somebody else's succeeded.
    static constexpr std::uint32_t kTries = 1u << 16;

    Blocks() noexcept = default; ///< To be assigned to.
    /// Requires: 0 < user < G::kUsers, the number of this one alone.
    Blocks(const Memory<Sync>& memory, std::uint32_t user) noexcept :
        memory_{memory},
        user_{user},
        number_{Intent{memory.users[user].intent.load(Order::relaxed)}.number} {}

    /// Claims a free block of this word, of a chunk of this class and state. Errors: not_found (the
    /// word has none, or the chunk is something else by now), busy, malformed.
    /// Ordering: [A91] acquire, pairs with [R91]: who has freed the block is done with it; and with
    /// [R92]: a word of a later life of the chunk comes with a later state. [R91] release: who sees
    /// the tag sees the note.
    [[nodiscard]] Status claim(ChunkState state, Place& place) noexcept {
        auto& word = word_at(place);
        Status status = Status::busy;
        std::uint32_t tries = 0;
        for (; tries < kTries; ++tries) {
            const BlockWord old{word.load(Order::acquire)}; // [A91]
            if (old.free == 0 ||
                memory_.chunks[place.chunk].state.load(Order::relaxed) != state.raw()) {
                status = Status::not_found;
                break;
            }
            place.bit = static_cast<std::uint32_t>(std::countr_zero(old.free));
            if ((old.free & ~all_free<G>(state.size_class, place.word)) != 0 ||
                old.last.user() == 0) {
                status = Status::malformed;
                break;
            }
            if (change(word, old, Op::claim, place))
                return Status::ok;
        }
        if (tries != 0) // a note of what was not done
            end();
        return status;
    }
    /// Frees a block. Errors: invalid_argument (it is not in use), busy.
    /// Ordering: [R91] release, pairs with [A91].
    [[nodiscard]] Status free(const Place& place) noexcept {
        auto& word = word_at(place);
        for (std::uint32_t tries = 0; tries < kTries; ++tries) {
            const BlockWord old{word.load(Order::acquire)}; // [A91]
            if (old.last.user() == 0 || (old.free >> place.bit & 1) != 0) {
                end();
                return Status::invalid_argument;
            }
            if (change(word, old, Op::free, place)) {
                end();
                return Status::ok;
            }
        }
        end();
        return Status::busy;
    }
    /// What was claimed is the caller's from here on.
    void end() noexcept { note(Intent{Op::none, false, number_, {}}); }

protected:
    using BlockWordAt = typename Sync::template Word<std::uint64_t>;

    [[nodiscard]] BlockWordAt& word_at(const Place& place) noexcept {
        return memory_.words[std::uint64_t{place.chunk} * kWordsOf<G> + place.word];
    }
    void note(const Intent& intent) noexcept {
        memory_.users[user_].intent.store(intent.raw(), Order::relaxed);
    }
    /// A tag that differs from the one that a word has now.
    [[nodiscard]] Tag tag_after(Tag last) noexcept {
        do {
            number_ = (number_ + 1) % Tag::kNumbers;
        } while (Tag{user_, number_} == last);
        return Tag{user_, number_};
    }
    /// The same for a change that needs no note of what it is.
    [[nodiscard]] Tag noted_tag_after(Tag last) noexcept {
        const Tag tag = tag_after(last);
        end();
        return tag;
    }
    /// The tag of this word is about to be overwritten: if the operation that it stands for is not
    /// through yet, its note says from here on that it was done.
    /// Ordering: [A91] acquire of the word shows a note as new as the tag; the exchange that
    /// follows, [R91], shows the mark.
    void settle(const BlockWord& word, const Place& place) noexcept {
        const std::uint32_t user = word.last.user();
        if (user == 0 || user == user_)
            return;
        auto& notes = memory_.users[user].intent;
        std::uint64_t raw = notes.load(Order::relaxed);
        Intent intent{raw};
        if (intent.op == Op::none || intent.run || intent.done ||
            intent.number != word.last.number() || intent.place.chunk != place.chunk ||
            intent.place.word != place.word)
            return;
        intent.done = true;
        // If it fails, its owner is through, or somebody else has marked it.
        notes.compare_exchange(raw, intent.raw(), Order::relaxed, Order::relaxed);
    }
    /// Whether a block's operation was done. Requires: its user is dead.
    /// Ordering: [A91] acquire: who has overwritten the tag has marked the note before.
    [[nodiscard]] bool was_done(const Intent& intent) noexcept {
        const BlockWord word{word_at(intent.place).load(Order::acquire)}; // [A91]
        return word.last == Tag{user_, intent.number} ||
               Intent{memory_.users[user_].intent.load(Order::relaxed)}.done;
    }

    Memory<Sync> memory_{};
    std::uint32_t user_ = 0;
    std::uint32_t number_ = 0; ///< Of the last operation.

private:
    [[nodiscard]] bool
    change(BlockWordAt& word, const BlockWord& old, Op op, const Place& place) noexcept {
        settle(old, place);
        const Tag tag = tag_after(old.last);
        note(Intent{op, false, tag.number(), place});
        std::uint64_t expected = old.raw();
        const std::uint32_t bit = 1u << place.bit;
        const BlockWord fresh{op == Op::claim ? old.free & ~bit : old.free | bit, tag};
        return word.compare_exchange(
            expected, fresh.raw(), Order::release, Order::relaxed); // [R91]
    }
};

} // namespace cw::heap
