// The trace of the system: on, off, and shown in lines for tools (tools/README.md).
#include "commands.hpp"
#include "load_options.hpp"
#include "output.hpp"
#include "services.hpp"
#include "workspace.hpp"
#include <cw/core/variables/clock.hpp>
#include <cw/sdk/trace.hpp>
#include <optional>

CW_READ(cw::clock::scale);

namespace shell {

namespace {

using cw::trace::Event;
using cw::trace::Session;

constexpr std::string_view kPolicies[] = {"overwrite", "drop", "block"};
constexpr std::uint32_t kUsualRecords = 4096;

std::optional<std::uint32_t> policy_of(std::string_view word) noexcept {
    for (std::uint32_t i = 0; i < std::size(kPolicies); ++i) {
        if (kPolicies[i] == word)
            return i;
    }
    return std::nullopt;
}

cw::Task<int> start(Arguments words) noexcept {
    cw::trace::Wanted wanted{0, kUsualRecords};
    for (const std::string_view word : words) {
        std::uint64_t number = 0;
        if (const auto policy = policy_of(word)) {
            wanted.policy = *policy;
        } else if (parse_number(word, ~std::uint32_t{0}, number)) {
            wanted.records = static_cast<std::uint32_t>(number);
        } else {
            out.format("trace: {}: want overwrite, drop or block, or a number of records\n", word);
            co_return kFailed;
        }
    }
    const auto started = co_await cw::trace::start(wanted);
    if (!started && started.error() == cw::Status::invalid_argument)
        out.format("trace: the number of records is a power of two from {} to {}\n",
                   cw::trace::kFewestRecords,
                   cw::trace::kMostRecords);
    else if (!started)
        out.format("trace: {}\n", cw::name_of(started.error()));
    co_return started ? kDone : kFailed;
}

cw::Task<int> status() noexcept {
    CW_CO_TRY(state, co_await cw::trace::status());
    const std::uint32_t policy =
        state.wanted.policy < std::size(kPolicies) ? state.wanted.policy : 0;
    out.format("{}, {}, {} records each: {} rings, {} readers; {} recorded, {} dropped, {} never "
               "read, {} executors without a ring\n",
               state.on != 0 ? "on" : "off",
               kPolicies[policy],
               state.wanted.records,
               state.rings,
               state.readers,
               state.recorded,
               state.dropped,
               state.unread,
               state.untraced);
    co_return kDone;
}

void put_event(const Event& event) noexcept {
    char memory[128];
    cw::TextWriter line{memory, sizeof(memory)};
    line.put("@t ");
    std::size_t args = cw::trace::kArgs;
    while (args > 0 && event.args[args - 1] == 0)
        --args;
    line.put_unsigned(event.timestamp, 16, 1).put(' ').put_unsigned(event.id, 16, 1);
    for (std::size_t i = 0; i < args; ++i)
        line.put(' ').put_unsigned(event.args[i], 16, 1);
    line.put('\n');
    out.put(line.text());
}

cw::Task<> dump_ring(Session::Ring ring) noexcept {
    static constinit Event events[64]{};
    const std::string_view name{ring.about.name.data(), ring.about.name.size()};
    out.format("@trace ring={} track={} domain={} policy={} name={}\n",
               ring.about.ring,
               ring.about.track,
               ring.about.domain,
               ring.about.policy,
               name.substr(0, name.find('\0')));
    std::uint64_t read = 0, lost = 0;
    bool over = false;
    // What is recorded meanwhile belongs to the next dump, or this would never end.
    for (std::uint64_t most = 2 * std::uint64_t{ring.about.records}; read < most;) {
        const auto got = ring.reader.read(events, std::size(events));
        read += got.count;
        lost += got.lost;
        over = got.over;
        if (got.count == 0 && got.lost == 0)
            break;
        for (std::uint32_t i = 0; i < got.count; ++i)
            put_event(events[i]);
        CW_CO_CHECK(co_await out.flush());
    }
    const auto* block = reinterpret_cast<const cw::trace::Block*>(ring.about.address);
    out.format("@trace end={} read={} lost={} dropped={} recorded={} over={}\n",
               ring.about.ring,
               read,
               lost,
               ring.reader.dropped(),
               block->words.end.load(cw::Order::relaxed),
               over ? 1 : 0);
    co_return cw::Nothing{};
}

cw::Task<> dump_names() noexcept {
    for (std::uint64_t index = 0;; ++index) {
        const auto size = co_await cw::trace::names({index, workspace.reply.out()});
        if (!size)
            break;
        out.put("@trace names ");
        CW_CO_CHECK(co_await out.write({workspace.reply.text(), size->bytes}));
        out.put("\n");
        CW_CO_CHECK(co_await out.flush());
    }
    co_return cw::Nothing{};
}

cw::Task<int> dump() noexcept {
    const auto scale = cw::clock::scale.read();
    if (!scale) {
        out.format("trace: time/scale: {}\n", cw::name_of(scale.error()));
        co_return kFailed;
    }
    if (!cw::clock::is_readable(*scale)) {
        out.put("trace: time/scale: of another counter than the events\n");
        co_return kFailed;
    }
    out.format("@trace counter={} multiplier={} boot_ns={}\n",
               scale->counter,
               scale->multiplier,
               scale->boot_ns);
    CW_CO_CHECK(co_await dump_names());
    CW_CO_TRY(session, co_await Session::open(Session::Spare::no));
    for (;;) {
        auto ring = co_await session.next();
        if (!ring && ring.error() == cw::Status::not_found)
            break;
        if (!ring)
            co_return cw::refuse(ring.error());
        CW_CO_CHECK(co_await dump_ring(*ring));
        CW_CO_CHECK(co_await session.done(*ring));
    }
    CW_CO_CHECK(co_await session.close());
    out.put("@trace over\n");
    co_return kDone;
}

} // namespace

cw::Task<int> trace(Arguments words) noexcept {
    if (words[0] == "start")
        co_return co_await start(words.subspan(1));
    if (words[0] == "status" && words.size() == 1)
        co_return co_await status();
    if (words[0] == "dump" && words.size() == 1)
        co_return co_await dump();
    if (words[0] == "stop" && words.size() == 1) {
        CW_CO_CHECK(co_await cw::trace::stop());
        co_return kDone;
    }
    out.put("usage: trace start [POLICY] [RECORDS] | trace stop | trace status | trace dump\n");
    co_return kFailed;
}

} // namespace shell
