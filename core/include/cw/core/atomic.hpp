// Atomic words for shared memory. Every access names its order; there is no default and no
// operator. The template parameter `Sync` of the lock-free pieces selects this implementation or a
// model checker's.
#pragma once
#include <type_traits>

namespace cw {

enum class Order : int {
    relaxed = __ATOMIC_RELAXED,
    acquire = __ATOMIC_ACQUIRE,
    release = __ATOMIC_RELEASE,
    acq_rel = __ATOMIC_ACQ_REL,
    seq_cst = __ATOMIC_SEQ_CST,
};

/// One word of at most eight bytes, naturally aligned, always lock-free.
/// Loads and stores compile to plain instructions, so a reader may live on a read-only page.
template <class T>
    requires(std::is_trivially_copyable_v<T> && sizeof(T) <= 8)
class Atomic {
public:
    constexpr Atomic() noexcept = default;
    constexpr explicit Atomic(T value) noexcept : value_{value} {}
    Atomic(const Atomic&) = delete;
    Atomic& operator=(const Atomic&) = delete;

    [[nodiscard]] T load(Order order) const noexcept {
        T value;
        __atomic_load(&value_, &value, static_cast<int>(order));
        return value;
    }
    void store(T value, Order order) noexcept {
        __atomic_store(&value_, &value, static_cast<int>(order));
    }
    T exchange(T value, Order order) noexcept {
        return __atomic_exchange_n(&value_, value, static_cast<int>(order));
    }
    bool compare_exchange(T& expected, T desired, Order success, Order failure) noexcept {
        return __atomic_compare_exchange_n(&value_,
                                           &expected,
                                           desired,
                                           false,
                                           static_cast<int>(success),
                                           static_cast<int>(failure));
    }
    T fetch_add(T value, Order order) noexcept {
        return __atomic_fetch_add(&value_, value, static_cast<int>(order));
    }
    T fetch_or(T value, Order order) noexcept {
        return __atomic_fetch_or(&value_, value, static_cast<int>(order));
    }
    T fetch_and(T value, Order order) noexcept {
        return __atomic_fetch_and(&value_, value, static_cast<int>(order));
    }

private:
    alignas(sizeof(T)) T value_{};
};

inline void fence(Order order) noexcept {
    __atomic_thread_fence(static_cast<int>(order));
}

/// Orders nothing but the compiler: for what interrupts this very hart, and for memory whose second
/// reading would not give what the first one gave.
inline void local_fence() noexcept {
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/// The shipping choice of `Sync`. A model checker supplies the same names over its own types.
struct NativeSync {
    template <class T>
    using Word = Atomic<T>;
    static void fence(Order order) noexcept { cw::fence(order); }
};

} // namespace cw
