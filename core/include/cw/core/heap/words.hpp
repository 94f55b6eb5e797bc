// What the words of a shared heap mean. Whoever uses the heap can write all of them, so nothing
// that is read out of one is more than a claim to be checked.
#pragma once
#include <bit>
#include <cstdint>
#include <cw/core/atomic.hpp>

namespace cw::heap {

/// Sizes of a heap. A model checker takes smaller ones.
struct Geometry {
    static constexpr std::uint32_t kChunkBytes = 64 * 1024;
    static constexpr std::uint32_t kLeastBlock = 16;
    static constexpr std::uint32_t kClasses = 12; ///< 16 bytes to 32 KiB; more is a run of chunks.
    static constexpr std::uint32_t kUsers = 64;   ///< Number 0 stands for nobody.
};

inline constexpr std::uint32_t kWordBlocks = 32; ///< Blocks that one word has bits of.

template <class G>
constexpr std::uint32_t size_of_class(std::uint32_t size_class) noexcept {
    return G::kLeastBlock << size_class;
}
template <class G>
constexpr std::uint32_t blocks_of_class(std::uint32_t size_class) noexcept {
    return G::kChunkBytes / size_of_class<G>(size_class);
}
template <class G>
constexpr std::uint32_t words_of_class(std::uint32_t size_class) noexcept {
    return (blocks_of_class<G>(size_class) + kWordBlocks - 1) / kWordBlocks;
}
template <class G>
inline constexpr std::uint32_t kWordsOf = words_of_class<G>(0); ///< Of a chunk.

/// The free bits of a word in a chunk of which nothing is in use.
template <class G>
constexpr std::uint32_t all_free(std::uint32_t size_class, std::uint32_t word) noexcept {
    const std::uint32_t left = blocks_of_class<G>(size_class) - word * kWordBlocks;
    return left >= kWordBlocks ? ~0u : (1u << left) - 1;
}

/// Who has changed a word last, and with which of its operations: no two changes of a word by one
/// user that anybody could confuse have the same tag. 0: nobody.
class Tag {
public:
    static constexpr std::uint32_t kNumbers = 1u << 26;

    constexpr explicit Tag(std::uint32_t raw = 0) noexcept : raw_{raw} {}
    constexpr Tag(std::uint32_t user, std::uint32_t number) noexcept :
        raw_{user << 26 | number % kNumbers} {}
    [[nodiscard]] constexpr std::uint32_t raw() const noexcept { return raw_; }
    [[nodiscard]] constexpr std::uint32_t user() const noexcept { return raw_ >> 26; }
    [[nodiscard]] constexpr std::uint32_t number() const noexcept { return raw_ % kNumbers; }
    friend constexpr bool operator==(Tag, Tag) noexcept = default;

private:
    std::uint32_t raw_;
};

/// 32 blocks of a chunk: which are free, and the last change. All zero: no blocks at all; the chunk
/// is not in use, or about to be taken out of use.
struct BlockWord {
    std::uint32_t free;
    Tag last;

    constexpr explicit BlockWord(std::uint64_t raw) noexcept :
        free{static_cast<std::uint32_t>(raw)}, last{static_cast<std::uint32_t>(raw >> 32)} {}
    constexpr BlockWord(std::uint32_t bits, Tag tag) noexcept : free{bits}, last{tag} {}
    [[nodiscard]] constexpr std::uint64_t raw() const noexcept {
        return std::uint64_t{last.raw()} << 32 | free;
    }
};

/// Where a block is: its chunk, its word there, its bit in that. Of a run: its first chunk.
struct Place {
    std::uint32_t chunk;
    std::uint32_t word;
    std::uint32_t bit;

    friend constexpr bool operator==(const Place&, const Place&) noexcept = default;
};

enum class Op : std::uint32_t { none = 0, claim = 1, free = 2 };

/// What a user is about to do, written before it does it. Its own alone, but for `done`, which
/// whoever overwrites the tag of the operation writes for it.
struct Intent {
    static constexpr std::uint32_t kMostChunks = 1u << 20;

    Op op;
    bool run;
    bool done;
    std::uint32_t number; ///< As Tag::number().
    Place place;

    constexpr Intent(Op what, bool of_run, std::uint32_t with, Place at) noexcept :
        op{what}, run{of_run}, done{false}, number{with % Tag::kNumbers}, place{at} {}
    constexpr explicit Intent(std::uint64_t raw) noexcept :
        op{static_cast<Op>(raw >> 58 & 3)},
        run{(raw >> 60 & 1) != 0},
        done{(raw >> 61 & 1) != 0},
        number{static_cast<std::uint32_t>(raw >> 32) % Tag::kNumbers},
        place{static_cast<std::uint32_t>(raw >> 12) % kMostChunks,
              static_cast<std::uint32_t>(raw >> 5) % 128,
              static_cast<std::uint32_t>(raw) % kWordBlocks} {}
    [[nodiscard]] constexpr std::uint64_t raw() const noexcept {
        return static_cast<std::uint64_t>(op) << 58 | std::uint64_t{run} << 60 |
               std::uint64_t{done} << 61 | std::uint64_t{number} << 32 |
               std::uint64_t{place.chunk} << 12 | place.word << 5 | place.bit;
    }
};

/// What a chunk is. Those with a user's name on them are in that user's hands alone: what it left
/// half done when it died is found by a look at all chunks.
enum class ChunkKind : std::uint32_t {
    free = 0,
    blocks = 1,   ///< Of one size class.
    opening = 2,  ///< Becomes one of blocks.
    retiring = 3, ///< Was one of blocks, becomes free; or stays, if a block is in use after all.
    part = 4,     ///< Of a run, `number` chunks behind its first one; or about to become that.
    run = 5,      ///< The first of `number` chunks that are one block.
    freeing = 6,  ///< The same, becomes free, from its end on.
};

struct ChunkState {
    ChunkKind kind;
    std::uint32_t size_class;
    std::uint32_t number;
    Tag last;

    constexpr ChunkState(ChunkKind what,
                         std::uint32_t of_class,
                         std::uint32_t with,
                         Tag tag) noexcept :
        kind{what}, size_class{of_class}, number{with}, last{tag} {}
    constexpr explicit ChunkState(std::uint64_t raw) noexcept :
        kind{static_cast<ChunkKind>(raw >> 56)},
        size_class{static_cast<std::uint32_t>(raw >> 52 & 15)},
        number{static_cast<std::uint32_t>(raw >> 32) % Intent::kMostChunks},
        last{static_cast<std::uint32_t>(raw)} {}
    [[nodiscard]] constexpr std::uint64_t raw() const noexcept {
        return static_cast<std::uint64_t>(kind) << 56 | std::uint64_t{size_class} << 52 |
               std::uint64_t{number} << 32 | last.raw();
    }
    /// Blocks of this class may be in use in it.
    template <class G>
    [[nodiscard]] constexpr bool has_blocks() const noexcept {
        return (kind == ChunkKind::blocks || kind == ChunkKind::retiring) &&
               size_class < G::kClasses;
    }
};

template <class Sync>
struct alignas(64) UserWords {
    typename Sync::template Word<std::uint64_t> intent;
};
template <class Sync>
struct ChunkWords {
    typename Sync::template Word<std::uint64_t> state;
    typename Sync::template Word<std::uint32_t>
        hint; ///< 1: something was freed in it. May be wrong.
};

/// Where the words are. Not shared: nobody else can move it.
template <class Sync>
struct Memory {
    UserWords<Sync>* users;
    ChunkWords<Sync>* chunks;
    typename Sync::template Word<std::uint64_t>* words; ///< kWordsOf<G> of each chunk.
    std::uint32_t chunk_count;                          ///< 1 to Intent::kMostChunks.
};

} // namespace cw::heap
