// Registers: what each kind of them does, what does not compile, and that nobody's bits are lost.
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cw/core/registers.hpp>
#include <gtest/gtest.h>
#include <pthread.h>
#include <string_view>
#include <thread>

namespace cw::test {
namespace {

/// A device that has one register of each kind. Accesses are counted by their width.
struct Device {
    static inline std::uint32_t value, status, leds, pins, numbers;
    static inline std::array<std::uint8_t, 4> lanes;
    static inline std::uint32_t loads, stores, narrow_stores;

    static void reset() {
        value = status = leds = pins = numbers = loads = stores = narrow_stores = 0;
        lanes = {};
    }
    template <class T>
    static T load(std::uint64_t address) {
        ++loads;
        if (address >= 0x38)
            return static_cast<T>(lanes[address - 0x38]);
        return static_cast<T>(address == 0x00   ? value
                              : address == 0x04 ? status
                              : address == 0x10 ? leds
                                                : pins);
    }
    template <class T>
    static void store(std::uint64_t address, T written) {
        ++(sizeof(T) == 4 ? stores : narrow_stores);
        const std::uint32_t bits = written;
        switch (address) {
        case 0x00:
            value = bits;
            break;
        case 0x04:
            status &= ~bits;
            break;
        case 0x14:
            leds |= bits;
            break;
        case 0x18:
            leds &= ~bits;
            break;
        case 0x24:
            pins ^= bits;
            break;
        case 0x30:
            numbers |= 1u << bits;
            break;
        case 0x34:
            numbers &= ~(1u << bits);
            break;
        default:
            lanes[address - 0x38] = static_cast<std::uint8_t>(bits);
        }
    }
};

struct Value : reg::Shared<std::uint32_t, 0x00> {};
struct Alone : reg::Own<std::uint32_t, 0x00> {};
struct Status : reg::WriteOneToClear<std::uint32_t, 0x04> {};
struct Leds : reg::SetClear<std::uint32_t, 0x10, 0x14, 0x18> {};
struct Pins : reg::Toggle<std::uint32_t, 0x20, 0x24> {};
struct Sources : reg::ByNumber<std::uint32_t, 0x30, 0x34, 32> {};
struct Bytes : reg::Lanes<std::uint8_t, 0x38, 4> {};
struct Fifo : reg::WriteOnly<std::uint32_t, 0x00> {};
struct Id : reg::ReadOnly<std::uint32_t, 0x00> {};
struct Beyond : reg::Own<std::uint32_t, 0x3c> {};

using Block = RegisterBlock<0x3c, RegisterLock<>, Device>;

// What must not compile, and its neighbour that does.
template <class R>
concept CanWrite = requires(Block block) { block.write<R>({}); };
template <class R>
concept CanModify = requires(Block::Claim& claim) { claim.modify<R>({}, {}); };
template <class R>
concept CanWriteClaimed = requires(Block::Claim& claim) { claim.write<R>({}); };
template <class R>
concept CanRead = requires(Block block) { block.read<R>(); };
template <class R>
concept CanSet = requires(Block block) { block.set<R>({}); };
template <class R>
concept CanAcknowledge = requires(Block block) { block.acknowledge<R>({}); };
template <class R, std::uint32_t kLane>
concept CanWriteLane = requires(Block block) { block.write_lane<R, kLane>({}); };

static_assert(CanModify<Value> && CanWriteClaimed<Value>);
static_assert(!CanWrite<Value>, "bits of others: under a claim only");
static_assert(CanWrite<Alone> && !CanModify<Alone>);
static_assert(CanAcknowledge<Status> && CanRead<Status>);
static_assert(!CanModify<Status> && !CanWriteClaimed<Status> && !CanWrite<Status>,
              "to write back what was read clears what came meanwhile");
static_assert(CanSet<Leds> && !CanModify<Leds> && !CanWrite<Leds>, "needs no claim, and has none");
static_assert(!CanModify<Pins> && !CanWrite<Pins> && !CanSet<Pins>);
static_assert(!CanModify<Sources> && !CanRead<Sources> && !CanWrite<Sources>);
static_assert(CanWriteLane<Bytes, 3> && !CanWriteLane<Bytes, 4> && !CanModify<Bytes>);
static_assert(CanWrite<Fifo> && !CanRead<Fifo>);
static_assert(CanRead<Id> && !CanWrite<Id> && !CanModify<Id>);
static_assert(!CanWrite<Beyond> && !CanRead<Beyond>, "outside of the block");
// Nothing gives a reference to a register, from which an atomic could be made.
template <class R>
concept GivesReference = requires(Block block) {
    { block.read<R>() } -> std::same_as<typename R::Contents&>;
};
static_assert(!GivesReference<Value>);

TEST(Registers, each_kind_changes_its_bits_with_one_store) {
    Device::reset();
    RegisterLock<> lock;
    const Block block{0, lock};
    Device::status = 0xff;
    block.acknowledge<Status>(0x0f);
    EXPECT_EQ(block.read<Status>(), 0xf0u);
    block.set<Leds>(0x11);
    block.clear<Leds>(0x01);
    EXPECT_EQ(block.read<Leds>(), 0x10u);
    block.toggle<Pins>(0x3);
    block.toggle<Pins>(0x1);
    EXPECT_EQ(block.read<Pins>(), 0x2u);
    EXPECT_TRUE(block.turn<Sources>(31, true));
    EXPECT_TRUE(block.turn<Sources>(3, true));
    EXPECT_TRUE(block.turn<Sources>(31, false));
    EXPECT_FALSE(block.turn<Sources>(32, true));
    EXPECT_EQ(Device::numbers, 1u << 3);
    EXPECT_EQ(Device::stores, 8u);
    EXPECT_EQ(Device::loads, 3u) << "no change reads";
    block.write_lane<Bytes, 2>(7);
    EXPECT_EQ((block.read_lane<Bytes, 2>()), 7);
    EXPECT_EQ(Device::lanes, (std::array<std::uint8_t, 4>{0, 0, 7, 0}));
    EXPECT_EQ(Device::narrow_stores, 1u);
}

TEST(Registers, a_claim_reads_changes_and_writes) {
    Device::reset();
    RegisterLock<> lock;
    const Block block{0, lock};
    {
        const Block::Claim claim = block.claim();
        claim.write<Value>(0xf0);
        EXPECT_EQ(claim.modify<Value>(0x30, 0x03), 0xc3u);
        EXPECT_FALSE(lock.try_lock());
    }
    EXPECT_EQ(block.read<Value>(), 0xc3u);
    EXPECT_TRUE(lock.try_lock());
    lock.unlock();
}

/// A clock that stands still, and what was reported. Ten counts are a microsecond.
struct Simulated {
    static inline std::uint64_t counts;
    static inline std::uint64_t reports, reported_ns, interrupts_off;
    static inline std::string_view name;

    static std::uint64_t now() { return counts; }
    static std::uint64_t nanoseconds(std::uint64_t passed) { return passed * 100; }
    static void report(std::string_view who, std::uint64_t held_ns) {
        EXPECT_EQ(interrupts_off, 0u) << "nor are they off for longer to say so";
        name = who;
        reported_ns = held_ns;
        ++reports;
    }
};
struct SimulatedOff {
    SimulatedOff() { ++Simulated::interrupts_off; }
    ~SimulatedOff() { --Simulated::interrupts_off; }
};

TEST(Registers, the_first_claim_of_more_than_ten_microseconds_is_reported) {
    using WatchedLock = RegisterLock<SimulatedOff, NativeSync, ClaimWatch<Simulated>>;
    constinit static WatchedLock lock{"port/control"};
    const RegisterBlock<0x3c, WatchedLock, Device> block{0, lock};
    Device::reset();
    const auto hold = [&](std::uint64_t counts) {
        const auto claim = block.claim();
        EXPECT_EQ(Simulated::interrupts_off, 1u);
        Simulated::counts += counts;
        claim.modify<Value>(0, 1);
    };
    Simulated::counts = ~std::uint64_t{0} - 50; // it begins anew
    hold(0);
    hold(100); // ten, as is allowed
    EXPECT_EQ(Simulated::reports, 0u);
    EXPECT_EQ(lock.watch().long_claims(), 0u);
    hold(101);
    EXPECT_EQ(Simulated::reports, 1u);
    EXPECT_EQ(Simulated::name, "port/control");
    EXPECT_EQ(Simulated::reported_ns, 10'100u);
    hold(500);
    hold(200);
    hold(1);
    EXPECT_EQ(Simulated::reports, 1u) << "once for each lock";
    EXPECT_EQ(lock.watch().long_claims(), 3u);
    EXPECT_EQ(lock.watch().longest_ns(), 50'000u);
    EXPECT_TRUE(lock.try_lock()) << "and it is free";
    lock.unlock();
}
// A lock that nobody watches is its word.
static_assert(sizeof(RegisterLock<>) == sizeof(std::uint32_t));

/// Interrupts are a signal; while they are off, one that comes waits.
struct SignalOff {
    static inline thread_local volatile std::sig_atomic_t off = 0, waits = 0;
    static inline void (*handler)() = nullptr;

    SignalOff() {
        off = off + 1;
        local_fence();
    }
    ~SignalOff() {
        local_fence();
        off = off - 1;
        local_fence();
        if (off == 0 && waits != 0) {
            waits = 0;
            handler();
        }
    }
    static void arrive(int) {
        if (off != 0)
            waits = 1;
        else
            handler();
    }
};

using SharedLock = RegisterLock<SignalOff>;
using Memory = RegisterBlock<4, SharedLock>;

/// A register of bits of three parties, in memory.
struct Stage {
    alignas(4) std::uint32_t word = 0;
    SharedLock lock;
    Memory block{reinterpret_cast<std::uint64_t>(&word), lock};
    std::atomic<std::uint64_t> lost{0}, interrupts{0};

    /// Turns a bit over that is nobody else's.
    void flip(std::uint32_t bit, bool& was) {
        const Memory::Claim claim = block.claim();
        const bool is = (block.read<Value>() >> bit & 1) != 0;
        lost += is == was ? 0u : 1u;
        was = !is;
        claim.modify<Value>(is ? 1u << bit : 0, is ? 0 : 1u << bit);
    }
};
Stage* stage;

TEST(Registers, no_bit_of_two_threads_and_an_interrupt_handler_is_lost) {
    constexpr std::uint64_t kFlips = CW_TEST_CALLS;
    Stage shared;
    stage = &shared;
    SignalOff::handler = [] {
        static bool was = false;
        if (stage->interrupts++ == 0)
            was = false;
        stage->flip(17, was);
    };
    const auto former = std::signal(SIGUSR1, SignalOff::arrive);
    std::atomic<bool> over{false};
    const auto flips = [&](std::uint32_t bit) {
        bool was = false;
        for (std::uint64_t i = 0; i < kFlips; ++i)
            shared.flip(bit, was);
    };
    std::thread first{[&] {
        flips(3);
        while (!over)
            std::this_thread::yield(); // still to be interrupted
    }};
    std::thread second{[&] { flips(4); }};
    std::thread timer{[&] { // interrupts the first
        while (!over || shared.interrupts < 100) {
            pthread_kill(first.native_handle(), SIGUSR1);
            std::this_thread::sleep_for(std::chrono::microseconds{20});
            if (over && shared.interrupts >= 100)
                break;
        }
    }};
    second.join();
    while (shared.interrupts < 100)
        std::this_thread::yield();
    over = true;
    timer.join();
    first.join();
    std::signal(SIGUSR1, former);
    EXPECT_EQ(shared.lost, 0u);
    EXPECT_EQ(shared.word >> 3 & 1, kFlips % 2);
    EXPECT_EQ(shared.word >> 4 & 1, kFlips % 2);
    EXPECT_EQ(shared.word >> 17 & 1, shared.interrupts % 2);
    EXPECT_EQ(shared.word & ~(1u << 3 | 1u << 4 | 1u << 17), 0u);
}

} // namespace
} // namespace cw::test
