#include "attack.hpp"
#include "calls.hpp"
#include "wild_call.hpp"
#include <algorithm>
#include <cw/core/service/modules.hpp>
#include <cw/sdk/arch/raw_calls.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/use.hpp>
#include <iterator>

CW_USES(cw::modules::load);

namespace hostile {

namespace {

constexpr std::uint64_t kGrants = 16;     ///< Somewhat more than it has.
constexpr std::uint64_t kWordsOfCall = 8; ///< Grant, cookie, arguments.

/// Reports that would end this domain, or close its channels, are deeds.
bool is_deed(std::uint64_t kind) noexcept {
    return kind == static_cast<std::uint64_t>(cw::abi::Report::module_failed) ||
           kind == static_cast<std::uint64_t>(cw::abi::Report::end_faulted);
}

void wild_system_call(Attack& attack) noexcept {
    Random& random = attack.random;
    Registers registers{};
    for (std::uint64_t& word : registers.a)
        word = any_word(random, attack.places);
    registers.t1 = random.word();
    registers.sp = any_address(random, attack.places);
    registers.gp = any_address(random, attack.places);
    registers.tp = any_address(random, attack.places);
    registers.others = any_word(random, attack.places);
    registers.a[7] = random.below(8) == 0 ? random.word() : random.below(4);
    if (registers.a[7] == 1) // not for ever: a deadline that has passed, or will at once
        registers.a[0] = random.below(2) == 0 ? 0 : cw_module.ops->now() + random.below(200);
    if (registers.a[7] <= 2 && random.below(2) == 0)
        registers.a[registers.a[7] == 1 ? 1 : 0] = random.below(kGrants);
    if (registers.a[7] == 2 && registers.a[0] == 0 && is_deed(registers.a[1]))
        registers.a[1] = 0;
    attack.mutations += wild_call(registers);
}

void call_service(Attack& attack) noexcept {
    std::uint64_t words[6];
    for (std::uint64_t& word : words)
        word = any_word(attack.random, attack.places);
    if (attack.random.below(4) == 0) { // a buffer that is allowed, or nearly
        words[1] = attack.places.area + attack.random.below(attack.places.area_bytes + 64);
        words[2] = attack.random.below(attack.places.area_bytes);
    }
    call(2, 1 + attack.random.below(kGrants), words, attack.random.word());
    attack.mutations += kWordsOfCall;
}

void report(Attack& attack) noexcept {
    Random& random = attack.random;
    std::uint64_t words[6];
    for (std::uint64_t& word : words)
        word = any_word(random, attack.places);
    words[0] = random.below(8) == 0 ? random.word() : random.below(8);
    if (is_deed(words[0]))
        words[0] = 0;
    if (random.below(2) == 0)
        words[1] = random.below(80) | random.below(3) << 32;
    call(2, 0, words, random.word());
    attack.mutations += kWordsOfCall;
}

} // namespace

cw::IndexPage& own_page(const cw::ClientEnd& end) noexcept {
    return *reinterpret_cast<cw::IndexPage*>(reinterpret_cast<std::uint64_t>(end.submission_slots) -
                                             cw::abi::kSlotsOffset);
}
cw::IndexPage& own_page(const cw::ServerEnd& end) noexcept {
    return *reinterpret_cast<cw::IndexPage*>(reinterpret_cast<std::uint64_t>(end.completion_slots) -
                                             cw::abi::kSlotsOffset);
}

void forge_message(Attack& attack, cw::ClientEnd& end) noexcept {
    constexpr std::uint64_t kOfKernel = 12,
                            kOfOthers = 1; ///< Methods that its peers have at least.
    const std::uint64_t opcodes =
        &end == cw::SlotOf<cw::modules::load_method>::value.edge->end ? kOfKernel : kOfOthers;
    Random& random = attack.random;
    std::uint32_t& tail = attack.tails[end.index];
    cw::RingMessage& message = end.submission_slots[tail % cw::abi::kSubmissionSlots];
    for (auto& word : message.words)
        word.store(any_word(random, attack.places), cw::Order::relaxed);
    const bool cancel = random.below(8) == 0;
    message.head.store(
        cw::abi::message_head(static_cast<std::uint32_t>(random.word()),
                              static_cast<std::uint16_t>(cancel ? 0 : random.below(opcodes)),
                              cancel ? cw::abi::kMessageCancel : 0),
        cw::Order::relaxed);
    own_page(end).producer.tail.store(++tail, cw::Order::release); // pairs with the peer's acquire
    attack.mutations += 1 + std::size(message.words);
}

namespace {

constexpr std::uint64_t kMostMessages = 64; ///< To one peer at once.

/// Requests in its own name that its executor knows nothing of, as many as the peer has taken
/// meanwhile; and words that say when it wants to be woken, which may be anything.
void forge_requests(Attack& attack) noexcept {
    Random& random = attack.random;
    each_client(attack, [&](cw::ClientEnd& end) {
        const auto* peer = reinterpret_cast<const cw::IndexPage*>(
            reinterpret_cast<std::uint64_t>(end.completion_slots) - cw::abi::kSlotsOffset);
        const std::uint32_t taken = peer->consumer.head.load(cw::Order::acquire);
        std::uint64_t room = cw::abi::kSubmissionSlots - (attack.tails[end.index] - taken);
        for (room = std::min(room, random.below(kMostMessages)); room != 0; --room)
            forge_message(attack, end);
        cw::IndexPage& page = own_page(end);
        page.producer.space_event.store(static_cast<std::uint32_t>(random.word()),
                                        cw::Order::relaxed);
        page.consumer.data_event.store(static_cast<std::uint32_t>(random.word()),
                                       cw::Order::relaxed);
        attack.mutations += 2;
        cw::raw::wake(end.submissions.doorbell);
    });
}

} // namespace

void try_once(Attack& attack) noexcept {
    const std::uint64_t kind = attack.random.below(100);
    if (kind < 35)
        wild_system_call(attack);
    else if (kind < 60)
        call_service(attack);
    else if (kind < 75)
        report(attack);
    else
        forge_requests(attack);
}

} // namespace hostile
