#include "lookup.hpp"
#include "measure.hpp"
#include <cw/core/text.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/variables.hpp>

namespace bench {

cw::Task<> measure_lookup() noexcept {
    constexpr std::uint32_t kNames = 10'000;
    constexpr int kSamples = 25;
    static std::uint32_t declared = 0; // they stay, so once
    static std::uint64_t first = 0;
    for (; declared < kNames; ++declared) {
        CW_CO_TRY(variable,
                  co_await cw::variables::declare_as<std::uint64_t>(
                      cw::Text<24>{"bench/{}/number", declared}.view(), area));
        if (declared == 0)
            first = variable.index();
    }
    const cw::variables::Directory directory = cw::shared_variables();
    for (int i = 0; i < kSamples; ++i) {
        std::uint64_t found = 0;
        const std::uint64_t begin = cw_module.ops->now();
        // A stride without a common divisor: each of them, none beside the one before.
        for (std::uint32_t n = 0, at = 0; n < kNames; ++n, at = (at + 7919) % kNames) {
            const cw::variables::Entry& entry =
                directory.entry(static_cast<std::uint32_t>(first) + at);
            found += directory.find(directory.name_of(entry)) == &entry ? 1 : 0;
        }
        figure.add((cw_module.ops->now() - begin) * 1000 / kNames);
        if (found != kNames)
            co_return cw::refuse(cw::Status::not_found);
    }
    co_return co_await report("var.lookup", "ps");
}

} // namespace bench
