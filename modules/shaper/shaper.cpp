// A packet scheduler of token buckets, whose rates others set while it runs: a store there, a load
// here, for each packet if need be.
#include "bucket.hpp"
#include "spread.hpp"
#include <cw/core/text.hpp>
#include <cw/modules/shaper.hpp>
#include <cw/sdk/cells.hpp>
#include <cw/sdk/module.hpp>

CW_MODULE(shaper, {.version = {1, 0}});
CW_REQUIRE(cw::memory::area);
CW_REQUIRE(cw::cells::create);
CW_REQUIRE(cw::cells::destroy);

namespace {

using shaper::Bucket;

constexpr std::uint64_t kScratch = 256; ///< Of each instance, while its cell is made.
constexpr std::size_t kAhead = 8; ///< Turns that take as long as a line from another processor.

struct Instance {
    enum class Stage : std::uint8_t { unused, begins, runs, ends } stage;
    Bucket bucket;
    cw::cells::Owned<std::uint64_t> rate;
};
Instance instances[shaper::kMaxInstances];
cw::Area scratch;

std::uint64_t now() noexcept {
    return cw_module.ops->now();
}

/// The instance earns by the rate it had, and goes by what its cell says from now on.
std::uint64_t turn(Instance& instance, std::uint64_t ticks) noexcept {
    const auto sample = instance.rate.sample();
    instance.bucket.earn(ticks, sample.value);
    instance.rate.applied(sample);
    return sample.value;
}

Instance* running(std::uint64_t index) noexcept {
    const bool there =
        index < shaper::kMaxInstances && instances[index].stage == Instance::Stage::runs;
    return there ? &instances[index] : nullptr;
}

/// One that nobody uses, marked as one that begins; null: there is none.
Instance* unused() noexcept {
    for (Instance& instance : instances) {
        if (instance.stage != Instance::Stage::unused)
            continue;
        instance.stage = Instance::Stage::begins;
        return &instance;
    }
    return nullptr;
}

cw::Task<> begin(Instance& instance, shaper::Instance wanted) noexcept {
    if (scratch.size() == 0) {
        CW_CO_TRY(area, co_await cw::Area::create(shaper::kMaxInstances * kScratch));
        scratch = area;
    }
    const std::string_view all{wanted.name.data(), wanted.name.size()};
    const cw::Text<40> name{"shaper/{}/rate", all.substr(0, all.find('\0'))};
    const auto index = static_cast<std::uint64_t>(&instance - instances);
    CW_CO_TRY(
        rate,
        co_await cw::cells::create_as<std::uint64_t>(name.view(),
                                                     {.initial = wanted.rate,
                                                      .min = 0,
                                                      .max = shaper::kMaxRate,
                                                      .on_release = cw::cells::OnRelease::revert},
                                                     scratch.part(index * kScratch, kScratch)));
    instance.rate = rate;
    instance.bucket = Bucket{wanted.burst, cw_module.ops->ticks_per_second, now()};
    turn(instance, now());
    co_return cw::Nothing{};
}

cw::Task<shaper::Index> add(shaper::Instance wanted) noexcept {
    Instance* instance = unused();
    if (instance == nullptr)
        co_return cw::refuse(cw::Status::no_resource);
    const auto begun = co_await begin(*instance, wanted);
    instance->stage = begun ? Instance::Stage::runs : Instance::Stage::unused;
    if (!begun)
        co_return cw::refuse(begun.error());
    co_return shaper::Index{static_cast<std::uint64_t>(instance - instances)};
}

cw::Task<cw::Nothing> remove(shaper::Index which) noexcept {
    Instance* instance = running(which.index);
    if (instance == nullptr)
        co_return cw::refuse(cw::Status::not_found);
    instance->stage = Instance::Stage::ends;
    const auto destroyed = co_await cw::cells::destroy(instance->rate.which());
    instance->stage = Instance::Stage::unused;
    if (!destroyed)
        co_return cw::refuse(destroyed.error());
    co_return cw::Nothing{};
}

cw::Result<shaper::Passed> pass(shaper::Backlog backlog) noexcept {
    Instance* instance = running(backlog.index);
    if (instance == nullptr)
        return cw::refuse(cw::Status::not_found);
    if (backlog.bytes == 0)
        return cw::refuse(cw::Status::invalid_argument);
    const std::uint64_t ticks = now();
    const std::uint64_t rate = turn(*instance, ticks);
    const std::uint64_t packets = instance->bucket.take(backlog.packets, backlog.bytes);
    return shaper::Passed{packets, instance->bucket.bytes(), rate, ticks};
}

cw::Result<shaper::Sent> serve(shaper::Load load) noexcept {
    if (load.bytes == 0)
        return cw::refuse(cw::Status::invalid_argument);
    static shaper::Spread turns; // of one call at a time: it does not wait
    turns.clear();
    shaper::Sent sent{};
    std::uint64_t last = now();
    for (std::uint32_t round = 0; round < load.rounds; ++round) {
        for (std::size_t i = 0; i < shaper::kMaxInstances; ++i) {
            Instance& instance = instances[i];
            if (instance.stage != Instance::Stage::runs)
                continue;
            if (const Instance& later = instances[(i + kAhead) % shaper::kMaxInstances];
                later.stage == Instance::Stage::runs)
                later.rate.prefetch();
            const std::uint64_t ticks = now();
            turns.add(ticks - last);
            last = ticks;
            turn(instance, ticks);
            const std::uint64_t packets = instance.bucket.take(~std::uint64_t{0}, load.bytes);
            sent.packets += packets;
            sent.bytes += packets * load.bytes;
        }
    }
    sent.turn_p99 = turns.p99();
    sent.ticks = last;
    return sent;
}

cw::Result<shaper::Account> account(shaper::Index which) noexcept {
    const Instance* instance = running(which.index);
    if (instance == nullptr)
        return cw::refuse(cw::Status::not_found);
    return shaper::Account{
        instance->bucket.bytes(), instance->bucket.earned(), instance->rate.rejects()};
}

} // namespace

CW_PROVIDE(shaper::add, add);
CW_PROVIDE(shaper::remove, remove);
CW_PROVIDE(shaper::pass, pass);
CW_PROVIDE(shaper::serve, serve);
CW_PROVIDE(shaper::account, account);
