// What was recorded is what was read, what was overwritten and what was refused, exactly: whatever
// the policy, for each of several readers, and while rings are handed over.
#include "spout.hpp"
#include <cw/core/variables/trace.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>
#include <cw/sdk/trace.hpp>
#include <cw/sdk/wait.hpp>
#include <optional>

CW_MODULE(trace_test, {.version = {1, 0}, .frame_bytes = 256 * 1024});
CW_REQUIRE(cw::trace::start);
CW_REQUIRE(cw::trace::stop);
CW_REQUIRE(cw::trace::status);
CW_REQUIRE(cw::trace::open);
CW_REQUIRE(cw::trace::close);
CW_REQUIRE(cw::trace::next);
CW_REQUIRE(cw::trace::done);
CW_REQUIRE(spout::emit);
CW_READ(cw::trace::rings);

namespace {

using cw::TracePolicy;
using cw::trace::Session;
using cw::trace::What;

constexpr std::size_t kRings = 256;

/// A reader of everything, and what it found in the rings of spout.
struct Reader {
    struct Ring {
        Session::Ring ring;
        bool of_spout, over;
        std::uint64_t read, lost;
    };
    Session session;
    Ring rings[kRings];
    std::size_t count;
    std::uint64_t first, last; ///< Numbers of spout's events; 0: none was seen.
    std::uint64_t seen, wrong;
    std::uint64_t lost, dropped; ///< Of spout's rings.
    bool in_kernel;              ///< Spout is.

    void begin(Session of) noexcept {
        session = of;
        count = 0;
        first = last = seen = wrong = lost = dropped = 0;
        in_kernel = false;
    }
    void look() noexcept {
        static constinit cw::trace::Event events[32]{};
        dropped = 0;
        for (std::size_t i = 0; i < count; ++i) {
            Ring& one = rings[i];
            while (!one.over) {
                const auto got = one.ring.reader.read(events, std::size(events));
                one.over = got.over;
                one.read += got.count;
                one.lost += got.lost;
                if (one.of_spout)
                    take(events, got.count, got.lost);
                if (got.count == 0 && got.lost == 0)
                    break;
            }
            dropped += one.of_spout ? one.ring.reader.dropped() : 0;
        }
    }
    void
    take(const cw::trace::Event* events, std::uint32_t number, std::uint64_t missing) noexcept {
        lost += missing;
        for (std::uint32_t i = 0; i < number; ++i) {
            if (events[i].id != static_cast<std::uint32_t>(What::user))
                continue;
            const std::uint64_t value = events[i].args[2];
            wrong += value <= last || events[i].args[3] != ~value ? 1 : 0;
            first = first == 0 ? value : first;
            last = value;
            ++seen;
        }
    }
    [[nodiscard]] bool all_over() const noexcept {
        for (std::size_t i = 0; i < count; ++i) {
            if (!rings[i].over)
                return false;
        }
        return true;
    }
    /// Rings of which what was read and lost is not what their writers say.
    [[nodiscard]] std::size_t unaccounted() const noexcept {
        std::size_t bad = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const auto* block =
                reinterpret_cast<const cw::trace::Block*>(rings[i].ring.about.address);
            bad +=
                rings[i].read + rings[i].lost != block->words.end.load(cw::Order::relaxed) ? 1 : 0;
        }
        return bad;
    }
};
constinit Reader readers[2]{};

cw::Task<> open(Reader* reader, Session::Spare spare) noexcept {
    CW_CO_TRY(session, co_await Session::open(spare));
    reader->begin(session);
    co_return cw::Nothing{};
}

/// Finds new rings, and reads all.
cw::Task<> look(Reader* reader) noexcept {
    while (reader->count < kRings) {
        auto next = co_await reader->session.next();
        if (!next)
            break;
        Reader::Ring& ring = reader->rings[reader->count++];
        const std::string_view name{next->about.name.data()};
        ring = {*next, name == "spout", false, 0, 0};
        if (ring.of_spout)
            reader->in_kernel = next->about.domain == 0;
    }
    reader->look();
    co_return cw::Nothing{};
}

/// Reads on until every writer has stopped.
cw::Task<> finish(Reader* reader) noexcept {
    do {
        static_cast<void>(co_await cw::sleep_ns(200'000));
        CW_CO_CHECK(co_await look(reader));
    } while (!reader->all_over());
    co_return cw::Nothing{};
}

cw::Task<> close(Reader* reader) noexcept {
    for (std::size_t i = 0; i < reader->count; ++i)
        CW_CO_CHECK(co_await reader->session.done(reader->rings[i].ring));
    CW_CO_CHECK(co_await reader->session.close());
    co_return cw::Nothing{};
}

cw::trace::Wanted wanted(TracePolicy policy, std::uint32_t records) noexcept {
    return {static_cast<std::uint32_t>(policy), records};
}

/// Whether the variable says, sooner or later, that spout's ring has lost so many.
cw::Task<bool> published(std::uint64_t dropped) noexcept {
    static constinit cw::trace::Rings now{};
    for (int tries = 0; tries < 200; ++tries) {
        if (cw::trace::rings.read(now) == cw::Status::ok) {
            for (std::uint32_t i = 0; i < now.count && i < now.rings.size(); ++i) {
                if (std::string_view{now.rings[i].name.data()} == "spout" &&
                    now.rings[i].dropped == dropped)
                    co_return true;
            }
        }
        static_cast<void>(co_await cw::sleep_ns(20'000'000));
    }
    co_return false;
}

/// False: this domain may not trace, and was told so everywhere.
cw::Task<bool> permitted() noexcept {
    const auto opened = co_await cw::trace::open();
    if (opened) {
        CW_CO_CHECK(co_await cw::trace::close({opened->reader}));
        co_return true;
    }
    const auto started = co_await cw::trace::start(wanted(TracePolicy::overwrite, 64));
    const auto stopped = co_await cw::trace::stop();
    if (opened.error() != cw::Status::not_permitted ||
        started.error() != cw::Status::not_permitted ||
        stopped.error() != cw::Status::not_permitted)
        co_return cw::refuse(cw::Status::refused);
    co_return false;
}

} // namespace

CW_TEST(what_cannot_be_is_refused) {
    CW_EXPECT_VALUE(may, co_await permitted());
    if (!may)
        co_return;
    for (const std::uint32_t records : {0u, 32u, 100u, 65536u, ~0u})
        CW_EXPECT_EQUAL(
            (co_await cw::trace::start(wanted(TracePolicy::overwrite, records))).error(),
            cw::Status::invalid_argument);
    CW_EXPECT_EQUAL((co_await cw::trace::start({3, 64})).error(), cw::Status::invalid_argument);
    CW_EXPECT_EQUAL((co_await cw::trace::next({0, 0})).error(), cw::Status::not_found);
    CW_EXPECT_EQUAL((co_await cw::trace::next({1u << 31, 0})).error(), cw::Status::not_found);
    CW_EXPECT_VALUE(first, co_await cw::trace::open());
    CW_EXPECT_EQUAL((co_await cw::trace::done({first.reader, 1'000'000})).error(),
                    cw::Status::not_found);
    std::uint64_t others[cw::trace::kReaders]{};
    for (std::uint32_t i = 1; i < cw::trace::kReaders; ++i) {
        CW_EXPECT_VALUE(other, co_await cw::trace::open());
        others[i] = other.reader;
    }
    CW_EXPECT_EQUAL((co_await cw::trace::open()).error(), cw::Status::no_resource);
    for (std::uint32_t i = 1; i < cw::trace::kReaders; ++i)
        CW_EXPECT((co_await cw::trace::close({others[i]})).has_value());
    CW_EXPECT((co_await cw::trace::close({first.reader})).has_value());
    CW_EXPECT_EQUAL((co_await cw::trace::close({first.reader})).error(), cw::Status::not_found);
}

CW_TEST(two_readers_know_what_they_missed_whatever_the_policy) {
    constexpr std::uint64_t kEvents = 1000;
    CW_EXPECT_VALUE(may, co_await permitted());
    if (!may)
        co_return;
    for (const TracePolicy policy :
         {TracePolicy::overwrite, TracePolicy::drop_newest, TracePolicy::block}) {
        CW_EXPECT((co_await cw::trace::start(wanted(policy, 64))).has_value());
        for (Reader& reader : readers) {
            CW_EXPECT((co_await open(&reader, Session::Spare::yes)).has_value());
            CW_EXPECT((co_await look(&reader)).has_value());
        }
        CW_EXPECT_VALUE(before, co_await spout::emit({0}));
        CW_EXPECT_VALUE(after, co_await spout::emit({kEvents}));
        CW_EXPECT_EQUAL(after.number, before.number + kEvents);
        CW_EXPECT((co_await cw::trace::stop()).has_value());
        for (Reader& reader : readers) {
            CW_EXPECT((co_await finish(&reader)).has_value());
            CW_EXPECT_EQUAL(reader.unaccounted(), 0u);
            CW_EXPECT_EQUAL(reader.wrong, 0u);
            CW_EXPECT(reader.seen > 0 && reader.seen <= 64);
            const std::uint64_t missing = kEvents - reader.seen;
            if (policy == TracePolicy::overwrite) { // the newest are there
                CW_EXPECT_EQUAL(reader.dropped, 0u);
                CW_EXPECT_EQUAL(reader.last, after.number);
                CW_EXPECT(reader.lost >= missing);
            } else { // the oldest are there
                CW_EXPECT_EQUAL(reader.lost, 0u);
                CW_EXPECT_EQUAL(reader.first, before.number + 1);
                CW_EXPECT_EQUAL(reader.last, before.number + reader.seen);
                CW_EXPECT(reader.dropped >= missing);
            }
        }
        if (policy == TracePolicy::drop_newest) {
            CW_EXPECT_VALUE(known, co_await published(readers[0].dropped));
            CW_EXPECT(known);
        }
        if (policy != TracePolicy::overwrite) // else who came later may have missed more
            CW_EXPECT_EQUAL(readers[0].seen, readers[1].seen);
        for (Reader& reader : readers)
            CW_EXPECT((co_await close(&reader)).has_value());
        CW_EXPECT_VALUE(state, co_await cw::trace::status());
        CW_EXPECT_EQUAL(state.rings, 0u); // all that were read have gone
        CW_EXPECT_EQUAL(state.readers, 0u);
    }
}

CW_TEST(nothing_is_lost_while_rings_are_handed_over) {
    constexpr std::uint64_t kCalls = 8, kEach = 20;
    // So often that rings use what others have used before.
    constexpr std::uint32_t kSizes[] = {1024, 4096, 2048, 8192, 1024, 32768, 2048};
    constexpr std::size_t kRounds = 3 * std::size(kSizes);
    CW_EXPECT_VALUE(may, co_await permitted());
    if (!may)
        co_return;
    Reader* const reader = &readers[0];
    CW_EXPECT((co_await open(reader, Session::Spare::no)).has_value());
    CW_EXPECT((co_await cw::trace::start(wanted(TracePolicy::overwrite, 2048))).has_value());
    CW_EXPECT_VALUE(before, co_await spout::emit({0}));
    for (std::size_t round = 0; round < kRounds; ++round) {
        const std::uint32_t size = kSizes[round % std::size(kSizes)];
        static std::optional<cw::Future<spout::emit_method>> calls[kCalls];
        for (auto& call : calls)
            call.emplace(spout::emit({kEach}));
        auto started = cw::trace::start(wanted(TracePolicy::overwrite, size));
        for (auto& call : calls) {
            CW_EXPECT((co_await *call).has_value());
            call.reset();
        }
        CW_EXPECT((co_await started).has_value());
        CW_EXPECT((co_await look(reader)).has_value());
    }
    CW_EXPECT_VALUE(after, co_await spout::emit({kEach}));
    CW_EXPECT((co_await cw::trace::stop()).has_value());
    CW_EXPECT((co_await finish(reader)).has_value());
    CW_EXPECT_EQUAL(after.number - before.number, (kCalls * kRounds + 1) * kEach);
    CW_EXPECT_EQUAL(reader->wrong, 0u);
    CW_EXPECT_EQUAL(reader->lost + reader->dropped, 0u);
    CW_EXPECT_EQUAL(reader->seen, after.number - before.number);
    CW_EXPECT_EQUAL(reader->unaccounted(), 0u);
    CW_EXPECT((co_await close(reader)).has_value());
}

CW_TEST(a_writer_waits_for_its_reader) {
    constexpr std::uint64_t kEvents = 300;
    CW_EXPECT_VALUE(may, co_await permitted());
    if (!may)
        co_return;
    Reader* const reader = &readers[0];
    // Not for ever: a reader that is too slow for it, as on a very busy machine, misses some, and
    // knows. In one of many rounds it is fast enough.
    for (int rounds = 0; rounds < 50; ++rounds) {
        CW_EXPECT((co_await cw::trace::start(wanted(TracePolicy::block, 64))).has_value());
        CW_EXPECT((co_await open(reader, Session::Spare::yes)).has_value());
        CW_EXPECT((co_await look(reader)).has_value());
        auto call = spout::emit({kEvents});
        while (!call.ready()) {
            reader->look();
            static_cast<void>(co_await cw::sleep_ns(50'000));
        }
        CW_EXPECT((co_await call).has_value());
        CW_EXPECT((co_await cw::trace::stop()).has_value());
        CW_EXPECT((co_await finish(reader)).has_value());
        CW_EXPECT_EQUAL(reader->lost, 0u);
        CW_EXPECT_EQUAL(reader->unaccounted(), 0u);
        CW_EXPECT(reader->seen + reader->dropped >= kEvents);
        CW_EXPECT((co_await close(reader)).has_value());
        if (reader->in_kernel || reader->dropped == 0)
            break;
    }
    if (!reader->in_kernel) {
        CW_EXPECT_EQUAL(reader->dropped, 0u);
        CW_EXPECT_EQUAL(reader->seen, kEvents);
    }
}
