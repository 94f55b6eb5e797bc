// What is on show of the nucleus' memory is what there is: the sum of all sites, what each service
// allocates, and what kmem_lab makes it allocate.
#include "snapshot.hpp"
#include "victim.hpp"
#include <algorithm>
#include <cw/core/service/kmem_lab.hpp>
#include <cw/core/service/modules.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/cells.hpp>
#include <cw/sdk/heap.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>
#include <cw/sdk/variables.hpp>
#include <cw/sdk/wait.hpp>

CW_MODULE(kmem_lab_test, {.version = {1, 0}, .heap_bytes = 1 << 20, .frame_bytes = 256 * 1024});
CW_HEAP;
CW_REQUIRE(cw::memory::area);
CW_REQUIRE(cw::memory::statistics);
CW_REQUIRE(cw::variables::declare);
CW_REQUIRE(cw::modules::load);
CW_REQUIRE(cw::modules::unload);
CW_REQUIRE(cw::kmem::fail_at);
CW_REQUIRE(cw::cells::open);
CW_REQUIRE(cw::cells::close);
CW_REQUIRE(cw::kmem_lab::open);
CW_REQUIRE(cw::kmem_lab::close);
CW_REQUIRE(cw::kmem_lab::allocate);
CW_REQUIRE(cw::kmem_lab::release);
CW_REQUIRE(cw::kmem_lab::counts);
CW_REQUIRE(victim::next, cw::abi::kMethodOptional);
CW_REQUIRE(victim::work, cw::abi::kMethodOptional);
CW_REQUIRE(victim::die, cw::abi::kMethodOptional);

namespace {

namespace lab = cw::kmem_lab;
using cw::Status;
using cw::abi::Placement;
using namespace kmem_test;

constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::string_view kVictim = "victim";

cw::Task<> load_victim(std::uint8_t grants) noexcept {
    cw::modules::LoadArguments arguments{};
    kVictim.copy(arguments.name.data(), kVictim.size());
    arguments.placement = static_cast<std::uint8_t>(Placement::user_process);
    arguments.grants = grants;
    CW_CO_TRY(reply, co_await cw::modules::load(arguments));
    if (reply.status != 0)
        co_return cw::refuse(static_cast<Status>(reply.status));
    for (int tries = 0; tries < 2000; ++tries) {
        if (co_await victim::next({0}))
            co_return cw::Nothing{};
        static_cast<void>(co_await cw::sleep_ns(kMillisecond));
    }
    co_return cw::refuse(Status::timed_out);
}

cw::Task<> unload_victim() noexcept {
    cw::modules::UnloadArguments arguments{};
    kVictim.copy(arguments.name.data(), kVictim.size());
    CW_CO_TRY(reply, co_await cw::modules::unload(arguments));
    if (reply.status != 0)
        co_return cw::refuse(static_cast<Status>(reply.status));
    co_return cw::Nothing{};
}

cw::Task<bool> adds_up_now() noexcept {
    std::uint64_t pages = 0;
    cw::kmem::for_each_site([&](std::string_view, const Site& site) { pages += site.pages; });
    const auto shown = cw::kmem::pages_now();
    CW_CO_TRY(asked, co_await cw::memory::statistics());
    co_return shown&& pages == shown->total - shown->free&& asked.total_bytes ==
            shown->total * 4096 &&
        asked.free_bytes == shown->free * 4096;
}

/// True if all sites together hold what is not free, as soon as nothing changes meanwhile.
cw::Task<bool> adds_up() noexcept {
    for (int tries = 0; tries < 100; ++tries) {
        CW_CO_TRY(now_it_does, co_await adds_up_now());
        if (now_it_does)
            co_return true;
        static_cast<void>(co_await cw::sleep_ns(10 * kMillisecond));
    }
    co_return false;
}

std::uint64_t lab_pages() noexcept {
    const auto site = cw::kmem::site("kmem_lab.pages");
    return site ? site->pages : ~std::uint64_t{0};
}

cw::Task<bool> no_lab_pages() noexcept {
    for (int tries = 0; tries < 2000 && lab_pages() != 0; ++tries)
        static_cast<void>(co_await cw::sleep_ns(kMillisecond));
    co_return lab_pages() == 0;
}

/// Sites that hold more, or have allocated, since `before`; those that every host has. In a row.
cw::Text<600> sites_used() noexcept {
    take(now);
    std::array<std::string_view, 64> names{};
    std::size_t count = 0;
    for (std::size_t i = 0; i < now.count && count < names.size(); ++i) {
        const auto& [name, site] = now.sites[i];
        const Site& was = before.sites[i].site;
        const bool of_host = name.starts_with("paging.") || name.starts_with("threads.") ||
                             name == "domains.sockets" || name == "domains.processes" ||
                             name == "executors.doorbells";
        if (!of_host && (site.allocations != was.allocations || site.pages > was.pages) &&
            name != "segments.records" && name != "segments.mappings")
            names[count++] = name;
    }
    std::sort(names.begin(), names.begin() + count);
    cw::Text<600> row;
    for (std::size_t i = 0; i < count; ++i)
        row.format(i == 0 ? "{}" : ", {}", names[i]);
    return row;
}

struct Pair {
    std::uint64_t one, other;
};

struct Row {
    std::string_view service, sites;
};
constexpr Row kDocumented[] = {
#include <service_table.inc>
};

std::string_view documented(std::string_view service) noexcept {
    for (const Row& row : kDocumented) {
        if (row.service == service)
            return row.sites;
    }
    return "(not in docs/kmem.md)";
}

} // namespace

#define CW_EXPECT_ROW(service, ...)                                                                \
    do {                                                                                           \
        take(before);                                                                              \
        __VA_ARGS__;                                                                               \
        const auto used = sites_used();                                                            \
        CW_EXPECT_EQUAL(used.view(), documented(service));                                         \
    } while (false)

CW_TEST(each_service_allocates_what_the_document_says) {
    CW_EXPECT_VALUE(area, co_await cw::Area::create(4096));
    // What is made once for all is there then.
    CW_EXPECT((co_await load_victim(cw::modules::kPower)).has_value());
    CW_EXPECT((co_await unload_victim()).has_value());
    CW_EXPECT_ROW("memory.area", CW_EXPECT((co_await cw::Area::create(4096)).has_value()));
    CW_EXPECT_ROW("memory.grow", CW_EXPECT((co_await cw::heap::reserve(10'000)).has_value()));
    CW_EXPECT_ROW(
        "variables.declare",
        CW_EXPECT((co_await cw::variables::declare_as<Pair>("lab/row", area)).has_value()));
    CW_EXPECT_ROW("kmem_lab.open",
                  CW_EXPECT((co_await lab::open({lab::Policy::free_list, 64})).has_value()));
    CW_EXPECT_VALUE(cache, co_await lab::open({lab::Policy::free_list, 64}));
    CW_EXPECT_ROW("kmem_lab.allocate",
                  CW_EXPECT((co_await lab::allocate({cache.cache, 1})).has_value()));
    CW_EXPECT((co_await lab::close(cache)).has_value());
    CW_EXPECT_ROW("modules.load", CW_EXPECT((co_await load_victim(0)).has_value()));
    CW_EXPECT_ROW("modules.unload", CW_EXPECT((co_await unload_victim()).has_value()));
}

CW_TEST(all_sites_together_hold_what_is_not_free) {
    CW_EXPECT_VALUE(at_first, co_await adds_up());
    CW_EXPECT(at_first);
    CW_EXPECT((co_await load_victim(cw::modules::kPower)).has_value());
    CW_EXPECT_VALUE(loaded, co_await adds_up());
    CW_EXPECT(loaded);
    CW_EXPECT((co_await victim::work({1})).has_value());
    CW_EXPECT_VALUE(worked, co_await adds_up());
    CW_EXPECT(worked);
    CW_EXPECT((co_await unload_victim()).has_value());
    static_cast<void>(co_await cw::sleep_ns(300 * kMillisecond)); // nothing goes on any more
    CW_EXPECT_VALUE(unloaded, co_await adds_up());
    CW_EXPECT(unloaded);
}

CW_TEST(objects_come_and_go_as_asked_for) {
    for (const lab::Policy policy : {lab::Policy::free_list, lab::Policy::bitmap}) {
        for (const std::uint32_t bytes : {16u, 600u, 4096u, 100'000u}) {
            CW_EXPECT_VALUE(cache, co_await lab::open({policy, bytes}));
            CW_EXPECT_VALUE(held, co_await lab::allocate({cache.cache, 30}));
            CW_EXPECT_EQUAL(held.count, 30u);
            for (const lab::Order order :
                 {lab::Order::newest_first, lab::Order::oldest_first, lab::Order::every_other}) {
                CW_EXPECT_VALUE(freed, co_await lab::release({cache.cache, 10, order}));
                CW_EXPECT_EQUAL(freed.count, order == lab::Order::every_other ? 5u : 10u);
            }
            CW_EXPECT_VALUE(counts, co_await lab::counts(cache));
            CW_EXPECT_EQUAL(counts.live, 5u);
            CW_EXPECT(counts.pages * 4096 >= 5 * std::uint64_t{bytes});
            CW_EXPECT_EQUAL(counts.pages, lab_pages());
            CW_EXPECT((co_await lab::close(cache)).has_value());
            CW_EXPECT_EQUAL(lab_pages(), 0u);
        }
    }
}

CW_TEST(limits_are_kept) {
    CW_EXPECT_EQUAL((co_await lab::open({static_cast<lab::Policy>(9), 64})).error(),
                    Status::invalid_argument);
    CW_EXPECT_EQUAL((co_await lab::open({lab::Policy::bitmap, 15})).error(),
                    Status::invalid_argument);
    CW_EXPECT_EQUAL((co_await lab::open({lab::Policy::bitmap, (1 << 20) + 1})).error(),
                    Status::invalid_argument);
    CW_EXPECT_EQUAL((co_await lab::allocate({77'777, 1})).error(), Status::not_found);
    CW_EXPECT_EQUAL((co_await lab::close({77'777})).error(), Status::not_found);
    CW_EXPECT_VALUE(large, co_await lab::open({lab::Policy::free_list, 1 << 20}));
    CW_EXPECT_VALUE(small, co_await lab::open({lab::Policy::bitmap, 64}));
    // Four megabytes are the quota: whatever of them is large is not there for what is small.
    CW_EXPECT_VALUE(few, co_await lab::allocate({large.cache, 10}));
    CW_EXPECT_EQUAL(few.count, 4u);
    CW_EXPECT_EQUAL((co_await lab::allocate({large.cache, 1})).error(), Status::no_resource);
    CW_EXPECT_EQUAL((co_await lab::allocate({small.cache, 1})).error(), Status::no_resource);
    CW_EXPECT_EQUAL((co_await lab::allocate({small.cache, ~std::uint64_t{0}})).error(),
                    Status::out_of_range);
    CW_EXPECT_EQUAL((co_await lab::release({small.cache, 1, lab::Order{9}})).error(),
                    Status::invalid_argument);
    CW_EXPECT((co_await lab::close(large)).has_value());
    CW_EXPECT_VALUE(many, co_await lab::allocate({small.cache, lab::kMostObjects}));
    CW_EXPECT_EQUAL(many.count, lab::kMostObjects);
    CW_EXPECT_EQUAL((co_await lab::allocate({small.cache, 1})).error(), Status::out_of_range);
    CW_EXPECT((co_await lab::close(small)).has_value());
    CW_EXPECT_EQUAL(lab_pages(), 0u);
    CW_EXPECT_EQUAL((co_await cw::kmem::fail_at({{'n', 'o'}, 1})).error(), Status::not_found);
}

CW_TEST(what_a_client_held_goes_with_it) {
    for (const bool breaks : {false, true}) {
        CW_EXPECT((co_await load_victim(cw::modules::kPower)).has_value());
        CW_EXPECT_VALUE(worked, co_await victim::work({1}));
        CW_EXPECT_EQUAL(static_cast<Status>(worked.lab), Status::ok);
        CW_EXPECT(lab_pages() >= victim::kLabObjects * 600 / 4096);
        if (breaks)
            static_cast<void>(co_await victim::die());
        else
            CW_EXPECT((co_await unload_victim()).has_value());
        CW_EXPECT_VALUE(gone, co_await no_lab_pages());
        CW_EXPECT(gone);
    }
}

CW_TEST(a_name_that_could_not_be_stored_is_not_there) {
    CW_EXPECT_VALUE(area, co_await cw::Area::create(4096));
    const auto live = [](std::string_view site) { return cw::kmem::site(site)->live; };
    const std::uint64_t texts = live("directory.texts");
    const std::uint64_t entries = live("directory.entries");
    constexpr struct {
        std::string_view site;
        std::uint64_t attempt;
    } kFailures[] = {{"directory.entries", 1}, {"directory.texts", 1}, {"directory.texts", 2}};
    for (const auto& [site, attempt] : kFailures) {
        cw::kmem::Failure failure{{}, attempt};
        site.copy(failure.site.data(), site.size());
        CW_EXPECT((co_await cw::kmem::fail_at(failure)).has_value());
        const auto declared = co_await cw::variables::declare_as<Pair>("lab/fresh", area);
        CW_EXPECT_EQUAL(declared.error(), Status::no_memory);
        CW_EXPECT(cw::shared_variables().find("lab/fresh") == nullptr);
        CW_EXPECT_EQUAL(live("directory.texts"), texts);
        CW_EXPECT_EQUAL(live("directory.entries"), entries);
    }
    CW_EXPECT((co_await cw::variables::declare_as<Pair>("lab/fresh", area)).has_value());
}

CW_TEST(a_site_fails_when_its_cell_says_so_and_only_then) {
    constexpr std::string_view kSite = "kmem_lab.caches";
    constexpr std::string_view kCell = "kmem/fail/kmem_lab.caches";
    CW_EXPECT_VALUE(area, co_await cw::Area::create(4096));
    CW_EXPECT_VALUE(cell, co_await cw::cells::open_as<std::uint64_t>(kCell, {}, area));
    const std::uint64_t failures = cw::kmem::site(kSite)->failures;
    constexpr struct {
        std::uint64_t nth;
        bool opened_again; // or else the same number says nothing new
    } kFailures[] = {{1, false}, {2, false}, {3, false}, {3, true}};
    for (const auto& [nth, opened_again] : kFailures) {
        if (opened_again) {
            CW_EXPECT((co_await cw::cells::close(cell.which())).has_value());
            CW_EXPECT_VALUE(again, co_await cw::cells::open_as<std::uint64_t>(kCell, {}, area));
            cell = again;
        }
        const std::uint64_t before_it = cw::kmem::site(kSite)->failures;
        cell.store(nth);
        for (std::uint64_t attempt = 1; attempt <= nth + 2; ++attempt) {
            const auto cache = co_await lab::open({lab::Policy::bitmap, 64});
            CW_EXPECT_EQUAL(cache ? Status::ok : cache.error(),
                            attempt == nth ? Status::no_memory : Status::ok);
            CW_EXPECT_VALUE(applied, cell.applied());
            CW_EXPECT_EQUAL(applied, attempt < nth ? nth : 0u);
            if (cache)
                CW_EXPECT((co_await lab::close({cache->cache})).has_value());
        }
        CW_EXPECT_EQUAL(cw::kmem::site(kSite)->failures, before_it + 1);
    }
    // Whoever gives the cell back takes back what it has set.
    cell.store(2);
    CW_EXPECT_VALUE(first, co_await lab::open({lab::Policy::bitmap, 64}));
    CW_EXPECT((co_await cw::cells::close(cell.which())).has_value());
    CW_EXPECT_VALUE(second, co_await lab::open({lab::Policy::bitmap, 64}));
    CW_EXPECT((co_await lab::close({first.cache})).has_value());
    CW_EXPECT((co_await lab::close({second.cache})).has_value());
    CW_EXPECT_EQUAL(cw::kmem::site(kSite)->failures, failures + 4);
}

CW_TEST(who_has_no_grant_is_refused) {
    CW_EXPECT((co_await load_victim(0)).has_value());
    CW_EXPECT_VALUE(worked, co_await victim::work({1}));
    CW_EXPECT_EQUAL(static_cast<Status>(worked.lab), Status::not_permitted);
    CW_EXPECT_EQUAL(static_cast<Status>(worked.fail), Status::not_permitted);
    CW_EXPECT((co_await unload_victim()).has_value());
}
