// What the nucleus publishes of the system. Nothing happens while nobody reads: a coroutine looks
// at what is read, and ends when nothing is any more.
#include "samples.hpp"
#include "clock.hpp"
#include "directory.hpp"
#include "modules.hpp"
#include "periodic.hpp"
#include <algorithm>
#include <cstring>
#include <cw/core/variables/clock.hpp>
#include <cw/core/variables/system.hpp>
#include <cw/core/variables/trace.hpp>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/panic.hpp>
#include <cw/nucleus/trace.hpp>
#include <cw/nucleus/variables.hpp>

namespace cw::kernel {

namespace {

// Guarded by kernel_lock, all.
Published<sysinfo::CwVariable_boot> boot;
Published<clock::CwVariable_coarse> coarse;
Published<sysinfo::CwVariable_memory> memory_of_system;
Published<sysinfo::CwVariable_load> load_of_system;
Published<sysinfo::CwVariable_placements> placements;
Published<sysinfo::CwVariable_executors> executors;
Published<sysinfo::CwVariable_totals> totals;
Published<trace::CwVariable_rings> trace_rings;

sysinfo::Name name_of(const ModuleInstance* module) noexcept {
    sysinfo::Name name{};
    if (module != nullptr) {
        const std::string_view text = module->image->name();
        std::memcpy(name.data(), text.data(), std::min(text.size(), name.size()));
    }
    return name;
}

/// A large one is filled in place: stacks of the nucleus are short.
template <class P>
auto& scratch() noexcept {
    static typename P::T value;
    value = {};
    return value;
}

/// What has not changed is not published again.
template <class P, class T>
void publish(P& variable, const T& value) noexcept {
    if (std::memcmp(&variable.value(), &value, sizeof(value)) != 0)
        variable.publish(value);
}

void sample_coarse() noexcept {
    const TimeNow now = time_now();
    coarse.publish({now.boot_ns, now.wall_ns});
}

void sample_memory() noexcept {
    const PageCounts pages = page_counts();
    publish(memory_of_system, sysinfo::Memory{pages.total * kPage, pages.free * kPage});
}

void sample_load() noexcept {
    sysinfo::Load now{};
    for (const ModuleInstance* m = all_modules(); m != nullptr; m = m->next)
        ++now.modules;
    for (std::uint32_t id = 1; id < kMaxDomains; ++id)
        now.domains += domain_by_id(id) != nullptr ? 1u : 0u;
    for (const ExecutorRecord* record = all_executors(); record != nullptr; record = record->next)
        ++now.executors;
    for (const Channel* channel = registry().channels; channel != nullptr; channel = channel->next)
        now.channels += channel->closed ? 0u : 1u;
    publish(load_of_system, now);
}

void sample_placements() noexcept {
    auto& now = scratch<decltype(placements)>();
    for (const ModuleInstance* m = all_modules(); m != nullptr; m = m->next) {
        if (now.count < now.modules.size())
            now.modules[now.count] = {name_of(m),
                                      m->domain->id,
                                      hart_index(*m->executor->thread),
                                      static_cast<std::uint32_t>(m->placement),
                                      static_cast<std::uint32_t>(m->stage)};
        ++now.count;
    }
    publish(placements, now);
}

const ModuleInstance* first_module_of(const ExecutorRecord& record) noexcept {
    for (const ModuleInstance* m = all_modules(); m != nullptr; m = m->next) {
        if (m->executor == &record)
            return m;
    }
    return nullptr;
}

void sample_executors() noexcept {
    auto& now = scratch<decltype(executors)>();
    for (const ExecutorRecord* record = all_executors(); record != nullptr; record = record->next) {
        if (now.count < now.executors.size()) {
            const ExecutorCounts s = seen(record->view->statistics);
            now.executors[now.count] = {name_of(first_module_of(*record)),
                                        s.wakes(),
                                        s.waits,
                                        s.received,
                                        s.completed,
                                        s.faults};
        }
        ++now.count;
    }
    publish(executors, now);
}

void sample_totals() noexcept {
    EndedExecutors all = ended_executors();
    for (const ExecutorRecord* record = all_executors(); record != nullptr; record = record->next) {
        all.counts.add(seen(record->view->statistics));
        ++all.count;
    }
    publish(totals,
            sysinfo::Totals{all.count,
                            all.counts.wakes(),
                            all.counts.waits,
                            all.counts.received,
                            all.counts.completed,
                            all.counts.faults});
}

void sample_trace() noexcept {
    auto& now = scratch<decltype(trace_rings)>();
    trace_count(now);
    publish(trace_rings, now);
}

/// What Linux's clock may go astray in a second is less than a microsecond.
constexpr std::uint64_t kFollowMs = 1'000;

struct Sample {
    std::string_view name;
    std::uint64_t period_ms;
    void (*take)() noexcept;
    std::uint32_t index;  ///< In the directory.
    std::uint64_t due_at; ///< Ticks.
};
Sample samples[] = {
    {clock::CwVariable_coarse::kName, clock::kTickMs, sample_coarse, 0, 0},
    {clock::CwVariable_scale::kName, kFollowMs, clock_follow, 0, 0},
    {sysinfo::CwVariable_memory::kName, sysinfo::kSampleMs, sample_memory, 0, 0},
    {sysinfo::CwVariable_load::kName, sysinfo::kSampleMs, sample_load, 0, 0},
    {sysinfo::CwVariable_placements::kName, sysinfo::kSampleMs, sample_placements, 0, 0},
    {sysinfo::CwVariable_executors::kName, sysinfo::kSampleMs, sample_executors, 0, 0},
    {sysinfo::CwVariable_totals::kName, sysinfo::kSampleMs, sample_totals, 0, 0},
    {trace::CwVariable_rings::kName, sysinfo::kSampleMs, sample_trace, 0, 0},
};

bool is_read(const Sample& sample) noexcept {
    if (sample.take == clock_follow && !clock_is_steered())
        return false;
    const auto& readers = directory::private_of(sample.index).readers;
    return std::any_of(
        std::begin(readers), std::end(readers), [](std::uint64_t word) { return word != 0; });
}

std::uint64_t take_samples() noexcept {
    std::uint64_t pause = 0;
    const std::uint64_t now = platform::now();
    for (Sample& sample : samples) {
        if (!is_read(sample))
            continue;
        pause = pause == 0 ? sample.period_ms : std::min(pause, sample.period_ms);
        if (now < sample.due_at)
            continue;
        sample.take();
        sample.due_at = now + sample.period_ms * (ticks_per_second() / 1000);
    }
    return pause;
}

Periodic looks{take_samples};

} // namespace

void samples_initialise() noexcept {
    const bool made = boot.create() == Status::ok && coarse.create() == Status::ok &&
                      memory_of_system.create() == Status::ok &&
                      load_of_system.create() == Status::ok && placements.create() == Status::ok &&
                      executors.create() == Status::ok && totals.create() == Status::ok &&
                      trace_rings.create() == Status::ok;
    CW_ASSERT(made);
    const variables::Directory all{reinterpret_cast<const void*>(variables_directory())};
    boot.publish(
        {all.header().boot, ticks_per_second(), hart_count(), static_cast<std::uint32_t>(kPage)});
    for (Sample& sample : samples) {
        sample.index = all.find(sample.name)->index;
        sample.take();
    }
}

void sample_read(std::uint32_t index) noexcept {
    for (Sample& sample : samples) {
        if (sample.index != index)
            continue;
        sample.take();
        static_cast<void>(looks.start(clock::kTickMs)); // without memory, the next one tries again
    }
}

} // namespace cw::kernel
