#include <cw/sdk/block_heap.hpp>

namespace cw {

namespace {

constexpr std::uint64_t kFree = 1;       ///< In Block::word: this block is free.
constexpr std::uint64_t kBehindFree = 2; ///< The block in front of this one is.
constexpr std::uint64_t kFlags = 15;
constexpr std::uint64_t kHeader = 8;
constexpr std::uint64_t kLeastBlock = 32; ///< Word, two links, size at the end.

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) noexcept {
    return (value + unit - 1) & ~(unit - 1);
}

constexpr unsigned log2_of(std::uint64_t value) noexcept {
    return 63u - static_cast<unsigned>(__builtin_clzll(value));
}

} // namespace

/// Lies at an address 8 below a multiple of 16, so that what follows the word is aligned.
struct BlockHeap::Block {
    std::uint64_t word; ///< Size with this word, a multiple of 16, and flags. 0: the end.
    Block* next;        ///< While free.
    Block** link;       ///< While free: what points here.

    [[nodiscard]] std::uint64_t size() const noexcept { return word & ~kFlags; }
    [[nodiscard]] std::uint64_t address() const noexcept {
        return reinterpret_cast<std::uint64_t>(this);
    }
    [[nodiscard]] Block& behind() const noexcept {
        return *reinterpret_cast<Block*>(address() + size());
    }
    /// Requires: kBehindFree.
    [[nodiscard]] Block& in_front() const noexcept {
        return *reinterpret_cast<Block*>(address() -
                                         *reinterpret_cast<std::uint64_t*>(address() - 8));
    }
    void set_size_at_end() noexcept {
        *reinterpret_cast<std::uint64_t*>(address() + size() - 8) = size();
    }
};

BlockHeap::BlockHeap(std::uint64_t end) noexcept :
    first_{round_up(reinterpret_cast<std::uint64_t>(this) + sizeof(BlockHeap), kAlignment) + 8},
    end_{first_ + 8} {
    static_assert(sizeof(BlockHeap) + kLeastBlock + 2 * kAlignment < kLeastBytes);
    reinterpret_cast<Block*>(first_)->word = 0;
    extend(end);
}

std::uint64_t BlockHeap::block_size(std::uint64_t bytes) noexcept {
    const std::uint64_t size = round_up(bytes + kHeader, kAlignment);
    return size < kLeastBlock ? kLeastBlock : size;
}

/// Four classes to a power of two; a block is in the class whose smallest size it reaches.
unsigned BlockHeap::class_of(std::uint64_t size) noexcept {
    const std::uint64_t units = size / kAlignment; // at least 2
    const unsigned power = log2_of(units);
    const auto quarter = static_cast<unsigned>((units << 2 >> power) & 3);
    return power * 4 + quarter;
}

void BlockHeap::put(Block& block) noexcept {
    const unsigned index = class_of(block.size());
    block.word |= kFree;
    block.set_size_at_end();
    block.behind().word |= kBehindFree;
    block.next = free_[index];
    block.link = &free_[index];
    if (block.next != nullptr)
        block.next->link = &block.next;
    free_[index] = &block;
    any_[index / 64] |= std::uint64_t{1} << index % 64;
}

void BlockHeap::take(Block& block) noexcept {
    *block.link = block.next;
    if (block.next != nullptr)
        block.next->link = block.link;
    const unsigned index = class_of(block.size());
    if (free_[index] == nullptr)
        any_[index / 64] &= ~(std::uint64_t{1} << index % 64);
    block.word &= ~kFree;
    block.behind().word &= ~kBehindFree;
}

/// Makes a block that is in no list free, merged with free neighbours. The word of one that is
/// swallowed says that it is free, lest it be released again.
void BlockHeap::give_back(Block& block) noexcept {
    Block* whole = &block;
    if (Block& behind = block.behind(); (behind.word & kFree) != 0) {
        take(behind);
        block.word += behind.size();
        behind.word |= kFree;
    }
    if ((block.word & kBehindFree) != 0) {
        whole = &block.in_front();
        take(*whole);
        whole->word += block.size();
        block.word |= kFree;
    }
    put(*whole);
}

/// Gives back what a block that is in no list has beyond `size`.
void BlockHeap::split(Block& block, std::uint64_t size) noexcept {
    const std::uint64_t rest = block.size() - size;
    if (rest < kLeastBlock)
        return;
    block.word -= rest;
    block.behind().word = rest;
    give_back(block.behind());
}

BlockHeap::Block* BlockHeap::find(std::uint64_t size) const noexcept {
    const unsigned index = class_of(size);
    // Every block of the classes above is large enough.
    for (unsigned i = (index + 1) / 64, bit = (index + 1) % 64; i < kClasses / 64; ++i, bit = 0) {
        if (const std::uint64_t found = any_[i] >> bit << bit; found != 0)
            return free_[i * 64 + static_cast<unsigned>(__builtin_ctzll(found))];
    }
    for (Block* block = free_[index]; block != nullptr; block = block->next) {
        if (block->size() >= size)
            return block;
    }
    return nullptr;
}

void* BlockHeap::allocate(std::uint64_t bytes, std::uint64_t alignment) noexcept {
    if (alignment < kAlignment)
        alignment = kAlignment;
    // With a larger alignment there is room for a free block in front of an aligned place.
    const std::uint64_t room = alignment == kAlignment ? 0 : alignment + kLeastBlock;
    Block* block = nullptr;
    if (bytes < kMaxBytes && room < kMaxBytes)
        block = find(block_size(bytes) + room);
    if (block == nullptr) {
        ++failures_;
        return nullptr;
    }
    take(*block);
    if (room != 0 && (block->address() + kHeader) % alignment != 0) {
        const std::uint64_t place =
            round_up(block->address() + kHeader + kLeastBlock, alignment) - kHeader;
        auto& aligned = *reinterpret_cast<Block*>(place);
        aligned.word = block->size() - (place - block->address());
        block->word -= aligned.size();
        give_back(*block);
        block = &aligned;
    }
    split(*block, block_size(bytes));
    used_bytes_ += block->size();
    ++blocks_;
    return reinterpret_cast<void*>(block->address() + kHeader);
}

bool BlockHeap::is_used_block(const Block& block) const noexcept {
    if (block.address() % kAlignment != 8 || block.address() < first_ ||
        block.address() >= end_ - 8)
        return false;
    return (block.word & (kFlags & ~kBehindFree)) == 0 && block.size() >= kLeastBlock &&
           block.size() <= end_ - 8 - block.address();
}

bool BlockHeap::release(void* memory) noexcept {
    if (memory == nullptr)
        return true;
    auto& block = *reinterpret_cast<Block*>(reinterpret_cast<std::uint64_t>(memory) - kHeader);
    if (!is_used_block(block))
        return false;
    used_bytes_ -= block.size();
    --blocks_;
    give_back(block);
    return true;
}

void BlockHeap::extend(std::uint64_t end) noexcept {
    auto& block = *reinterpret_cast<Block*>(end_ - 8); // was the end
    const std::uint64_t size = (end & ~(kAlignment - 1)) - end_;
    if (size < kLeastBlock)
        return;
    block.word = size | (block.word & kBehindFree);
    end_ += size;
    block.behind().word = 0;
    give_back(block);
}

std::uint64_t BlockHeap::cut(std::uint64_t unit) noexcept {
    auto* last = reinterpret_cast<Block*>(end_ - 8);
    if ((last->word & kBehindFree) == 0)
        return end_;
    Block& block = last->in_front();
    std::uint64_t end = round_up(block.address() + 8, unit);
    if (end != block.address() + 8 && end - 8 - block.address() < kLeastBlock)
        end += unit; // what is left of it must be a block
    if (end >= end_)
        return end_;
    take(block);
    end_ = end;
    last = reinterpret_cast<Block*>(end_ - 8);
    if (last == &block) {
        block.word &= kBehindFree;
        return end_;
    }
    block.word = (last->address() - block.address()) | (block.word & kBehindFree);
    last->word = 0;
    give_back(block);
    return end_;
}

BlockHeap::Block* BlockHeap::largest() const noexcept {
    Block* found = nullptr;
    for (unsigned i = kClasses / 64; i-- > 0 && found == nullptr;) {
        if (any_[i] == 0)
            continue;
        for (Block* block = free_[i * 64 + log2_of(any_[i])]; block != nullptr;
             block = block->next) {
            if (found == nullptr || block->size() > found->size())
                found = block;
        }
    }
    return found;
}

std::uint64_t BlockHeap::missing(std::uint64_t bytes) const noexcept {
    const std::uint64_t size = block_size(bytes);
    if (const Block* block = largest(); block != nullptr && block->size() >= size)
        return 0;
    const auto& last = *reinterpret_cast<const Block*>(end_ - 8);
    return size - ((last.word & kBehindFree) != 0 ? last.in_front().size() : 0);
}

BlockHeap::Statistics BlockHeap::statistics() const noexcept {
    const Block* block = largest();
    return {.bytes = end_ - reinterpret_cast<std::uint64_t>(this),
            .used_bytes = used_bytes_,
            .free_bytes = end_ - 8 - first_ - used_bytes_,
            .largest_free = block == nullptr ? 0 : block->size() - kHeader,
            .blocks = blocks_,
            .failures = failures_};
}

} // namespace cw
