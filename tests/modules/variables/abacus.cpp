#include "abacus.hpp"
#include <cw/sdk/module.hpp>

CW_MODULE(abacus, {.version = {1, 0}, .concurrent = true});
CW_COUNT(abacus::hits, 4);

CW_PROVIDE(abacus::hit, [](abacus::Hit hit) {
    for (std::uint64_t i = 0; i < abacus::kHits; ++i) {
        abacus::hits.add(&abacus::Hits::calls);
        abacus::hits.add(&abacus::Hits::weight, hit.weight);
    }
    return cw::Nothing{};
});
