// Registers of devices, typed by what writing them does.
//
// Several parties often have bits in one register. How they can change theirs without spoiling the
// others' depends on the register, and is part of its type: what a kind does not allow does not
// compile. There is no way to an atomic operation: LR/SC, AMOs and locked instructions are for
// memory, and mean nothing to most devices. docs/registers.md.
#pragma once
#include <concepts>
#include <cstdint>
#include <cw/core/arch/device_order.hpp>
#include <cw/core/atomic.hpp>
#include <cw/core/claim_watch.hpp>
#include <utility>

namespace cw {

namespace reg {

/// What all kinds have: a word at an offset.
template <std::unsigned_integral T, std::uint32_t kAt>
struct Word {
    static_assert(kAt % sizeof(T) == 0, "a register lies at a multiple of its size");
    using Contents = T;
    static constexpr std::uint32_t kOffset = kAt;
    static constexpr std::uint32_t kEnd = kAt + sizeof(T);
};

/// Keeps what is written, bits of several parties: changed under a claim only.
template <class T, std::uint32_t kAt>
struct Shared : Word<T, kAt> {};
/// The same, but one party writes it.
template <class T, std::uint32_t kAt>
struct Own : Word<T, kAt> {};
template <class T, std::uint32_t kAt>
struct ReadOnly : Word<T, kAt> {};
/// Reading it gives something else, or nothing, or does something.
template <class T, std::uint32_t kAt>
struct WriteOnly : Word<T, kAt> {};
/// Ones clear the bits that they meet. To write back what was read would clear what came meanwhile.
template <class T, std::uint32_t kAt>
struct WriteOneToClear : Word<T, kAt> {};
/// Changed through two others: ones written to them set bits, or clear them.
template <class T, std::uint32_t kAt, std::uint32_t kSet, std::uint32_t kClear>
struct SetClear : Word<T, kAt> {
    using SetWord = Word<T, kSet>;
    using ClearWord = Word<T, kClear>;
};
/// Changed through another one: ones written to that turn bits over.
template <class T, std::uint32_t kAt, std::uint32_t kToggle>
struct Toggle : Word<T, kAt> {
    using ToggleWord = Word<T, kToggle>;
};
/// A switch for each of `kCount` numbers: the number is written to one place for on, to another for
/// off.
template <class T, std::uint32_t kOn, std::uint32_t kOff, std::uint32_t kCount>
struct ByNumber : Word<T, kOn> {
    using OffWord = Word<T, kOff>;
    static constexpr std::uint32_t kNumbers = kCount;
};
/// Neighbours of 8 or 16 bits, each written by itself, by whoever owns it.
template <class Lane, std::uint32_t kAt, std::uint32_t kCount>
struct Lanes {
    static_assert(sizeof(Lane) < 4 && kAt % sizeof(Lane) == 0);
    using Contents = Lane;
    static constexpr std::uint32_t kOffset = kAt;
    static constexpr std::uint32_t kLanes = kCount;
    static constexpr std::uint32_t kEnd = kAt + kCount * sizeof(Lane);
};

namespace detail {
// Which kind a type is, also one that is derived from it, to give it a name.
template <class T, std::uint32_t a>
void shared(const Shared<T, a>&);
template <class T, std::uint32_t a>
void own(const Own<T, a>&);
template <class T, std::uint32_t a>
void write_only(const WriteOnly<T, a>&);
template <class T, std::uint32_t a>
void one_to_clear(const WriteOneToClear<T, a>&);
template <class T, std::uint32_t a, std::uint32_t b, std::uint32_t c>
void set_clear(const SetClear<T, a, b, c>&);
template <class T, std::uint32_t a, std::uint32_t b>
void toggle(const Toggle<T, a, b>&);
template <class T, std::uint32_t a, std::uint32_t b, std::uint32_t c>
void by_number(const ByNumber<T, a, b, c>&);
template <class T, std::uint32_t a, std::uint32_t b>
void lanes(const Lanes<T, a, b>&);
} // namespace detail

template <class R>
concept IsShared = requires(const R& r) { detail::shared(r); };
template <class R>
concept IsWriteOnly = requires(const R& r) { detail::write_only(r); };
template <class R>
concept IsOwn = requires(const R& r) { detail::own(r); } || IsWriteOnly<R>;
template <class R>
concept IsWriteOneToClear = requires(const R& r) { detail::one_to_clear(r); };
template <class R>
concept IsSetClear = requires(const R& r) { detail::set_clear(r); };
template <class R>
concept IsToggle = requires(const R& r) { detail::toggle(r); };
template <class R>
concept IsByNumber = requires(const R& r) { detail::by_number(r); };
template <class R>
concept IsLanes = requires(const R& r) { detail::lanes(r); };
template <class R>
concept Readable = !IsWriteOnly<R> && !IsByNumber<R> && !IsLanes<R>;

} // namespace reg

/// How registers are reached: one access of the register's own width for each call.
struct DeviceIo {
    template <class T>
    [[nodiscard]] static T load(std::uint64_t address) noexcept {
        return *reinterpret_cast<const volatile T*>(address);
    }
    template <class T>
    static void store(std::uint64_t address, T value) noexcept {
        *reinterpret_cast<volatile T*>(address) = value;
    }
};

/// For claims that no interrupt handler makes: in modules, whose handlers run at co_await only.
struct InterruptsStay {};

/// Who may change the shared registers of a block. In memory, never in the device.
/// `InterruptsOff`: its constructor keeps away whatever may interrupt a claim and make one itself,
/// its destructor lets it come. `Watch`: a ClaimWatch, where long claims are to be told of.
template <class InterruptsOff = InterruptsStay,
          class Sync = NativeSync,
          class Watch = ClaimsUnwatched>
class RegisterLock {
public:
    /// `watched`: what the watch is made of, nothing if there is none.
    template <class... Watched>
    constexpr explicit RegisterLock(Watched&&... watched) noexcept :
        watch_(std::forward<Watched>(watched)...) {}
    RegisterLock(const RegisterLock&) = delete;
    RegisterLock& operator=(const RegisterLock&) = delete;

    /// Ordering: [A94] acquire, pairs with [R94]: what the last one did is seen.
    [[nodiscard]] bool try_lock() noexcept {
        return taken_.load(Order::relaxed) == 0 && taken_.exchange(1, Order::acquire) == 0; // [A94]
    }
    /// Ordering: [R94] release, pairs with [A94].
    void unlock() noexcept { taken_.store(0, Order::release); } // [R94]
    [[nodiscard]] auto& word() noexcept { return taken_; }      ///< For model checkers.
    [[nodiscard]] const Watch& watch() const noexcept { return watch_; }

    /// Holds the lock while it lives: for as long as it takes to read and write some registers. No
    /// call, no co_await, no waiting: interrupts are off, and others spin. What is measured is from
    /// when it has the lock: before, it is another one's claim that takes long.
    class Hold {
    public:
        explicit Hold(RegisterLock& lock) noexcept : lock_{lock} {
            while (!lock_.try_lock()) {
            }
            span_.begin(lock_.watch_);
        }
        Hold(const Hold&) = delete;
        Hold& operator=(const Hold&) = delete;
        ~Hold() {
            span_.end(lock_.watch_);
            lock_.unlock();
        }

    private:
        // In front, to be destroyed last: it reports when interrupts may come again.
        [[no_unique_address]] typename Watch::Span span_{};
        [[no_unique_address]] InterruptsOff off_{};
        RegisterLock& lock_;
    };

private:
    typename Sync::template Word<std::uint32_t> taken_;
    [[no_unique_address]] Watch watch_;
};

/// The registers of a device: kBytes from `base` on, which all lie in pages that this domain owns.
template <std::uint32_t kBytes, class Lock = RegisterLock<>, class Io = DeviceIo>
class RegisterBlock {
    template <class R>
    static constexpr bool kInside = R::kEnd <= kBytes;

public:
    /// `lock`: one for all who have a block of the device's.
    RegisterBlock(std::uint64_t base, Lock& lock) noexcept : base_{base}, lock_{&lock} {}

    template <class R>
        requires(reg::Readable<R> && kInside<R>)
    [[nodiscard]] typename R::Contents read() const noexcept {
        return load<R>();
    }
    template <class R>
        requires(reg::IsOwn<R> && kInside<R>)
    void write(typename R::Contents value) const noexcept {
        store<R>(value);
    }
    /// As write(), for what has the device look at memory: that is written before.
    template <class R>
        requires(reg::IsOwn<R> && kInside<R>)
    void write_doorbell(typename R::Contents value) const noexcept {
        arch::memory_before_device();
        store<R>(value);
    }
    /// Clears these bits, and no others.
    template <class R>
        requires(reg::IsWriteOneToClear<R> && kInside<R>)
    void acknowledge(typename R::Contents bits) const noexcept {
        store<R>(bits);
    }
    template <class R>
        requires(reg::IsSetClear<R> && kInside<typename R::SetWord>)
    void set(typename R::Contents bits) const noexcept {
        store<typename R::SetWord>(bits);
    }
    template <class R>
        requires(reg::IsSetClear<R> && kInside<typename R::ClearWord>)
    void clear(typename R::Contents bits) const noexcept {
        store<typename R::ClearWord>(bits);
    }
    template <class R>
        requires(reg::IsToggle<R> && kInside<typename R::ToggleWord>)
    void toggle(typename R::Contents bits) const noexcept {
        store<typename R::ToggleWord>(bits);
    }
    /// False: there is no such number, and nothing was written.
    template <class R>
        requires(reg::IsByNumber<R> && kInside<R> && kInside<typename R::OffWord>)
    [[nodiscard]] bool turn(std::uint32_t number, bool on) const noexcept {
        if (number >= R::kNumbers)
            return false;
        const auto value = static_cast<typename R::Contents>(number);
        if (on)
            store<R>(value);
        else
            store<typename R::OffWord>(value);
        return true;
    }
    /// A store of the lane's width: the neighbours are not touched.
    template <class R, std::uint32_t kLane>
        requires(reg::IsLanes<R> && kInside<R> && kLane < R::kLanes)
    void write_lane(typename R::Contents value) const noexcept {
        Io::template store<typename R::Contents>(lane_at<R>(kLane), value);
    }
    template <class R, std::uint32_t kLane>
        requires(reg::IsLanes<R> && kInside<R> && kLane < R::kLanes)
    [[nodiscard]] typename R::Contents read_lane() const noexcept {
        return Io::template load<typename R::Contents>(lane_at<R>(kLane));
    }

    /// Shared registers may be changed while it lives; see RegisterLock::Hold for how long that may
    /// be.
    class Claim {
    public:
        explicit Claim(const RegisterBlock& block) noexcept : hold_{*block.lock_}, block_{block} {}
        Claim(const Claim&) = delete;
        Claim& operator=(const Claim&) = delete;

        template <class R>
            requires(reg::IsShared<R> && kInside<R>)
        void write(typename R::Contents value) const noexcept {
            block_.template store<R>(value);
        }
        /// Clears bits, then sets some; gives what the register has now.
        template <class R>
            requires(reg::IsShared<R> && kInside<R>)
        typename R::Contents modify(typename R::Contents clear,
                                    typename R::Contents set) const noexcept {
            const auto value =
                static_cast<typename R::Contents>((block_.template load<R>() & ~clear) | set);
            block_.template store<R>(value);
            return value;
        }

    private:
        typename Lock::Hold hold_;
        const RegisterBlock& block_;
    };
    [[nodiscard]] Claim claim() const noexcept { return Claim{*this}; }

private:
    template <class R>
    [[nodiscard]] typename R::Contents load() const noexcept {
        return Io::template load<typename R::Contents>(base_ + R::kOffset);
    }
    template <class R>
    void store(typename R::Contents value) const noexcept {
        Io::template store<typename R::Contents>(base_ + R::kOffset, value);
    }
    template <class R>
    [[nodiscard]] std::uint64_t lane_at(std::uint32_t lane) const noexcept {
        return base_ + R::kOffset + lane * sizeof(typename R::Contents);
    }

    std::uint64_t base_;
    Lock* lock_;
};

} // namespace cw
