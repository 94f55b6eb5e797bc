// A module's own events in the trace of the system.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/core/service/trace.hpp>
#include <cw/core/task.hpp>
#include <cw/core/trace.hpp>

namespace cw::trace {

/// Its characters in two words. Longer names do not compile.
class EventName {
public:
    template <std::size_t N>
        requires(N > 1 && N <= kNameBytes + 1)
    consteval EventName(const char (&text)[N]) noexcept { // NOLINT: a name is written as text
        for (std::size_t i = 0; i + 1 < N; ++i)
            words_[i / 8] |= std::uint64_t{static_cast<unsigned char>(text[i])} << i % 8 * 8;
    }
    [[nodiscard]] constexpr std::uint64_t word(std::size_t i) const noexcept { return words_[i]; }

private:
    std::uint64_t words_[kNameBytes / 8]{};
};

/// Records that something has happened, with two numbers; while tracing is off, a load and a
/// branch. On a thread of another domain, in a module that runs on its caller's thread, it takes a
/// lock of the kernel.
[[gnu::always_inline]] inline void
event(EventName name, std::uint64_t a = 0, std::uint64_t b = 0) noexcept {
    if (cw_module.traced.load(Order::relaxed) != 0) [[unlikely]]
        cw_module.ops->trace(&cw_module, name.word(0), name.word(1), a, b);
}

/// The rings of the system, for one reader; it ends with its module, if not before. Requires, for
/// what is called: CW_REQUIRE(trace::open), trace::next, trace::done, trace::close.
class Session {
public:
    enum class Spare : bool { no, yes };

    /// One ring, and how far it was read.
    struct Ring {
        trace::Ring about{};
        RingReader reader;
    };

    /// With Spare::yes, writers whose policy that is spare what this reader has not read. Errors:
    /// those of trace.open.
    template <class M = open_method>
    static Task<Session> open(Spare spare) noexcept {
        auto opened = co_await Method<M>{}();
        if (!opened)
            co_return refuse(opened.error());
        co_return Session{*opened, spare};
    }
    Session() noexcept = default;

    /// The next ring that it has not had yet. Errors: not_found (there is none yet).
    template <class M = next_method>
    Task<Ring> next() noexcept {
        auto found = co_await Method<M>{}({self_.reader, last_});
        if (!found)
            co_return refuse(found.error());
        last_ = found->ring;
        auto* cursor = spare_ == Spare::yes && found->policy != 0
                           ? reinterpret_cast<Cursor*>(self_.cursors) + found->slot
                           : nullptr;
        const auto* block = reinterpret_cast<const Block*>(found->address);
        co_return Ring{*found, {block, block->slots(), found->records, cursor}};
    }
    /// From now on the ring is not to be read: its memory may go.
    template <class M = done_method>
    Future<M> done(const Ring& ring) const noexcept {
        return Method<M>{}({self_.reader, ring.about.ring});
    }
    template <class M = close_method>
    Future<M> close() const noexcept {
        return Method<M>{}({self_.reader});
    }

private:
    Session(Reader self, Spare spare) noexcept : self_{self}, spare_{spare} {}

    Reader self_{};
    std::uint64_t last_ = 0;
    Spare spare_ = Spare::no;
};

} // namespace cw::trace
