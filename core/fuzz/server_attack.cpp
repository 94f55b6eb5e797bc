#include "server_attack.hpp"

#include "verdict.hpp"

#include <algorithm>

namespace cw::fuzz {

using errand::Kind;
using test::ticks;

namespace {

constexpr std::size_t kMostEnds = 3;
constexpr std::size_t kMostErrands = 40;
/// Of the innocent module: so many calls find room in its pools.
constexpr std::size_t kMostInnocent = 3;
constexpr std::uint64_t kInnocentCalls = 20;
constexpr std::uint64_t kLongAfter = 1'000'000'000;

std::uint64_t most_calls(Kind kind) {
    switch (kind) {
    case Kind::batch:
    case Kind::batch_sleep:
    case Kind::batch_drop:
        return 64;
    case Kind::batch_mixed:
        return 32;
    default:
        return errand::kMaxDepth;
    }
}

} // namespace

ServerAttack::ServerAttack(const TestModules& files, InputChoices& choices) :
    files_{files}, choices_{choices} {
    ticks.store(1, Order::relaxed);
    open();
}

void ServerAttack::open() {
    hostile_ = opened_.emplace_back(&world_.raw_server(caller_, service_));
    end_ = &calling_.executor().clients[hostile_->channel.client_index];
    looked_ = abi::kFirstIndex;
    overrun_ = false;
    in_flight_.clear();
    writer_.forget();
    world_.run();
    static_cast<void>(new_faults());
}

std::uint64_t ServerAttack::new_faults() {
    std::uint64_t faults = 0;
    for (const test::Told& one : calling_.take_reports()) {
        faults += one.kind == abi::Report::end_faulted;
        told_.push_back(one);
    }
    return faults;
}

void ServerAttack::run() {
    while (choices_.more())
        act();
    finish();
}

void ServerAttack::act() {
    switch (choices_.pick(12)) {
    case 0:
    case 1:
        send();
        return;
    case 2:
        send_innocent();
        return;
    case 3:
        serve_honestly();
        return;
    case 4:
    case 5:
        answer();
        return;
    case 6:
        forge();
        return;
    case 7:
        publish();
        return;
    case 8:
        ticks.fetch_add(choices_.pick(64), Order::relaxed);
        return;
    case 9:
        close();
        return;
    default:
        step();
    }
}

void ServerAttack::send() {
    if (sent_.size() >= kMostErrands)
        return;
    const auto kind = static_cast<Kind>(choices_.pick(17));
    sent_.insert(next_cookie_);
    client_.submit(caller_.opcode("errand.run"),
                   next_cookie_++,
                   {static_cast<std::uint64_t>(kind),
                    choices_.pick(most_calls(kind) + 1),
                    choices_.pick(256)});
    client_.flush();
}

void ServerAttack::send_innocent() {
    if (awaited_.size() >= kMostInnocent)
        return;
    static constexpr Kind kKinds[] = {
        Kind::add_one, Kind::block, Kind::depth, Kind::depth_reverse, Kind::batch};
    const Kind kind = kKinds[choices_.pick(std::size(kKinds))];
    const std::uint64_t count = choices_.pick(kInnocentCalls);
    awaited_[next_cookie_] = kind == Kind::batch ? 3 * count : count;
    client_of_other_.submit(other_.opcode("errand.run"),
                            next_cookie_++,
                            {static_cast<std::uint64_t>(kind), count, choices_.pick(256)});
    client_of_other_.flush();
}

void ServerAttack::take() {
    for (const test::Message& answer : client_.take()) {
        require(answer.status == Status::ok, "an errand was refused");
        require(sent_.erase(answer.cookie) == 1, "an errand came back twice");
    }
    for (const test::Message& answer : client_of_other_.take()) {
        const auto found = awaited_.find(answer.cookie);
        require(answer.status == Status::ok && found != awaited_.end(),
                "the innocent module's errand came back twice");
        require(answer.words[0] == 0 && answer.words[1] == found->second,
                "the innocent module got a wrong answer");
        awaited_.erase(found);
    }
}

void ServerAttack::serve_honestly() {
    const std::uint16_t add_one = service_.opcode("work.add_one");
    for (const test::RawServer::Request& request : honest_.take()) {
        const auto& w = request.words;
        if (request.opcode == add_one)
            honest_.answer(request.cookie, Status::ok, {w[0] + 1});
        else
            honest_.answer(request.cookie,
                           Status::ok,
                           {w[0] + 1, w[1] + 1, w[2] + 1, w[3] + 1, w[4] + 1, w[5] + 1});
    }
    honest_.flush();
}

void ServerAttack::answer() {
    writer_.look(*hostile_);
    const std::uint32_t from = tail();
    std::uint32_t count = 0;
    for (const std::uint64_t wanted = 1 + choices_.pick(16);
         count < wanted && writer_.answer(hostile_->channel, from + count);
         ++count) {
    }
    writer_.publish(hostile_->channel, count);
}

void ServerAttack::forge() {
    writer_.look(*hostile_);
    std::uint64_t head = choices_.any();
    if (!in_flight_.empty()) {
        const auto which = static_cast<std::ptrdiff_t>(choices_.pick(in_flight_.size()));
        head = *std::next(in_flight_.begin(), which);
        writer_.spoil(head);
    }
    writer_.message(hostile_->channel, tail(), head);
    writer_.publish(hostile_->channel, 1);
}

void ServerAttack::publish() {
    test::Channel& channel = hostile_->channel;
    switch (choices_.pick(4)) {
    case 0:
        writer_.publish(channel, test::index(choices_, 0));
        return;
    case 1:
        writer_.publish(channel, static_cast<std::uint32_t>(choices_.pick(256)));
        return;
    case 2:
        writer_.head(channel);
        return;
    default:
        writer_.events(channel);
    }
}

bool ServerAttack::is_wrong(std::uint64_t head) const {
    return abi::message_flags(head) != 0 || abi::message_code(head) > kLastStatus ||
           !in_flight_.contains(abi::message_cookie(head));
}

void ServerAttack::require_right(std::uint64_t head) {
    require(!is_wrong(head), "a wrong completion was taken for an answer");
    in_flight_.erase(abi::message_cookie(head));
}

void ServerAttack::look_at_submissions() {
    const std::uint32_t tail = hostile_->channel.client_page().producer.tail.load(Order::relaxed);
    if (tail - looked_ > abi::kSubmissionSlots) {
        overrun_ = true; // more calls than credits: who makes that happen has guessed cookies
        return;
    }
    for (; looked_ != tail; ++looked_) {
        const RingMessage& message =
            hostile_->channel.submissions()[looked_ % abi::kSubmissionSlots];
        const std::uint64_t head = message.head.load(Order::relaxed);
        if (abi::message_flags(head) == 0)
            require(in_flight_.insert(abi::message_cookie(head)).second,
                    "two calls in flight have one cookie");
    }
}

void ServerAttack::step() {
    if (end_->closed) { // what it writes is not looked at any more
        calling_.step();
        require(new_faults() == 0, "guilt was reported twice");
        take();
        return;
    }
    const std::uint32_t head = end_->completions.head(), end = tail();
    const bool impossible = end - head > abi::kCompletionSlots;
    std::vector<std::uint32_t> certain(in_flight_.begin(), in_flight_.end());
    calling_.step();
    const bool closed = end_->closed;
    const std::uint32_t taken = end_->completions.head() - head;
    require(closed || !impossible, "a guilty server's end stays open");
    require(closed || taken == end - head, "a completion was left");

    // Some of what it took may answer calls that were submitted meanwhile, under a cookie that was
    // guessed.
    look_at_submissions();
    bool wrong = impossible || overrun_;
    for (std::uint32_t at = 0; at != taken && !wrong; ++at) {
        const RingMessage& message =
            hostile_->channel.completions()[(head + at) % abi::kCompletionSlots];
        const std::uint64_t word = message.head.load(Order::relaxed);
        const std::uint32_t cookie = abi::message_cookie(word);
        const bool last = at + 1 == taken;
        if (closed && last)
            wrong = is_wrong(word) || std::ranges::find(certain, cookie) == certain.end();
        else
            require_right(word);
        std::erase(certain, cookie);
    }
    require(!closed || wrong, "an end was closed without a reason");
    require(new_faults() == std::uint64_t{closed}, "guilt was not reported once");
    const std::uint64_t index = end_->index | std::uint64_t{1} << 32;
    require(told(told_, abi::Report::end_faulted, index) == std::uint64_t{closed},
            "an innocent end was reported");
    take();
}

void ServerAttack::close() {
    if (opened_.size() == kMostEnds)
        return;
    world_.close_client_end(caller_, hostile_->channel);
    world_.run();
    hostile_->channel.forbid();
    open();
}

void ServerAttack::finish() {
    step();
    world_.close_client_end(caller_, hostile_->channel);
    world_.run();
    hostile_->channel.forbid();
    const auto under_way = [this] { return !sent_.empty() || !awaited_.empty(); };
    for (unsigned rounds = 0; rounds < 2 || (under_way() && rounds < 4 * kInnocentCalls);
         ++rounds) {
        ticks.fetch_add(kLongAfter, Order::relaxed);
        serve_honestly();
        world_.run();
        take();
    }
    require(sent_.empty(), "a call did not complete although its server has ended");
    require(awaited_.empty(), "the innocent module got no answer");
    require(new_faults() == 0, "guilt was reported twice");
    for (const test::RawServer* server : opened_) {
        require(calling_.executor().clients[server->channel.client_index].closed,
                "an end was not closed");
        require_unused(server->channel);
    }
    require(!calling_.executor().clients[honest_.channel.client_index].closed,
            "the innocent server's end was closed");
    require_unused(honest_.channel);
    require_whole(caller_);
    require_whole(other_);
    require_idle(calling_);
}

} // namespace cw::fuzz
