#include "couple.hpp"

namespace cw::test {

Couple::Couple(Path path) :
    calling{world.executor("calling")},
    serving{path != Path::direct ? world.executor("serving") : calling},
    caller{world.load("caller_a", calling)},
    service{world.load("service_a", serving)},
    client{world.raw_client(caller)},
    journal{*service.file.symbol<work::Journal>("work_journal")} {
    ticks.store(1, Order::relaxed);
    channel = world.link(caller, service, path);
    world.run();
}

void Couple::send(errand::Kind kind, std::uint64_t count, std::uint64_t first) {
    client.submit(caller.opcode("errand.run"),
                  next_cookie++,
                  {static_cast<std::uint64_t>(kind), count, first});
    client.flush();
}

std::vector<errand::Findings> Couple::returned() {
    std::vector<errand::Findings> all;
    for (const Message& message : client.take()) {
        EXPECT_EQ(message.status, Status::ok);
        all.push_back({message.words[0], message.words[1], message.words[2]});
    }
    return all;
}

errand::Findings Couple::run(errand::Kind kind, std::uint64_t count, std::uint64_t first) {
    send(kind, count, first);
    world.run();
    const auto all = returned();
    EXPECT_EQ(all.size(), 1u) << "errands that came back";
    return all.empty() ? errand::Findings{} : all.back();
}

std::optional<std::uint64_t> Couple::outside(std::string_view method, std::uint64_t value) {
    if (stranger_ == nullptr) {
        stranger_ = &world.raw_client(service);
        world.run();
    }
    stranger_->submit(service.opcode(method), 0, {value});
    stranger_->flush();
    world.run();
    const auto answers = stranger_->take();
    if (answers.size() != 1 || answers[0].status != Status::ok)
        return std::nullopt;
    return answers[0].words[0];
}

} // namespace cw::test
