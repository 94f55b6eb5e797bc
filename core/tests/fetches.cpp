#include "fetches.hpp"

#include "operand.hpp"
#include "traps.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <map>
#include <sys/mman.h>
#include <ucontext.h>

namespace cw::test {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::size_t kMostEvents = 1 << 17;

Fetches* recording = nullptr;
struct sigaction former_fault, former_trap;

std::uint64_t address_of(const void* object) {
    return reinterpret_cast<std::uint64_t>(object);
}

bool in_c_library(std::uint64_t code) {
    Dl_info info{};
    return ::dladdr(reinterpret_cast<const void*>(code), &info) != 0 && info.dli_fname != nullptr &&
           std::string_view{info.dli_fname}.find("/libc.so") != std::string_view::npos;
}

/// Two loads of one memcpy(): it loads the last bytes of what it copies from their end, over those
/// in front of them, and what is used is what lies in the copy.
bool of_one_copying(const Fetches::Event& one, const Fetches::Event& other) {
    return one.kind == other.kind && one.stack == other.stack && one.caller == other.caller &&
           in_c_library(one.code) && in_c_library(other.code);
}

std::string place(std::uint64_t code) {
    char text[64];
    Dl_info info{};
    if (::dladdr(reinterpret_cast<const void*>(code), &info) == 0 || info.dli_sname == nullptr) {
        std::snprintf(text, sizeof text, "%#llx", static_cast<unsigned long long>(code));
        return text;
    }
    std::snprintf(text,
                  sizeof text,
                  "+%#llx",
                  static_cast<unsigned long long>(code - address_of(info.dli_saddr)));
    return std::string{info.dli_sname} + text;
}

std::string bytes_of(std::uint64_t code) {
    std::string text;
    for (std::uint64_t at = code; at != code + 8; ++at) {
        char digits[4];
        std::snprintf(
            digits, sizeof digits, " %02x", unsigned{*reinterpret_cast<const std::uint8_t*>(at)});
        text += digits;
    }
    return text;
}

} // namespace

/// What the signals' handlers do: on the stack of what faulted, with what is known before.
struct FetchSignals {
    static void fault(int, siginfo_t* info, void* given) {
        auto& context = *static_cast<ucontext_t*>(given);
        greg_t* const registers = context.uc_mcontext.gregs;
        const std::uint64_t address = address_of(info->si_addr);
        if (recording == nullptr || !recording->watched(address)) {
            std::signal(SIGSEGV, SIG_DFL); // it faults again, and ends as it should
            return;
        }
        const auto code = static_cast<std::uint64_t>(registers[REG_RIP]);
        const auto stack = static_cast<std::uint64_t>(registers[REG_RSP]);
        const Operand operand = memory_operand(reinterpret_cast<const std::uint8_t*>(code));
        const bool writes = (registers[REG_ERR] & 2) != 0; // Source: Intel SDM 3, 4.7.
        recording->protect(false);
        if (!writes || operand.loads)
            recording->add({Fetches::Event::Kind::load,
                            address,
                            operand.bytes,
                            code,
                            stack,
                            *reinterpret_cast<const std::uint64_t*>(stack)});
        registers[REG_EFL] |= kTrapFlag;
    }
    static void trap(int, siginfo_t*, void* given) {
        auto& context = *static_cast<ucontext_t*>(given);
        context.uc_mcontext.gregs[REG_EFL] &= ~static_cast<greg_t>(kTrapFlag);
        recording->stepped();
        recording->protect(true);
    }
};

void Fetches::watch(const void* begin, std::size_t bytes) {
    const std::uint64_t from = address_of(begin) & ~(kPage - 1);
    const std::uint64_t to = (address_of(begin) + bytes + kPage - 1) & ~(kPage - 1);
    if (!pages_.empty() && pages_.back().end == from) // fewer system calls
        pages_.back().end = to;
    else
        pages_.push_back({from, to});
    events_.resize(kMostEvents);
}

void Fetches::once(std::string name, const void* begin, std::size_t bytes) {
    fields_.push_back({std::move(name), address_of(begin), address_of(begin) + bytes, true, ""});
}

void Fetches::again(std::string name, const void* begin, std::size_t bytes, std::string why) {
    fields_.push_back(
        {std::move(name), address_of(begin), address_of(begin) + bytes, false, std::move(why)});
}

void Fetches::renewed(const void* begin, std::size_t bytes) {
    add({Event::Kind::renewed, address_of(begin), static_cast<std::uint32_t>(bytes), 0, 0, 0});
}

void Fetches::same(const void* copy, const void* original, std::size_t bytes) {
    add({Event::Kind::same,
         address_of(copy),
         static_cast<std::uint32_t>(bytes),
         address_of(original),
         0,
         0});
}

void Fetches::protect(bool away) const {
    for (const Range& range : pages_)
        ::mprotect(reinterpret_cast<void*>(range.begin),
                   range.end - range.begin,
                   away ? PROT_NONE : PROT_READ | PROT_WRITE);
}

bool Fetches::watched(std::uint64_t address) const {
    return std::ranges::any_of(
        pages_, [&](const Range& range) { return address >= range.begin && address < range.end; });
}

const Fetches::Field* Fetches::field_at(std::uint64_t address) const {
    const auto found = std::ranges::find_if(
        fields_, [&](const Field& field) { return address >= field.begin && address < field.end; });
    return found == fields_.end() ? nullptr : &*found;
}

void Fetches::forget() {
    count_ = 0;
}

void Fetches::start() {
    struct sigaction action{};
    action.sa_flags = SA_SIGINFO;
    action.sa_sigaction = FetchSignals::fault;
    ::sigaction(SIGSEGV, &action, &former_fault);
    action.sa_sigaction = FetchSignals::trap;
    ::sigaction(SIGTRAP, &action, &former_trap);
    recording = this;
    protect(true);
}

void Fetches::stop() {
    protect(false);
    recording = nullptr;
    ::sigaction(SIGTRAP, &former_trap, nullptr);
    ::sigaction(SIGSEGV, &former_fault, nullptr);
}

void Fetches::add(const Event& event) {
    if (count_ == events_.size()) {
        std::fputs("more loads than there is room for\n", stderr);
        std::abort();
    }
    events_[count_++] = event;
}

/// The instruction whose load was noted last is done.
void Fetches::stepped() {
    if (count_ == 0)
        return;
    const Event& load = events_[count_ - 1];
    const Field* const first = field_at(load.address);
    if (change_ && first != nullptr && !first->once)
        change_(first->begin, first->end - first->begin);
    for (std::uint64_t at = load.address; spoils_ && at != load.address + load.bytes; ++at) {
        const Field* const field = field_at(at);
        if (field == nullptr || !field->once)
            continue;
        auto* const byte = reinterpret_cast<std::uint8_t*>(at);
        *byte = static_cast<std::uint8_t>(~*byte);
    }
}

std::string Fetches::describe(const Event& load) const {
    const Field* const field = field_at(load.address);
    if (field == nullptr)
        return "what has no name, at " + place(load.code);
    return field->name + "+" + std::to_string(load.address - field->begin) + " (" +
           std::to_string(load.bytes) + " bytes) at " + place(load.code);
}

std::vector<std::string> Fetches::findings() const {
    std::vector<std::string> all;
    std::map<std::uint64_t, std::size_t> loaded_by; // each byte: by the first load of a copying
    Event copy{};
    std::size_t first = 0;
    for (std::size_t i = 0; i < count_; ++i) {
        const Event& event = events_[i];
        if (event.kind == Event::Kind::same) {
            copy = event;
            continue;
        }
        if (event.kind == Event::Kind::renewed) {
            loaded_by.erase(loaded_by.lower_bound(event.address),
                            loaded_by.lower_bound(event.address + event.bytes));
            continue;
        }
        if (i == 0 || !of_one_copying(events_[i - 1], event))
            first = i;
        if (event.bytes == 0)
            all.push_back("an instruction that is not known, at " + place(event.code) + ":" +
                          bytes_of(event.code));
        for (std::uint64_t at = event.address; at != event.address + event.bytes; ++at) {
            const Field* const field = field_at(at);
            if (field == nullptr) {
                all.push_back("loaded, and no field of the test: " + describe(event));
                break;
            }
            if (!field->once)
                continue;
            const bool copied = at >= copy.address && at < copy.address + copy.bytes;
            const std::uint64_t byte = copied ? at - copy.address + copy.code : at;
            const auto [before, fresh] = loaded_by.try_emplace(byte, first);
            if (!fresh && before->second != first) {
                all.push_back(describe(event) +
                              ", loaded before: " + describe(events_[before->second]));
                break;
            }
        }
    }
    return all;
}

std::size_t Fetches::loaded(const std::string& name) const {
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < count_; ++i) {
        const Field* const field = field_at(events_[i].address);
        if (events_[i].kind == Event::Kind::load && field != nullptr && field->name == name)
            bytes += events_[i].bytes;
    }
    return bytes;
}

} // namespace cw::test
