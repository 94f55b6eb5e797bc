// What a hostile peer writes into everything that it can write. Which values, `Choices` decides: a
// generator of random numbers in the tests, the input in a fuzzer.
#pragma once
#include "world.hpp"

#include <random>

namespace cw::test {

class RandomChoices {
public:
    explicit RandomChoices(std::uint64_t seed) : random_{seed} {}

    std::uint64_t any() { return random_(); }
    /// Less than `limit`.
    std::uint64_t pick(std::uint64_t limit) { return random_() % limit; }
    /// True once in `times`. Another kind of choices may think otherwise of what is rare.
    bool rarely(std::uint64_t times) { return pick(times) == 0; }

private:
    std::mt19937_64 random_;
};

/// Anything, mostly near something.
template <class Choices>
std::uint64_t number(Choices& choices, std::uint64_t near) {
    switch (choices.pick(4)) {
    case 0:
        return choices.any();
    case 1:
        return near + choices.pick(16) - 8;
    case 2:
        return std::uint64_t{1} << choices.pick(64);
    default:
        return near;
    }
}

template <class Choices>
std::uint32_t index(Choices& choices, std::uint32_t near) {
    return static_cast<std::uint32_t>(number(choices, near));
}

/// Writes what a client can write: index page and submission slots.
template <class Choices>
class WritingClient {
public:
    explicit WritingClient(Choices& choices) : choices_{choices} {}

    /// `own`: an address within an area of the client's.
    void message(Channel& channel, std::uint32_t slot, std::uint64_t methods, std::uint64_t own) {
        RingMessage& message = channel.submissions()[slot % abi::kSubmissionSlots];
        message.head.store(choices_.rarely(256)
                               ? number(choices_, abi::message_head(1, 2, 1))
                               : choices_.pick(methods) << 32 | number(choices_, 1) >> 32,
                           Order::relaxed);
        message.words[choices_.pick(6)].store(number(choices_, own), Order::relaxed);
        message.words[choices_.pick(6)].store(number(choices_, 64), Order::relaxed);
        message.aux.store(choices_.any(), Order::relaxed);
    }
    void events(Channel& channel) {
        ProducerWords<NativeSync>& producer = channel.client_page().producer;
        const std::uint32_t tail = producer.tail.load(Order::relaxed);
        producer.space_event.store(static_cast<std::uint32_t>(choices_.any()), Order::relaxed);
        ConsumerWords<NativeSync>& consumer = channel.client_page().consumer;
        consumer.head.store(index(choices_, tail), Order::relaxed);
        consumer.data_event.store(index(choices_, tail), Order::relaxed);
    }
    void publish(Channel& channel, std::uint32_t count) {
        ProducerWords<NativeSync>& producer = channel.client_page().producer;
        producer.tail.store(producer.tail.load(Order::relaxed) + count, Order::release);
    }
    void write_something(Channel& channel, std::uint64_t methods, std::uint64_t own) {
        for (std::uint64_t writes = 1 + choices_.pick(8); writes != 0; --writes)
            message(channel,
                    static_cast<std::uint32_t>(choices_.pick(abi::kSubmissionSlots)),
                    methods,
                    own);
        events(channel);
        publish(channel,
                choices_.rarely(500) ? index(choices_, 0)
                                     : static_cast<std::uint32_t>(choices_.pick(8)));
    }

private:
    Choices& choices_;
};

/// Writes what a server can write: index page and completion slots. It knows the cookies of the
/// calls that wait for it, and most of its answers are right.
template <class Choices>
class WritingServer {
public:
    explicit WritingServer(Choices& choices) : choices_{choices} {}

    void forget() { cookies_.clear(); }
    void look(RawServer& server) {
        for (const RawServer::Request& request : server.take()) {
            if (request.flags == 0)
                cookies_.push_back(request.cookie);
        }
    }
    /// Writes an answer to one of them; false if there is none.
    bool answer(Channel& channel, std::uint32_t slot) {
        if (cookies_.empty())
            return false;
        const std::size_t which = choices_.pick(cookies_.size());
        std::uint64_t head = cookies_[which];
        cookies_[which] = cookies_.back();
        cookies_.pop_back();
        if (choices_.rarely(2731)) {
            spoil(head);
        } else if (choices_.pick(4) == 0) {
            head |= choices_.pick(kLastStatus + 1) << 32;
        }
        message(channel, slot, head);
        return true;
    }
    void spoil(std::uint64_t& head) {
        switch (choices_.pick(3)) {
        case 0:
            head = choices_.any();
            break;
        case 1:
            head += choices_.pick(3) * kCookieStep;
            break;
        default:
            head ^= std::uint64_t{1} << choices_.pick(64);
        }
    }
    void message(Channel& channel, std::uint32_t slot, std::uint64_t head) {
        RingMessage& message = channel.completions()[slot % abi::kCompletionSlots];
        message.head.store(head, Order::relaxed);
        for (Atomic<std::uint64_t>& word : message.words)
            word.store(choices_.any(), Order::relaxed);
    }
    void events(Channel& channel) {
        channel.server_page().consumer.data_event.store(static_cast<std::uint32_t>(choices_.any()),
                                                        Order::relaxed);
        channel.server_page().producer.space_event.store(static_cast<std::uint32_t>(choices_.any()),
                                                         Order::relaxed);
    }
    void head(Channel& channel) {
        channel.server_page().consumer.head.store(static_cast<std::uint32_t>(choices_.any()),
                                                  Order::relaxed);
    }
    void publish(Channel& channel, std::uint32_t count) {
        ProducerWords<NativeSync>& producer = channel.server_page().producer;
        producer.tail.store(producer.tail.load(Order::relaxed) + count, Order::release);
    }
    void write_something(RawServer& server) {
        Channel& channel = server.channel;
        look(server);
        const std::uint32_t tail = channel.server_page().producer.tail.load(Order::relaxed);
        std::uint32_t count = 0;
        for (const std::uint64_t wanted = choices_.pick(8);
             count < wanted && answer(channel, tail + count);
             ++count) {
        }
        if (choices_.rarely(64))
            head(channel);
        events(channel);
        if (choices_.rarely(2000))
            count = static_cast<std::uint32_t>(choices_.any());
        publish(channel, count);
    }

private:
    Choices& choices_;
    std::vector<std::uint32_t> cookies_;
};

} // namespace cw::test
