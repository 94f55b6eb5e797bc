// Single allocations in the trace: as many as their site has counted, from the store that asks for
// them to the one that ends it, and what a ring has lost of them is known exactly.
#include <cw/core/service/kmem_lab.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/cells.hpp>
#include <cw/sdk/kmem.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>
#include <cw/sdk/trace.hpp>

CW_MODULE(kmem_trace_test, {.version = {1, 0}, .frame_bytes = 256 * 1024});
CW_REQUIRE(cw::memory::area);
CW_REQUIRE(cw::cells::open);
CW_REQUIRE(cw::cells::close);
CW_REQUIRE(cw::kmem_lab::churn);
CW_REQUIRE(cw::trace::start);
CW_REQUIRE(cw::trace::stop);
CW_REQUIRE(cw::trace::open);
CW_REQUIRE(cw::trace::close);
CW_REQUIRE(cw::trace::next);
CW_REQUIRE(cw::trace::done);

namespace {

using cw::TracePolicy;
using cw::trace::Session;
using cw::trace::What;

constexpr std::string_view kSite = "kmem_lab.objects";
constexpr std::uint64_t kObjectBytes = 48;

struct Seen {
    std::uint64_t number;           ///< Of the site.
    std::uint64_t allocated, freed; ///< Of the site.
    std::uint64_t elsewhere;        ///< Events of other sites.
    std::uint64_t first, last;      ///< Allocations that the site had counted at both ends.
    std::uint64_t wrong;            ///< Events of the site that do not say what they should.
    std::uint64_t read, lost, dropped, recorded;
    bool over;
};

bool is_site(const cw::trace::Event& event) noexcept {
    char name[24];
    __builtin_memcpy(name, &event.args[1], sizeof(name));
    return std::string_view{name, kSite.size()} == kSite && name[kSite.size()] == '\0';
}

/// What may be in a record of a site: numbers, and no address of the kernel.
bool is_small(std::uint64_t word) noexcept {
    return word < std::uint64_t{1} << 32 || -word < std::uint64_t{1} << 32;
}

void take(Seen& seen, const cw::trace::Event& event) noexcept {
    const auto what = static_cast<What>(event.id);
    if (what < What::site || what > What::site_pages)
        return;
    if (what == What::site) {
        seen.number = is_site(event) ? event.args[0] : seen.number;
        return;
    }
    for (const std::uint64_t word : event.args)
        seen.wrong += is_small(word) ? 0 : 1;
    if (event.args[0] != seen.number) {
        seen.elsewhere += what == What::site_counts ? 0 : 1;
    } else if (what == What::site_counts) {
        seen.first = seen.first == 0 ? event.args[1] + 1 : seen.first;
        seen.last = event.args[1] + 1;
    } else if (what != What::site_pages) {
        const std::uint64_t live = what == What::allocated ? 1 : 0;
        seen.wrong += event.args[1] != kObjectBytes || event.args[2] != live ? 1 : 0;
        ++(what == What::allocated ? seen.allocated : seen.freed);
    }
}

/// The ring that the nucleus writes now. A reader that is spared is from here on.
cw::Task<Session::Ring> ring_of_nucleus(Session* session) noexcept {
    Session::Ring found{};
    for (;;) {
        auto ring = co_await session->next();
        if (!ring)
            break;
        if (std::string_view{ring->about.name.data()} == "nucleus")
            found = *ring;
    }
    if (found.about.records == 0)
        co_return cw::refuse(cw::Status::not_found);
    co_return found;
}

Seen read_all(Session::Ring& ring) noexcept {
    static constinit cw::trace::Event events[64]{};
    Seen seen{};
    for (;;) {
        const auto got = ring.reader.read(events, std::size(events));
        for (std::uint32_t i = 0; i < got.count; ++i)
            take(seen, events[i]);
        seen.read += got.count;
        seen.lost += got.lost;
        seen.over = got.over;
        if (got.count == 0 && got.lost == 0)
            break;
    }
    const auto* block = reinterpret_cast<const cw::trace::Block*>(ring.about.address);
    seen.dropped = ring.reader.dropped();
    seen.recorded = block->words.end.load(cw::Order::relaxed);
    return seen;
}

struct Run {
    TracePolicy policy;
    std::uint32_t records;
    std::uint64_t objects;
    bool wanted; ///< By the cell.
    bool spared; ///< A reader waits for the ring from its beginning.
};

cw::Task<Seen> run(Run how) noexcept {
    CW_CO_TRY(area, co_await cw::Area::create(4096));
    CW_CO_TRY(cell, co_await cw::cells::open_as<std::uint64_t>(cw::trace::kMemoryCell, {}, area));
    cell.store(how.wanted ? 1 : 0);
    auto opened = co_await Session::open(how.spared ? Session::Spare::yes : Session::Spare::no);
    if (!opened)
        co_return cw::refuse(opened.error());
    Session session = *opened;
    CW_CO_CHECK(co_await cw::trace::start({static_cast<std::uint32_t>(how.policy), how.records}));
    CW_CO_TRY(ring, co_await ring_of_nucleus(&session));
    if (how.wanted && (!cell.applied() || *cell.applied() != 1))
        co_return cw::refuse(cw::Status::not_ready);
    CW_CO_CHECK(co_await cw::kmem_lab::churn({how.objects}));
    CW_CO_CHECK(co_await cw::trace::stop());
    CW_CO_CHECK(co_await cw::cells::close(cell.which()));
    CW_CO_CHECK(co_await cw::kmem_lab::churn({5})); // nobody asks for these
    const Seen seen = read_all(ring);
    CW_CO_CHECK(co_await session.close());
    co_return seen;
}

std::uint64_t allocations() noexcept {
    const auto site = cw::kmem::site(kSite);
    return site ? site->allocations : 0;
}

} // namespace

CW_TEST(each_allocation_and_each_free_is_recorded) {
    const std::uint64_t before = allocations();
    CW_EXPECT_VALUE(seen, co_await run({TracePolicy::overwrite, 4096, 300, true, false}));
    CW_EXPECT_EQUAL(seen.allocated, 300u);
    CW_EXPECT_EQUAL(seen.freed, 300u);
    CW_EXPECT_EQUAL(seen.first - 1, before);
    CW_EXPECT_EQUAL(seen.last - seen.first, 300u);
    CW_EXPECT_EQUAL(allocations(), before + 305);
    CW_EXPECT_EQUAL(seen.wrong, 0u);
    CW_EXPECT(seen.over);
    CW_EXPECT_EQUAL(seen.lost + seen.dropped, 0u);
    CW_EXPECT_EQUAL(seen.read, seen.recorded);
}

CW_TEST(what_was_overwritten_or_refused_is_counted) {
    // The counts at the end are the newest, those at the beginning the oldest.
    CW_EXPECT_VALUE(newest, co_await run({TracePolicy::overwrite, 256, 1000, true, false}));
    CW_EXPECT(newest.over && newest.lost > 1700);
    CW_EXPECT_EQUAL(newest.read + newest.lost, newest.recorded);
    CW_EXPECT(newest.recorded >= 2000);
    CW_EXPECT_VALUE(oldest, co_await run({TracePolicy::drop_newest, 256, 1000, true, true}));
    CW_EXPECT(oldest.over && oldest.dropped > 1700);
    CW_EXPECT_EQUAL(oldest.lost, 0u);
    CW_EXPECT_EQUAL(oldest.read, oldest.recorded);
    CW_EXPECT(oldest.read + oldest.dropped >= 2000);
    CW_EXPECT_EQUAL(oldest.wrong, 0u);
}

CW_TEST(nothing_is_recorded_that_nobody_asked_for) {
    CW_EXPECT_VALUE(seen, co_await run({TracePolicy::overwrite, 4096, 300, false, false}));
    CW_EXPECT_EQUAL(seen.number + seen.allocated + seen.freed + seen.elsewhere, 0u);
    CW_EXPECT(seen.read > 0);
}

CW_TEST(a_store_begins_it_and_ends_it) {
    CW_EXPECT_VALUE(area, co_await cw::Area::create(4096));
    CW_EXPECT_VALUE(cell,
                    co_await cw::cells::open_as<std::uint64_t>(cw::trace::kMemoryCell, {}, area));
    CW_EXPECT_VALUE(opened, co_await Session::open(Session::Spare::no));
    Session session = opened;
    CW_EXPECT((co_await cw::trace::start({0, 4096})).has_value());
    CW_EXPECT_VALUE(newest, co_await ring_of_nucleus(&session));
    Session::Ring ring = newest;
    CW_EXPECT((co_await cw::kmem_lab::churn({10})).has_value());
    cell.store(1);
    // The first allocation has the nucleus look; what follows is recorded: its free first.
    CW_EXPECT((co_await cw::kmem_lab::churn({20})).has_value());
    cell.store(0);
    // And so it is at the end.
    CW_EXPECT((co_await cw::kmem_lab::churn({30})).has_value());
    CW_EXPECT((co_await cw::trace::stop()).has_value());
    CW_EXPECT((co_await cw::cells::close(cell.which())).has_value());
    const Seen seen = read_all(ring);
    CW_EXPECT((co_await session.close()).has_value());
    CW_EXPECT_EQUAL(seen.allocated, seen.last - seen.first);
    CW_EXPECT(seen.allocated >= 19 && seen.allocated <= 21);
    CW_EXPECT(seen.freed >= 19 && seen.freed <= 21);
    CW_EXPECT_EQUAL(seen.wrong, 0u);
}
