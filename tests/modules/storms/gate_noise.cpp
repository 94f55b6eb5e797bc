// Calls the target, also from within a call of the target.
#include "gate_target.hpp"
#include <array>
#include <cw/sdk/module.hpp>
#include <optional>

CW_MODULE(gate_noise, {.version = {1, 0}});
CW_REQUIRE(gates::note);

namespace {

std::uint64_t issued;
gates::Count answered;

/// Two of these may be under way: what is asked for first is issued first, and that is all that
/// counts.
cw::Task<gates::Count> burst(gates::Count notes) noexcept {
    struct Sent {
        storms::Item item;
        std::optional<cw::Future<gates::note_method>> future;
    };
    std::array<Sent, gates::kMostNotes> sent{};
    if (notes.value > sent.size())
        co_return cw::refuse(cw::Status::out_of_range);
    for (std::uint64_t i = 0; i < notes.value; ++i) {
        sent[i].item = {++issued, gates::kNoise, 0};
        sent[i].future.emplace(gates::note(sent[i].item));
    }
    for (std::uint64_t i = 0; i < notes.value; ++i) {
        CW_CO_TRY(answer, co_await *sent[i].future);
        if (answer.mixed == storms::answer_to(sent[i].item).mixed)
            ++answered.value;
    }
    co_return answered;
}

} // namespace

CW_PROVIDE(gates::burst, burst);
