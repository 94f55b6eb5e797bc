// Which block somebody gets: from the chunk it took the last one from, else from one in which
// something was freed, else from a free chunk, else from whatever is left.
#pragma once
#include <cw/core/heap/chunks.hpp>

namespace cw::heap {

/// Where a block lies: offset and size within the chunks.
struct Extent {
    std::uint64_t offset;
    std::uint64_t bytes;
};

/// The size class of so many bytes; kClasses if they need a run of chunks.
template <class G>
[[nodiscard]] constexpr std::uint32_t class_of(std::uint64_t bytes) noexcept {
    if (bytes <= G::kLeastBlock)
        return 0;
    if (bytes > size_of_class<G>(G::kClasses - 1))
        return G::kClasses;
    return static_cast<std::uint32_t>(std::bit_width(bytes - 1) - std::countr_zero(G::kLeastBlock));
}

/// A user's side. Context and Untrusted: as for Blocks; nothing lies outside of the chunks.
template <class Sync, class G>
class Allocator : public Chunks<Sync, G> {
    using Base = Chunks<Sync, G>;

public:
    Allocator() noexcept = default; ///< To be assigned to.
    Allocator(const Memory<Sync>& memory, std::uint32_t user) noexcept : Base{memory, user} {
        for (auto& cursor : cursors_)
            cursor = {0, user * 8 % kWordsOf<G>};
    }

    /// Claims a block, which is the caller's after end(). Errors: no_memory, busy (others change
    /// everything all the time), malformed (somebody has spoiled the heap).
    [[nodiscard]] Status claim_bytes(std::uint64_t bytes, Extent& extent) noexcept {
        const std::uint32_t size_class = class_of<G>(bytes);
        if (size_class == G::kClasses)
            return claim_chunks(bytes, extent);
        Place place{};
        const Status status = claim_block(size_class, place);
        const std::uint64_t size = size_of_class<G>(size_class);
        extent = {std::uint64_t{place.chunk} * G::kChunkBytes +
                      (std::uint64_t{place.word} * kWordBlocks + place.bit) * size,
                  size};
        return status;
    }
    /// Frees the block that begins at this offset. Errors: invalid_argument (there begins none that
    /// is in use), busy.
    [[nodiscard]] Status free_at(std::uint64_t offset) noexcept {
        const std::uint64_t chunk64 = offset / G::kChunkBytes;
        if (chunk64 >= memory_.chunk_count)
            return Status::invalid_argument;
        const auto chunk = static_cast<std::uint32_t>(chunk64);
        const auto within = static_cast<std::uint32_t>(offset % G::kChunkBytes);
        const ChunkState state{this->state_of(chunk).load(Order::relaxed)};
        if (!state.template has_blocks<G>())
            return within == 0 ? this->free_run(chunk) : Status::invalid_argument;
        const std::uint32_t size = size_of_class<G>(state.size_class);
        if (within % size != 0)
            return Status::invalid_argument;
        const std::uint32_t number = within / size;
        const Status status = this->free({chunk, number / kWordBlocks, number % kWordBlocks});
        auto& hint = memory_.chunks[chunk].hint;
        if (hint.load(Order::relaxed) == 0)
            hint.store(1, Order::relaxed);
        return status;
    }

private:
    using Base::memory_;

    struct Cursor {
        std::uint32_t chunk, word; ///< From which the last block came.
    };
    enum class Which : std::uint8_t { hinted, all };

    [[nodiscard]] Status claim_block(std::uint32_t size_class, Place& place) noexcept {
        Status status = claim_in(cursors_[size_class].chunk, size_class, place);
        if (status == Status::not_found)
            status = claim_anywhere(size_class, Which::hinted, place);
        if (status == Status::not_found)
            status = claim_in_fresh(size_class, place);
        if (status == Status::not_found) // hints are lost when whoever gives one dies
            status = claim_anywhere(size_class, Which::all, place);
        if (status == Status::not_found && reclaim() != 0)
            status = claim_in_fresh(size_class, place);
        return status == Status::not_found ? Status::no_memory : status;
    }
    [[nodiscard]] Status
    claim_in(std::uint32_t chunk, std::uint32_t size_class, Place& place) noexcept {
        const ChunkState state{this->state_of(chunk).load(Order::relaxed)};
        if (state.kind != ChunkKind::blocks || state.size_class != size_class)
            return Status::not_found;
        const std::uint32_t words = words_of_class<G>(size_class);
        Cursor& cursor = cursors_[size_class];
        for (std::uint32_t n = 0; n < words; ++n) {
            place = {chunk, (cursor.word + n) % words, 0};
            const Status status = this->claim(state, place);
            if (status == Status::not_found)
                continue;
            if (status == Status::ok)
                cursor = {chunk, place.word};
            return status;
        }
        return Status::not_found;
    }
    [[nodiscard]] Status
    claim_anywhere(std::uint32_t size_class, Which which, Place& place) noexcept {
        const std::uint32_t first = cursors_[size_class].chunk;
        for (std::uint32_t n = 1; n <= memory_.chunk_count; ++n) {
            const std::uint32_t chunk = (first + n) % memory_.chunk_count;
            auto& hint = memory_.chunks[chunk].hint;
            if (which == Which::hinted) {
                const ChunkState state{this->state_of(chunk).load(Order::relaxed)};
                if (state.kind != ChunkKind::blocks || state.size_class != size_class ||
                    hint.load(Order::relaxed) == 0)
                    continue;
                hint.store(0, Order::relaxed); // whoever frees from here on sets it again
            }
            const Status status = claim_in(chunk, size_class, place);
            if (status == Status::not_found)
                continue;
            if (status == Status::ok)
                hint.store(1, Order::relaxed); // there may be more
            return status;
        }
        return Status::not_found;
    }
    [[nodiscard]] Status claim_in_fresh(std::uint32_t size_class, Place& place) noexcept {
        for (std::uint32_t n = 0; n < memory_.chunk_count; ++n) {
            const std::uint32_t chunk = (free_from_ + n) % memory_.chunk_count;
            if (this->state_of(chunk).load(Order::relaxed) != 0 || !this->open(chunk, size_class))
                continue;
            free_from_ = chunk;
            const Status status = claim_in(chunk, size_class, place);
            if (status != Status::not_found)
                return status; // else others were faster, all over it
        }
        return Status::not_found;
    }
    /// Frees the chunks that have no block in use; how many.
    [[nodiscard]] std::uint32_t reclaim() noexcept {
        std::uint32_t count = 0;
        for (std::uint32_t chunk = 0; chunk < memory_.chunk_count; ++chunk)
            count += seems_unused(chunk) && this->retire(chunk) ? 1 : 0;
        return count;
    }
    /// A look before it is kept from others for a moment.
    [[nodiscard]] bool seems_unused(std::uint32_t chunk) noexcept {
        const ChunkState state{this->state_of(chunk).load(Order::relaxed)};
        if (state.kind != ChunkKind::blocks || state.size_class >= G::kClasses)
            return false;
        for (std::uint32_t word = 0; word < words_of_class<G>(state.size_class); ++word) {
            const BlockWord seen{this->word_at({chunk, word, 0}).load(Order::relaxed)};
            if (seen.free != all_free<G>(state.size_class, word))
                return false;
        }
        return true;
    }
    [[nodiscard]] Status claim_chunks(std::uint64_t bytes, Extent& extent) noexcept {
        const std::uint64_t count = bytes / G::kChunkBytes + (bytes % G::kChunkBytes != 0 ? 1 : 0);
        if (count > memory_.chunk_count)
            return Status::no_memory;
        for (int tries = 0; tries < 2; ++tries) {
            for (std::uint32_t chunk = 0; chunk + count <= memory_.chunk_count;) {
                std::uint32_t taken = 0;
                if (this->state_of(chunk).load(Order::relaxed) == 0 &&
                    this->claim_run(chunk, static_cast<std::uint32_t>(count), taken)) {
                    extent = {std::uint64_t{chunk} * G::kChunkBytes, count * G::kChunkBytes};
                    return Status::ok;
                }
                chunk += taken + 1;
            }
            if (tries == 0 && reclaim() == 0)
                break;
        }
        return Status::no_memory;
    }

    Cursor cursors_[G::kClasses]{};
    std::uint32_t free_from_ = 0; ///< Where a free chunk was last.
};

} // namespace cw::heap
