// Model (k): the shared heap. A block is somebody's or free: who gets it sees it as the last one
// has left it, also as a part of a chunk that was something else meanwhile; and when a user has
// died in front of any access and was recovered, while another one goes on, nothing is lost or
// there twice.
#include "check.hpp"

#include <cw/core/heap/allocator.hpp>
#include <cw/core/heap/recovery.hpp>

namespace cw::model {
namespace {

/// Which thread dies, and in front of which of its accesses; then nothing that it does is done.
struct Life {
    unsigned thread = ~0u;
    std::uint32_t left = 0;
    bool ended = false;

    [[nodiscard]] bool over() {
        if (rl::thread_index() != thread)
            return false;
        ended = left == 0;
        left -= ended ? 0 : 1;
        return ended;
    }
};
Life life;

struct DyingSync {
    template <class T>
    class Word {
    public:
        void initialise(Name name, T value) { word_.initialise(name, value); }
        [[nodiscard]] T load(Order order) const { return life.over() ? T{} : word_.load(order); }
        void store(T value, Order order) {
            if (!life.over())
                word_.store(value, order);
        }
        bool compare_exchange(T& expected, T desired, Order success, Order failure) {
            return !life.over() && word_.compare_exchange(expected, desired, success, failure);
        }

    private:
        model::Word<T> word_;
    };
};

template <std::uint32_t kBlocks>
struct TinyGeometry {
    static constexpr std::uint32_t kChunkBytes = 16 * kBlocks, kLeastBlock = 16, kClasses = 2,
                                   kUsers = 3;
};

enum class Doing : std::uint8_t {
    right,
    one_size,         ///< Both users: blocks of 16 bytes only.
    dies,             ///< The first user, and is recovered by a third thread.
    is_not_recovered, ///< The same, but nobody does.
};

/// Two users, each of whom claims, uses and frees a block kTimes times: of 16 bytes, then of 32,
/// which needs the chunk to become another one. At first one chunk is open.
template <std::uint32_t kChunks, std::uint32_t kBlocks, std::uint32_t kTimes, Doing kDoing>
struct HeapModel
    : rl::test_suite<HeapModel<kChunks, kBlocks, kTimes, kDoing>, kDoing >= Doing::dies ? 3 : 2> {
    using G = TinyGeometry<kBlocks>;
    using Allocator = heap::Allocator<DyingSync, G>;

    std::array<heap::UserWords<DyingSync>, G::kUsers> users;
    std::array<heap::ChunkWords<DyingSync>, kChunks> chunks;
    std::array<DyingSync::Word<std::uint64_t>, kChunks> words;
    std::array<rl::var<std::uint32_t>, kChunks * kBlocks> cells; ///< What blocks consist of.
    Doorbell death;

    heap::Memory<DyingSync> memory() {
        return {users.data(), chunks.data(), words.data(), kChunks};
    }
    void before() {
        life = {};
        held = perhaps = 0;
        death.initialise();
        for (auto& user : users)
            user.intent.initialise(Name::other, 0);
        for (std::uint32_t chunk = 0; chunk < kChunks; ++chunk) {
            // As user 2 has left the first one when it had opened it.
            const heap::Tag tag{2, 1};
            const heap::ChunkState open{heap::ChunkKind::blocks, 0, 0, tag};
            const heap::BlockWord all{heap::all_free<G>(0, 0), tag};
            chunks[chunk].state.initialise(Name::chunk, chunk == 0 ? open.raw() : 0);
            chunks[chunk].hint.initialise(Name::other, 1);
            words[chunk].initialise(Name::block, chunk == 0 ? all.raw() : 0);
        }
        users[2].intent.initialise(Name::other, heap::Intent{heap::Op::none, false, 1, {}}.raw());
        for (auto& cell : cells)
            cell(RL_INFO) = 0;
    }
    void after() {
        death.finish();
        const heap::Audit found = heap::audit<DyingSync, G>(memory());
        RL_ASSERT(found.broken == 0);
        RL_ASSERT(found.half_done == 0);
        RL_ASSERT(found.blocks >= held && found.blocks <= held + perhaps);
    }
    void thread(unsigned index) {
        if (index == 2)
            return recover();
        const bool dies = index == 0 && kDoing >= Doing::dies;
        if (dies)
            life = {0, 1 + rl::rand(kMostSteps)};
        use(index + 1);
        if (dies)
            death.ring();
    }
    void use(std::uint32_t user) {
        Allocator allocator{memory(), user};
        for (std::uint32_t times = 0; times < kTimes; ++times) {
            heap::Extent extent{};
            const bool large = kDoing != Doing::one_size && times % 2 == 1;
            const Status status = allocator.claim_bytes(large ? 32 : 16, extent);
            if (status == Status::ok)
                allocator.end();
            if (dead(user))
                return; // it owns nothing
            if (status != Status::ok)
                continue; // the other has it
            for (std::uint64_t n = 0; n < extent.bytes / 16; ++n) {
                auto& cell = cells[extent.offset / 16 + n];
                cell(RL_INFO) = user * 100 + times;
                RL_ASSERT(cell(RL_INFO) == user * 100 + times);
            }
            const Status freed = allocator.free_at(extent.offset);
            if (dead(user)) {
                perhaps = 1;
                return;
            }
            RL_ASSERT(freed == Status::ok);
        }
    }
    [[nodiscard]] static bool dead(std::uint32_t user) {
        return life.thread == user - 1 && life.ended;
    }
    void recover() {
        death.wait();
        life = {};
        // It has noted that a block is to be free: it is to be.
        if (heap::Intent{users[1].intent.load(Order::relaxed)}.op == heap::Op::free)
            perhaps = 0;
        if (kDoing == Doing::dies)
            heap::Recovery<DyingSync, G>{memory(), 1}.recover();
    }

    static constexpr std::uint32_t kMostSteps = 40;
    std::uint32_t held = 0;    ///< Blocks that are in use in the end.
    std::uint32_t perhaps = 0; ///< And others that may be: their user died before it freed them.
};

/// One uses a block and takes its chunk out of use, another makes it a chunk of smaller blocks, and
/// a third one claims what it finds, in whichever life of the chunk. (relacy remembers but two
/// older values of a word, too few for somebody who looks at the state of a former life twice.)
template <bool kOldTags>
struct AnotherLifeModel : rl::test_suite<AnotherLifeModel<kOldTags>, 3> {
    using G = TinyGeometry<64>; // all bits of a word, either way
    using Chunks = heap::Chunks<DyingSync, G>;

    std::array<heap::UserWords<DyingSync>, 4> users;
    heap::ChunkWords<DyingSync> chunk;
    std::array<DyingSync::Word<std::uint64_t>, 2> words;
    std::array<rl::var<std::uint32_t>, 4> cells; ///< The first ones.

    void before() {
        life = {};
        const heap::Tag tag{2, 1};
        for (auto& user : users)
            user.intent.initialise(Name::other, 0);
        users[2].intent.initialise(
            Name::other, heap::Intent{heap::Op::none, false, kOldTags ? 0u : 1u, {}}.raw());
        const heap::ChunkState open{heap::ChunkKind::blocks, 1, 0, tag};
        chunk.state.initialise(Name::chunk, open.raw());
        chunk.hint.initialise(Name::other, 0);
        words[0].initialise(Name::block, heap::BlockWord{heap::all_free<G>(1, 0), tag}.raw());
        words[1].initialise(Name::block, 0);
        for (auto& cell : cells)
            cell(RL_INFO) = 0;
    }
    void thread(unsigned index) {
        Chunks chunks{{users.data(), &chunk, words.data(), 1}, index + 1};
        if (index == 1 && !chunks.open(0, 0))
            return;
        heap::Place place{};
        if (!use(chunks, place) || index != 0)
            return;
        RL_ASSERT(chunks.free(place) == Status::ok);
        static_cast<void>(chunks.retire(0));
    }
    bool use(Chunks& chunks, heap::Place& place) {
        const heap::ChunkState state{chunk.state.load(Order::relaxed)};
        if (state.kind != heap::ChunkKind::blocks || chunks.claim(state, place) != Status::ok)
            return false;
        chunks.end();
        for (std::uint32_t n = 0; n <= state.size_class; ++n)
            cells[(place.bit << state.size_class) + n](RL_INFO) = 1;
        return true;
    }
};

using AnotherLife = AnotherLifeModel<false>;
using AnotherLifeWithOldTags = AnotherLifeModel<true>;
using OneWord = HeapModel<1, 2, 2, Doing::one_size>;
using Changing = HeapModel<1, 2, 2, Doing::right>;
using Dying = HeapModel<1, 2, 1, Doing::dies>;
using DyingMore = HeapModel<2, 2, 2, Doing::dies>;

TEST(HeapModel, a_block_is_one_users_at_a_time) {
    expect_clean<OneWord>(50'000, 2);
}
TEST(HeapModel, a_chunk_becomes_another_one_under_nobody) {
    expect_clean<Changing>(50'000, 1);
    expect_clean<AnotherLife>(50'000, 2);
}
TEST(HeapModel, who_dies_anywhere_leaves_nothing_lost_and_nothing_twice) {
    expect_clean<Dying>(100'000, 0);
    expect_clean<DyingMore>(30'000, 0);
}
/// That two changes of a word never leave the same tag is what keeps a claim from succeeding on a
/// word that has been another one meanwhile.
TEST(HeapModel, finds_a_tag_that_is_used_again) {
    expect_found<AnotherLifeWithOldTags>({}, 100'000);
}
TEST(HeapModel, finds_relaxed_R91) {
    expect_found<OneWord>({Site::R91, Order::relaxed}, 50'000);
}
TEST(HeapModel, finds_relaxed_A91) {
    expect_found<OneWord>({Site::A91, Order::relaxed}, 50'000);
}
TEST(HeapModel, finds_relaxed_R92) {
    expect_found<AnotherLife>({Site::R92, Order::relaxed}, 100'000, Search::bounded);
}
TEST(HeapModel, finds_relaxed_R93) {
    expect_found<Changing>({Site::R93, Order::relaxed}, 300'000, Search::bounded);
}
TEST(HeapModel, finds_relaxed_A93) {
    expect_found<Changing>({Site::A93, Order::relaxed}, 300'000, Search::bounded);
}
TEST(HeapModel, finds_a_death_that_nobody_cleans_up_behind) {
    expect_found<HeapModel<1, 2, 1, Doing::is_not_recovered>>({}, 10'000);
}

} // namespace
} // namespace cw::model
