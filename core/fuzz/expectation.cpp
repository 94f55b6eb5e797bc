#include "expectation.hpp"

#include <algorithm>
#include <numeric>

namespace cw::fuzz {

Served::Served(const test::Module& service) :
    count_{static_cast<std::uint16_t>(service.methods.count)},
    add_one_{service.opcode("work.add_one")},
    nothing_{service.opcode("work.nothing")},
    block_{service.opcode("work.block")},
    refuse_{service.opcode("work.refuse")},
    hold_{service.opcode("work.hold")},
    sleep_until_{service.opcode("work.sleep_until")},
    sum_{service.opcode("work.sum")} {}

Expectation
Served::expect(const test::Channel& channel, std::uint32_t from, std::uint32_t to) const {
    Expectation all;
    all.impossible = to - from > abi::kSubmissionSlots;
    for (std::uint32_t at = from; at != to && !all.impossible; ++at) {
        const RingMessage& message = channel.submissions()[at % abi::kSubmissionSlots];
        const std::uint64_t head = message.head.load(Order::relaxed);
        const std::uint16_t opcode = abi::message_code(head), flags = abi::message_flags(head);
        if (flags == abi::kMessageCancel && opcode == 0)
            continue;
        if (flags != 0 || opcode >= count_) {
            all.impossible = true;
            break;
        }
        test::Message request{abi::message_cookie(head), Status::ok, {}};
        for (std::size_t i = 0; i < request.words.size(); ++i)
            request.words[i] = message.words[i].load(Order::relaxed);
        ++all.requests;
        expect(all, channel, request, opcode);
    }
    return all;
}

namespace {

/// The sum of the bytes of a buffer, if it lies in an area of the client.
std::optional<std::uint64_t>
sum_of(const test::Channel& channel, std::uint64_t address, std::uint64_t bytes) {
    if (bytes == 0)
        return 0;
    for (std::uint64_t i = 0; i < channel.areas.count; ++i) {
        const abi::BufferArea& area = channel.areas.areas[i];
        if (address < area.base || bytes > area.bytes || address - area.base > area.bytes - bytes)
            continue;
        const auto* first = reinterpret_cast<const std::uint8_t*>(address);
        return std::accumulate(first, first + bytes, std::uint64_t{0});
    }
    return std::nullopt;
}

} // namespace

void Served::expect(Expectation& all,
                    const test::Channel& channel,
                    const test::Message& message,
                    std::uint16_t opcode) const {
    const std::uint64_t word = message.words[0];
    ExpectedAnswer answer{message.cookie, Status::ok, std::nullopt};
    if (opcode == hold_ || opcode == sleep_until_) {
        ++all.suspending;
        return;
    }
    if (opcode == add_one_ || opcode == block_) {
        answer.word = word + 1;
    } else if (opcode == refuse_) {
        answer.status = static_cast<Status>(1 + word % kLastStatus);
    } else if (opcode == sum_) {
        answer.word = sum_of(channel, word, message.words[1]);
        if (!answer.word)
            answer.status = Status::not_permitted;
    }
    all.answers.push_back(answer);
}

} // namespace cw::fuzz
