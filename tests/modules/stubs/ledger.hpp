// A service with a method of each kind of stub: small and large reply, no words and all of them.
#pragma once
#include <cw/core/future.hpp>

namespace ledger {

inline constexpr std::uint64_t kClients = 4;

struct Entry {
    std::uint64_t client; ///< Below kClients.
    std::uint64_t number; ///< One more than in this client's last call.
};
struct Sum {
    std::uint64_t value;
};
struct Totals {
    std::uint64_t calls; ///< Of this client.
    std::uint64_t sum;   ///< Of its numbers.
};
struct Block {
    std::array<std::uint64_t, 6> words;
};

/// Errors: refused, if calls of this client are missing, came twice or in another order.
CW_METHOD(ledger, enter, Entry, Sum, 1, 0);
/// As enter().
CW_METHOD(ledger, enter_all, Entry, Totals, 1, 0);
/// Each word plus one; the first two are an Entry.
CW_METHOD(ledger, block, Block, Block, 1, 0);
CW_METHOD(ledger, nothing, cw::Nothing, cw::Nothing, 1, 0);
/// As enter(), after a sleep: the handler suspends.
CW_METHOD(ledger, late, Entry, Sum, 1, 0);
/// The provider breaks.
CW_METHOD(ledger, crash, cw::Nothing, cw::Nothing, 1, 0);

} // namespace ledger

namespace asker {
struct Count {
    std::uint64_t calls;     ///< Answered rightly.
    std::uint64_t own_stubs; ///< Methods whose slot leads to a stub of ledger's own.
};
} // namespace asker

#define CW_ASKERS(with)                                                                            \
    with(asker_a, 0);                                                                              \
    with(asker_b, 1);                                                                              \
    with(asker_c, 2);                                                                              \
    with(asker_d, 3)

#define CW_DECLARE_ASKER(name, number)                                                             \
    namespace name {                                                                               \
    inline constexpr std::uint64_t kNumber = number;                                               \
    /** Calls every method of ledger, more calls at once than there are credits. Errors: refused,  \
        if one was not answered rightly; the first error of ledger. */                             \
    CW_METHOD(name, run, cw::Nothing, asker::Count, 1, 0);                                         \
    /** Faults in the stub of ledger.enter: its slot is called with one that leads nowhere. */     \
    CW_METHOD(name, stumble, cw::Nothing, cw::Nothing, 1, 0);                                      \
    }
CW_ASKERS(CW_DECLARE_ASKER);
