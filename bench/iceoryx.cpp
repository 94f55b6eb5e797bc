// iceoryx, publish and subscribe. Its daemon runs as a thread of this programme.
#include "queue.hpp"

#include <iceoryx_hoofs/log/logmanager.hpp>
#include <iceoryx_posh/iceoryx_posh_types.hpp>
#include <iceoryx_posh/internal/roudi/roudi.hpp>
#include <iceoryx_posh/popo/publisher.hpp>
#include <iceoryx_posh/popo/subscriber.hpp>
#include <iceoryx_posh/roudi/iceoryx_roudi_components.hpp>
#include <iceoryx_posh/runtime/posh_runtime_single_process.hpp>
#include <optional>

namespace {

/// It takes a hundred times as long for each.
constexpr std::uint64_t kFewer = 2'000;

/// Options under which a full queue refuses, instead of dropping what is oldest: as the others
/// here.
iox::popo::PublisherOptions publisher_options() {
    iox::popo::PublisherOptions options;
    options.subscriberTooSlowPolicy = iox::popo::ConsumerTooSlowPolicy::WAIT_FOR_CONSUMER;
    return options;
}
iox::popo::SubscriberOptions subscriber_options() {
    iox::popo::SubscriberOptions options;
    options.queueCapacity = 128;
    options.queueFullPolicy = iox::popo::QueueFullPolicy::BLOCK_PRODUCER;
    return options;
}

template <class T>
struct Iceoryx {
    using Message = T;
    Iceoryx() {
        while (subscriber.getSubscriptionState() != iox::SubscribeState::SUBSCRIBED)
            sched_yield();
    }
    bool push(const T& message) { return !publisher.publishCopyOf(message).has_error(); }
    bool pop(T& message) {
        auto taken = subscriber.take();
        if (taken.has_error())
            return false;
        message = *taken.value();
        return true;
    }
    static iox::capro::ServiceDescription next_name() {
        static int count = 0;
        return {
            "causeway",
            "bench",
            iox::capro::IdString_t(iox::cxx::TruncateToCapacity, std::to_string(count++).c_str())};
    }

    iox::capro::ServiceDescription name = next_name();
    iox::popo::Publisher<T> publisher{name, publisher_options()};
    iox::popo::Subscriber<T> subscriber{name, subscriber_options()};
};

/// The daemon, and this programme as its only client.
struct Daemon {
    iox::RouDiConfig_t config = iox::RouDiConfig_t().setDefaults();
    iox::roudi::IceOryxRouDiComponents components{config};
    iox::roudi::RouDi roudi{
        components.rouDiMemoryManager,
        components.portManager,
        iox::roudi::RouDi::RoudiStartupParameters{iox::roudi::MonitoringMode::OFF, false}};
    iox::runtime::PoshRuntimeSingleProcess runtime{"causeway-bench"};
};

template <class T, auto kMeasure>
void with_daemon(std::string_view name, const bench::Cpus& cpus) {
    iox::log::LogManager::GetLogManager().SetDefaultLogLevel(
        iox::log::LogLevel::kOff, iox::log::LogLevelOutput::kHideLogLevel);
    const Daemon daemon;
    kMeasure(name, cpus);
}

using bench::Line;
constexpr bench::Measurement kMeasurements[] = {
    {"iceoryx.pingpong8B",
     [](const bench::Cpus& cpus) {
         with_daemon<std::uint64_t, bench::pingpong<Iceoryx<std::uint64_t>>>("iceoryx.pingpong8B",
                                                                             cpus);
     }},
    {"iceoryx.single64B",
     [](const bench::Cpus& cpus) {
         with_daemon<Line, bench::stream<Iceoryx<Line>, kFewer>>("iceoryx.single64B", cpus);
     }},
};

} // namespace

int main(int count, char** arguments) {
    return bench::run(count, arguments, kMeasurements);
}
