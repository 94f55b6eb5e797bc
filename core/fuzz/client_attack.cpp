#include "client_attack.hpp"

#include "modules/work.hpp"
#include "verdict.hpp"

namespace cw::fuzz {

using test::ticks;

namespace {
constexpr std::uint64_t kMostEnds = 3;
constexpr std::uint64_t kAreaBytes = 2048; ///< Of the page that is the hostile client's.
/// The innocent one keeps to its credits, with one to spare for the end.
constexpr std::size_t kMostAwaited = abi::kChannelCredits - 1;
constexpr std::uint32_t kReleases = 0; ///< A cookie that is no call's.
} // namespace

ClientAttack::ClientAttack(const TestModules& files, InputChoices& choices) :
    files_{files}, choices_{choices} {
    ticks.store(1, Order::relaxed);
    for (std::uint64_t i = 0; i < 512; ++i)
        own_.as<std::uint64_t>()[i] = i * 0x0b09'0705'0301'0703;
    open();
}

void ClientAttack::open() {
    ++opened_;
    hostile_ = &world_.raw_client(service_).channel;
    hostile_->areas.areas[0] = {own_.address(), kAreaBytes, 1};
    hostile_->areas.count = 1;
    end_ = &serving_.executor().servers[hostile_->server_index];
    world_.run();
    static_cast<void>(new_faults());
}

std::uint64_t ClientAttack::new_faults() {
    std::uint64_t faults = 0;
    for (const test::Told& one : serving_.take_reports()) {
        faults += one.kind == abi::Report::end_faulted;
        told_.push_back(one);
    }
    return faults;
}

void ClientAttack::run() {
    while (choices_.more())
        act();
    finish();
}

void ClientAttack::act() {
    switch (choices_.pick(10)) {
    case 0:
        write();
        return;
    case 1:
        submit();
        return;
    case 2:
        publish();
        return;
    case 3:
        writer_.events(*hostile_);
        return;
    case 4:
        ticks.fetch_add(choices_.pick(64), Order::relaxed);
        return;
    case 5:
        innocent_calls();
        return;
    case 6:
        innocent_takes();
        return;
    case 7:
        close();
        return;
    default:
        step();
    }
}

void ClientAttack::write() {
    const std::uint32_t tail = hostile_->client_page().producer.tail.load(Order::relaxed);
    const auto ahead = static_cast<std::uint32_t>(choices_.pick(8));
    writer_.message(*hostile_, tail + ahead, service_.methods.count, own_.address());
}

void ClientAttack::submit() {
    const std::uint64_t kind = choices_.pick(16);
    const auto cookie = static_cast<std::uint32_t>(choices_.any());
    const std::uint16_t opcode = kind < 12 ? static_cast<std::uint16_t>(choices_.pick(10)) : 0;
    const std::uint16_t flags =
        kind >= 14 ? static_cast<std::uint16_t>(choices_.any()) : kind >= 12;
    const bool buffer = opcode + 1 == service_.methods.count;
    std::uint64_t first = choices_.any();
    if (buffer) // counted from either end of the area
        first = own_.address() + (choices_.pick(2) == 0 ? first : kAreaBytes - first);
    for (std::uint64_t times = 1 + (kind == 11 ? choices_.pick(130) : 0); times != 0; --times) {
        const std::uint32_t tail = hostile_->client_page().producer.tail.load(Order::relaxed);
        RingMessage& message = hostile_->submissions()[tail % abi::kSubmissionSlots];
        message.words[0].store(first, Order::relaxed);
        message.words[1].store(buffer ? choices_.any() : 1, Order::relaxed);
        message.head.store(abi::message_head(cookie, opcode, flags), Order::relaxed);
        writer_.publish(*hostile_, 1);
    }
}

void ClientAttack::publish() {
    switch (choices_.pick(4)) {
    case 0:
        writer_.publish(*hostile_, test::index(choices_, 0));
        return;
    case 1:
        writer_.publish(*hostile_, static_cast<std::uint32_t>(choices_.pick(256)));
        return;
    default:
        writer_.publish(*hostile_, 1 + static_cast<std::uint32_t>(choices_.pick(8)));
    }
}

void ClientAttack::innocent_calls() {
    if (awaited_.size() >= kMostAwaited)
        return;
    const std::uint32_t cookie = next_cookie_++;
    const std::uint64_t value = choices_.pick(256);
    awaited_[cookie] = value + 1;
    switch (choices_.pick(4)) {
    case 0:
        innocent_.submit(service_.opcode("work.hold"), cookie, {value % 4, value});
        break;
    case 1:
        innocent_.submit(service_.opcode("work.block"), cookie, {value, 2, 3, 4, 5, 6});
        break;
    default:
        innocent_.submit(service_.opcode("work.add_one"), cookie, {value});
    }
    innocent_.flush();
}

void ClientAttack::innocent_takes() {
    for (const test::Message& answer : innocent_.take()) {
        if (answer.cookie == kReleases)
            continue;
        const auto found = awaited_.find(answer.cookie);
        require(found != awaited_.end(), "the innocent client got an answer to nothing");
        require(answer.status == Status::ok, "the innocent client was refused");
        require(answer.words[0] == found->second, "the innocent client got a wrong answer");
        awaited_.erase(found);
    }
}

namespace {

/// All of `expected` are among the answers [from, to) of a channel, in their order.
bool answered(const test::Channel& channel,
              std::uint32_t from,
              std::uint32_t to,
              const std::vector<ExpectedAnswer>& expected) {
    for (const ExpectedAnswer& answer : expected) {
        const std::uint64_t head =
            abi::message_head(answer.cookie, static_cast<std::uint16_t>(answer.status));
        const auto found = [&](std::uint32_t at) {
            const RingMessage& message = channel.completions()[at % abi::kCompletionSlots];
            return message.head.load(Order::relaxed) == head &&
                   (!answer.word || message.words[0].load(Order::relaxed) == *answer.word);
        };
        while (from != to && !found(from))
            ++from;
        if (from == to)
            return false;
        ++from;
    }
    return true;
}

} // namespace

void ClientAttack::step() {
    if (end_->closed) { // what it writes is not looked at any more
        world_.run();
        require(new_faults() == 0, "guilt was reported twice");
        return;
    }
    const std::uint32_t head = end_->submissions.head(), answers = end_->completions.ring.tail();
    const std::uint32_t tail = hostile_->client_page().producer.tail.load(Order::relaxed);
    const Expectation expected = served_.expect(*hostile_, head, tail);
    const std::uint32_t suspended = end_->suspended_count;
    serving_.step();

    const bool hoards = suspended + expected.suspending > abi::kChannelCredits;
    require(end_->closed || !expected.impossible, "a guilty client's end stays open");
    require(end_->closed || end_->suspended_count <= abi::kChannelCredits,
            "a client has more requests under way than credits");
    require(!end_->closed || expected.impossible || hoards, "an end was closed without a reason");
    require(new_faults() == std::uint64_t{end_->closed}, "guilt was not reported once");
    require(told(told_, abi::Report::end_faulted, hostile_->server_index) ==
                std::uint64_t{end_->closed},
            "an innocent end was reported");

    const std::uint32_t answers_now = end_->completions.ring.tail();
    if (!hoards && answers_now - answers <= abi::kCompletionSlots)
        require(answered(*hostile_, answers, answers_now, expected.answers),
                "a request was not answered as it should be");
    if (end_->closed)
        return;
    require(end_->submissions.head() == tail, "a request was left");
    require(answers_now - answers == expected.requests + suspended - end_->suspended_count,
            "there are more answers than requests, or fewer");
}

void ClientAttack::close() {
    if (opened_ == kMostEnds)
        return;
    world_.close_server_end(service_, *hostile_);
    world_.run();
    hostile_->forbid();
    open();
}

void ClientAttack::finish() {
    step();
    world_.close_server_end(service_, *hostile_);
    world_.run();
    hostile_->forbid();
    innocent_.submit(service_.opcode("work.release"), kReleases, {work::kEverybody});
    innocent_.flush();
    world_.run();
    innocent_takes();
    require(awaited_.empty(), "the innocent client got no answer");
    require(new_faults() == 0, "guilt was reported twice");
    for (std::uint64_t i = 1; i <= opened_; ++i)
        require(told(told_, abi::Report::end_closed, innocent_.channel.server_index + i) == 1,
                "an end was not given back once");
    require(!serving_.executor().servers[innocent_.channel.server_index].closed,
            "the innocent client's end was closed");
    require_whole(service_);
    require_idle(serving_);
}

} // namespace cw::fuzz
