// What the nucleus writes into a module's memory may lie across two of its pages, which lie
// anywhere: its slots, its state.
#include <cw/modules/echo.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>

CW_MODULE(straddle_test, {.version = {1, 0}});

/// For require_init(), which wants its address; nothing refers to it afterwards.
template <>
constinit cw::abi::Slot cw::SlotOf<echo::ping_method>::value{};

namespace {

constexpr std::size_t kPage = 4096;

/// A slot of which each page has one word. CW_REQUIRE would leave it to chance.
struct alignas(kPage) Pages {
    std::byte before[kPage - sizeof(std::uint64_t)];
    cw::abi::Slot slot;
};
constinit Pages pages{};

consteval cw::sdk::RequireInit require_across() {
    cw::sdk::RequireInit record = cw::sdk::require_init<echo::ping_method>(0);
    record.slot = &pages.slot;
    return record;
}
CW_RECORD cw::sdk::RequireInit require_record = require_across();

} // namespace

CW_TEST(a_slot_across_two_pages_leads_to_its_provider) {
    static_assert(offsetof(Pages, slot) % kPage + sizeof(cw::abi::Slot) > kPage);
    CW_EXPECT(pages.slot.function != nullptr && pages.slot.edge != nullptr);
    const auto reply = co_await cw::Future<echo::ping_method>{[](std::uint64_t*) {
        using Function = cw::abi::RawFuture (*)(const cw::abi::Slot*, std::uint64_t);
        return reinterpret_cast<Function>(pages.slot.function)(&pages.slot, 41);
    }};
    CW_EXPECT(reply.has_value());
    CW_EXPECT_EQUAL(reply->value, 42u);
}
