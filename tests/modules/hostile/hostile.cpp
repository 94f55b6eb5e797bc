// A process that forges everything it can reach, as its driver orders. Never to be placed anywhere
// else.
#include "attack.hpp"
#include <cw/core/arch/context.hpp>
#include <cw/core/service/memory.hpp>
#include <cw/core/service/modules.hpp>
#include <cw/core/service/system.hpp>
#include <cw/modules/swift.hpp>
#include <cw/sdk/module.hpp>

CW_MODULE(hostile, {.version = {1, 0}});
CW_REQUIRE(cw::memory::area);
CW_REQUIRE(cw::memory::statistics);
CW_REQUIRE(cw::modules::load);
CW_REQUIRE(cw::modules::unload);
CW_REQUIRE(cw::modules::describe);
CW_REQUIRE(cw::modules::counters);
CW_REQUIRE(cw::klog::write);
CW_REQUIRE(cw::klog::read);
CW_REQUIRE(cw::interrupts::acknowledge);
CW_REQUIRE(cw::clock::now);
CW_REQUIRE(cw::archive_pages::map);
CW_REQUIRE(cw::power::off);
CW_REQUIRE(swift::ping, cw::abi::kMethodOptional);
CW_REQUIRE(innocent::ping, cw::abi::kMethodOptional);

namespace {

using hostile::Attack;

hostile::Places look_around(cw::Executor& executor, cw::memory::Stretch area) noexcept {
    hostile::Places places{};
    places.area = area.address;
    places.area_bytes = area.bytes;
    places.stack = reinterpret_cast<std::uint64_t>(__builtin_frame_address(0));
    places.text = reinterpret_cast<std::uint64_t>(&look_around);
    places.run = reinterpret_cast<std::uint64_t>(&executor);
    places.read_only = reinterpret_cast<std::uint64_t>(executor.start);
    places.shared =
        reinterpret_cast<std::uint64_t>(hostile::own_server(executor).submission_slots) -
        cw::abi::kSlotsOffset;
    return places;
}

cw::Task<hostile::Count> obey(hostile::Order order) noexcept {
    CW_CO_TRY(area, co_await cw::memory::area({64 * 1024}));
    cw::Executor& executor = *cw::arch::context()->executor;
    Attack self{.random = hostile::Random{order.seed},
                .places = look_around(executor, area),
                .executor = executor,
                .tails = {},
                .mutations = 0};
    hostile::each_client(self, [&](cw::ClientEnd& end) {
        self.tails[end.index] = hostile::own_page(end).producer.tail.load(cw::Order::relaxed);
    });
    auto* ledger = reinterpret_cast<volatile hostile::Ledger*>(order.ledger.address);
    ledger->seed = order.seed;
    for (std::uint64_t tries = 1; tries <= order.tries; ++tries) {
        ledger->tries = tries;
        ledger->mutations = self.mutations;
        ledger->check = ~(tries + self.mutations);
        hostile::try_once(self);
    }
    hostile::commit(self, order.deed);
    co_return hostile::Count{order.tries};
}

} // namespace

CW_PROVIDE(hostile::obey, obey);
