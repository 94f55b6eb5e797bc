// Memory that runs out anywhere in the nucleus: every allocation of every site fails in turn while
// modules are loaded, work, and go. Whoever needed it is told, and nothing is left behind.
#include "snapshot.hpp"
#include "victim.hpp"
#include <algorithm>
#include <cw/core/service/modules.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/kmem.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>
#include <cw/sdk/wait.hpp>

CW_MODULE(kmem_storm_test, {.version = {1, 0}, .frame_bytes = 256 * 1024, .watchdog_ms = 10'000});
CW_REQUIRE(cw::memory::area);
CW_REQUIRE(cw::kmem::fail_at);
CW_REQUIRE(cw::modules::load);
CW_REQUIRE(cw::modules::describe);
CW_REQUIRE(cw::modules::unload);
CW_REQUIRE(victim::next, cw::abi::kMethodOptional);
CW_REQUIRE(victim::work, cw::abi::kMethodOptional);
CW_REQUIRE(victim::count, cw::abi::kMethodOptional);
CW_REQUIRE(victim::die, cw::abi::kMethodOptional);

namespace {

using namespace kmem_test;
using cw::Status;
using cw::abi::Placement;

constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::string_view kVictim = "victim";

constinit cw::Text<300> complaint{};

std::uint64_t failures(std::string_view name) noexcept {
    const auto counts = cw::kmem::site(name);
    return counts ? counts->failures : 0;
}

cw::Task<> fail_at(std::string_view site, std::uint64_t attempt) noexcept {
    cw::kmem::Failure failure{{}, attempt};
    site.copy(failure.site.data(), failure.site.size());
    const auto set = co_await cw::kmem::fail_at(failure);
    if (!set)
        co_return cw::refuse(set.error());
    co_return cw::Nothing{};
}

/// A try of everything that modules do while the `attempt`-th allocation of a site fails.
struct Try {
    Placement placement;
    std::string_view site;
    std::uint64_t attempt;
    std::uint64_t failures_before;

    [[nodiscard]] bool failed() const noexcept { return failures(site) != failures_before; }
};

/// The text of a refused load names the site.
bool names_site(const cw::Area& area, const cw::modules::LoadReply& reply, const Try& now_tried) {
    const std::string_view text{area.text() + 1024, reply.text_bytes};
    const cw::Text<64> wanted{" for {}\n", now_tried.site};
    if (text.ends_with(wanted.view()) || text.ends_with("did not start: ok\n"))
        return true;
    complaint.format("load: {}",
                     text.substr(text.size() - std::min<std::size_t>(text.size(), 120)));
    return false;
}

/// The domain of echo.
constinit std::uint16_t neighbour = 0;

cw::Task<> find_neighbour(const cw::Area& area) noexcept {
    CW_CO_TRY(table,
              co_await cw::modules::describe({cw::modules::What::domains, area.out(1024, 2048)}));
    const std::string_view text{area.text() + 1024, table.bytes};
    const std::size_t name = text.find(" echo ");
    if (name == text.npos)
        co_return cw::refuse(Status::not_found);
    neighbour = 0;
    for (std::size_t at = text.rfind('\n', name) + 1; text[at] >= '0' && text[at] <= '9'; ++at)
        neighbour = static_cast<std::uint16_t>(neighbour * 10 + (text[at] - '0'));
    co_return cw::Nothing{};
}

cw::Task<bool> load(const cw::Area& area, const Try& now_tried) noexcept {
    cw::modules::LoadArguments arguments{};
    arguments.domain = neighbour;
    arguments.grants = cw::modules::kPower; // for kmem_lab
    kVictim.copy(arguments.name.data(), kVictim.size());
    arguments.placement = static_cast<std::uint8_t>(now_tried.placement);
    arguments.text = area.out(1024, 2048);
    area.text()[1024] = '\0';
    CW_CO_TRY(reply, co_await cw::modules::load(arguments));
    if (reply.status == 0)
        co_return true;
    if (!now_tried.failed())
        complaint.format("load: {}; ", cw::name_of(static_cast<Status>(reply.status)));
    else if (!names_site(area, reply, now_tried))
        complaint.format("{}; ", cw::name_of(static_cast<Status>(reply.status)));
    co_return false;
}

/// True when calls reach it; false if they never will, for want of memory.
cw::Task<bool> linked(const Try& now_tried) noexcept {
    for (int tries = 0, failed = 0; tries < 2000 && failed < 20; ++tries) {
        const auto reply = co_await victim::next({41});
        if (reply)
            co_return reply->value == 42;
        failed += now_tried.failed() ? 1 : 0;
        static_cast<void>(co_await cw::sleep_ns(kMillisecond));
    }
    if (!now_tried.failed())
        complaint.format("not linked");
    co_return false;
}

/// Errors are allowed where memory was short, and only then.
void judge(std::string_view what, Status status, const Try& now_tried) noexcept {
    const bool short_of =
        status == Status::no_memory || status == Status::no_resource || status == Status::not_found;
    if (status != Status::ok && !(short_of && now_tried.failed()))
        complaint.format("{}: {}; ", what, cw::name_of(status));
}

cw::Task<> work(const cw::Area& area, const Try& now_tried) noexcept {
    const auto counted = co_await victim::count({area.ref(0, 100)});
    judge("count", counted ? Status::ok : counted.error(), now_tried);
    const auto done = co_await victim::work({now_tried.placement == Placement::domain ? 0u : 1u});
    if (!done) {
        judge("work", done.error(), now_tried);
        co_return cw::Nothing{};
    }
    judge("area", static_cast<Status>(done->area), now_tried);
    judge("heap", static_cast<Status>(done->heap), now_tried);
    judge("variable", static_cast<Status>(done->variable), now_tried);
    judge("echo", static_cast<Status>(done->echo), now_tried);
    judge("lab", static_cast<Status>(done->lab), now_tried);
    co_return cw::Nothing{};
}

cw::Task<> unload() noexcept {
    cw::modules::UnloadArguments arguments{};
    kVictim.copy(arguments.name.data(), kVictim.size());
    CW_CO_TRY(reply, co_await cw::modules::unload(arguments));
    if (reply.status != 0)
        complaint.format("unload: {}; ", cw::name_of(static_cast<Status>(reply.status)));
    co_return cw::Nothing{};
}

/// Loads it, has it work, breaks it; and loads it once more, has it work, and unloads it.
cw::Task<> everything(const cw::Area& area, const Try& now_tried) noexcept {
    // Beside another module it would take that one along.
    for (const bool breaks : {now_tried.placement != Placement::domain, false}) {
        CW_CO_TRY(loaded, co_await load(area, now_tried));
        if (!loaded)
            continue;
        CW_CO_TRY(reachable, co_await linked(now_tried));
        if (reachable)
            CW_CO_CHECK(co_await work(area, now_tried));
        if (breaks && reachable) {
            const auto died = co_await victim::die();
            if (died || died.error() != Status::peer_died)
                complaint.format("die: {}; ", died ? "ok" : cw::name_of(died.error()));
        } else {
            CW_CO_CHECK(co_await unload());
        }
    }
    co_return cw::Nothing{};
}

/// Threads and domains are freed a little after they have ended. What the calls of a client took is
/// freed when the client is told something again, if one was under way when its channel closed.
cw::Task<bool> nothing_left(const cw::Area& area, Placement placement, Threads threads) noexcept {
    constexpr int kPatience = 2000;
    for (int tries = 0; tries < kPatience && left_behind(threads) != nullptr; ++tries) {
        static_cast<void>(co_await cw::sleep_ns(kMillisecond));
        if (tries != 20)
            continue;
        const Try quiet{placement, "none", 0, 0};
        CW_CO_TRY(loaded, co_await load(area, quiet));
        CW_CO_TRY(reachable, co_await linked(quiet));
        if (!loaded || !reachable)
            co_return false;
        CW_CO_CHECK(co_await unload());
    }
    co_return left_behind(threads) == nullptr;
}

cw::Task<>
expect_nothing_left(const cw::Area& area, Placement placement, Threads threads) noexcept {
    CW_CO_TRY(whole, co_await nothing_left(area, placement, threads));
    if (whole)
        co_return cw::Nothing{};
    if (const Snapshot::Entry* left = left_behind(threads)) {
        const auto is = cw::kmem::site(left->name);
        complaint.format("{} has {} objects, {} pages; before {}, {}; ",
                         left->name,
                         is->live,
                         is->pages,
                         left->site.live,
                         left->site.pages);
    }
    co_return cw::Nothing{};
}

/// Tries that found their allocation.
constinit std::uint64_t storms = 0;

/// k = 1, 2, 3 ... of a site, as long as there are so many allocations. Where they are pages, the
/// later ones differ little.
cw::Task<bool> storm(const cw::Area& area, Placement placement, std::string_view site) noexcept {
    constexpr std::uint64_t kEach = 6;
    for (std::uint64_t attempt = 1;; attempt += attempt < kEach ? 1 : attempt) {
        const Try now_tried{placement, site, attempt, failures(site)};
        CW_CO_CHECK(co_await fail_at(site, attempt));
        CW_CO_CHECK(co_await everything(area, now_tried));
        const bool failed = now_tried.failed();
        CW_CO_CHECK(co_await fail_at(site, 0));
        CW_CO_CHECK(co_await expect_nothing_left(area, placement, Threads::may_be_there));
        if (!complaint.empty()) {
            complaint.format("(attempt {} of {})", attempt, site);
            co_return false;
        }
        if (!failed)
            co_return true;
        ++storms;
    }
}

/// Sites are tried in parts, since no test may take long.
constexpr std::size_t kParts = 3;

cw::Task<bool> storm_at(Placement placement, std::size_t part) noexcept {
    CW_CO_TRY(area, co_await cw::Area::create(4096));
    complaint = {};
    storms = 0;
    CW_CO_CHECK(co_await find_neighbour(area));
    // What is made once for all is there then.
    for (int i = 0; i < 2; ++i)
        CW_CO_CHECK(co_await everything(area, Try{placement, "none", 0, 0}));
    static_cast<void>(co_await cw::sleep_ns(200 * kMillisecond));
    take(before);
    CW_CO_CHECK(co_await expect_nothing_left(area, placement, Threads::are_looked_at));
    for (std::size_t i = part; i < before.count && complaint.empty(); i += kParts) {
        CW_CO_TRY(fine, co_await storm(area, placement, before.sites[i].name));
        if (!fine)
            co_return false;
    }
    CW_CO_CHECK(co_await expect_nothing_left(area, placement, Threads::are_looked_at));
    co_return complaint.empty() && storms >= 10;
}

} // namespace

#define CW_STORM(name, placement)                                                                  \
    CW_STORM_PART(name##_1, placement, 0)                                                          \
    CW_STORM_PART(name##_2, placement, 1)                                                          \
    CW_STORM_PART(name##_3, placement, 2)
#define CW_STORM_PART(name, placement, part)                                                       \
    CW_TEST(name) {                                                                                \
        const auto fine = co_await storm_at(placement, part);                                      \
        CW_EXPECT_EQUAL(complaint.view(), "");                                                     \
        CW_EXPECT(fine && *fine);                                                                  \
    }

CW_STORM(a_process, Placement::user_process)
CW_STORM(a_kernel_module, Placement::kernel)
CW_STORM(a_module_on_its_callers_thread, Placement::sync_caller)
CW_STORM(a_module_beside_another, Placement::domain)
