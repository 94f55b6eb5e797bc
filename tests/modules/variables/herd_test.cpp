// Ten thousand variables: declared, found, read, and what is not in order refused.
#include <array>
#include <cw/core/service/memory.hpp>
#include <cw/core/text.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>
#include <cw/sdk/variables.hpp>

namespace herd {

constexpr std::uint64_t kCount = 10'000;

struct Pair {
    std::uint64_t number;
    std::uint64_t square;
};

cw::Text<24> name_of(std::uint64_t number) noexcept {
    return cw::Text<24>{"herd/{}/number", number};
}

std::array<std::uint64_t, kCount> addresses;

} // namespace herd

CW_MODULE(herd_test, {.version = {1, 0}, .watchdog_ms = 10'000});
CW_REQUIRE(cw::memory::area);
CW_REQUIRE(cw::variables::declare);
CW_REQUIRE(cw::variables::show);

CW_TEST(ten_thousand_are_declared_and_found) {
    CW_EXPECT_VALUE(scratch, co_await cw::Area::create(4096));
    const std::uint32_t before = cw::shared_variables().count();
    std::uint64_t lowest = ~std::uint64_t{0};
    std::uint64_t highest = 0;
    for (std::uint64_t number = 0; number < herd::kCount; ++number) {
        auto declared = co_await cw::variables::declare_as<std::uint64_t>(
            herd::name_of(number).view(), scratch);
        CW_EXPECT(declared.has_value());
        declared->publish(number * number);
        const cw::variables::Entry& entry =
            cw::shared_variables().entry(static_cast<std::uint32_t>(declared->index()));
        const std::uint64_t address = entry.address.load(cw::Order::relaxed);
        herd::addresses[number] = address;
        lowest = std::min(lowest, address);
        highest = std::max(highest, address);
    }
    CW_EXPECT(highest - lowest >= 100 * 4096);
    const std::uint32_t after = cw::shared_variables().count();
    CW_EXPECT(after - before == herd::kCount || after == before);
    for (std::uint64_t number = 0; number < herd::kCount; ++number) {
        const auto name = herd::name_of(number);
        const cw::variables::Entry* entry = cw::shared_variables().find(name.view());
        CW_EXPECT(entry != nullptr);
        CW_EXPECT_EQUAL(entry->address.load(cw::Order::relaxed), herd::addresses[number]);
        std::uint64_t value = 0;
        CW_EXPECT_EQUAL(cw::variables::read(*entry, value), cw::Status::ok);
        CW_EXPECT_EQUAL(value, number * number);
    }
}

CW_TEST(what_is_published_already_is_refused) {
    CW_EXPECT_VALUE(scratch, co_await cw::Area::create(4096));
    const auto first = co_await cw::variables::declare_as<herd::Pair>("herd/pair", scratch);
    CW_EXPECT(first.has_value());
    const auto second = co_await cw::variables::declare_as<herd::Pair>("herd/pair", scratch);
    CW_EXPECT_EQUAL(second.error(), cw::Status::already_exists);
    const auto kernels = co_await cw::variables::declare_as<herd::Pair>("time/scale", scratch);
    CW_EXPECT_EQUAL(kernels.error(), cw::Status::already_exists);
}

CW_TEST(what_is_not_in_order_is_refused) {
    CW_EXPECT_VALUE(scratch, co_await cw::Area::create(4096));
    for (const std::string_view name : {"", "herd", "/herd", "herd/", "Herd/one", "herd/a b"}) {
        const auto refused = co_await cw::variables::declare_as<herd::Pair>(name, scratch);
        CW_EXPECT_EQUAL(refused.error(), cw::Status::invalid_argument);
    }
    constexpr std::string_view kText{"herd/x\0number:u64", 17};
    constexpr std::string_view kSchema = kText.substr(7);
    constexpr std::uint64_t kLayout = cw::abi::signature_hash(kSchema.data(), kSchema.size());
    __builtin_memcpy(scratch.text(), kText.data(), kText.size());
    const auto status_of =
        [&](std::uint64_t text_bytes, std::uint64_t layout, std::uint32_t bytes) {
            return cw::variables::declare({scratch.ref(0, text_bytes), layout, bytes, 0});
        };
    CW_EXPECT_EQUAL((co_await status_of(17, kLayout + 1, 8)).error(), cw::Status::invalid_argument);
    CW_EXPECT_EQUAL((co_await status_of(17, kLayout, 4)).error(), cw::Status::invalid_argument);
    CW_EXPECT_EQUAL((co_await status_of(17, kLayout, 0)).error(), cw::Status::invalid_argument);
    CW_EXPECT_EQUAL((co_await status_of(16, kLayout, 8)).error(), cw::Status::invalid_argument);
    CW_EXPECT_EQUAL((co_await status_of(6, kLayout, 8)).error(), cw::Status::invalid_argument);
    CW_EXPECT_EQUAL((co_await status_of(4096, kLayout, 8)).error(), cw::Status::invalid_argument);
    CW_EXPECT((co_await status_of(17, kLayout, 8)).has_value());
}
