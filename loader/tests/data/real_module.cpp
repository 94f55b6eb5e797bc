// A module as the compiler and the linker make one, written down without the SDK. Definitions of
// WITH_... add one thing each that only they can make.
#include <cstdint>
#include <cw/abi/layout.hpp>
#include <cw/abi/records.hpp>

namespace {

using namespace cw;

// The records with pointers in place of image addresses, so that the linker emits a relocation for
// each.
struct Module {
    abi::RecordHeader header;
    std::uint32_t abi_major, abi_minor, version_major, version_minor, flags;
    abi::Placement default_placement;
    const char* name;
    void* state;
    void (*start)();
    std::uint64_t heap_bytes;
    std::uint32_t stack_bytes, watchdog_ms, frame_bytes, state_bytes;
};
static_assert(sizeof(Module) == sizeof(abi::ModuleRecord));

struct Provide {
    abi::RecordHeader header;
    std::uint64_t hash;
    const char* name;
    const char* signature;
    std::uint64_t (*direct)(std::uint64_t);
    std::uint64_t (*invoke)(std::uint64_t);
    std::uint32_t version_major, version_minor, flags;
    abi::MethodShape shape;
    std::uint32_t remote_layout;
    std::uint64_t (*remote_stub)(std::uint64_t);
};
static_assert(sizeof(Provide) == sizeof(abi::ProvideRecord));

struct Slot {
    std::uint64_t words[2];
};
struct Require {
    abi::RecordHeader header;
    std::uint64_t hash;
    const char* name;
    const char* signature;
    const Slot* slot;
    std::uint32_t min_version_major, min_version_minor, flags;
    abi::MethodShape shape;
    std::uint32_t reserved;
};
static_assert(sizeof(Require) == sizeof(abi::RequireRecord));

#define TEXT(name, text) constexpr char name[] = text
TEXT(kName, MODULE_NAME);
TEXT(kProvided, "real.twice");
TEXT(kProvidedSignature, "real.twice(value:u64)->(result:u64)");
TEXT(kRequired, "log.put");
TEXT(kRequiredSignature, "log.put(value:u64)->()");

alignas(64) unsigned char state[256];
volatile std::uint64_t calls = 41; // So that constructors are not run by the compiler.
const char* volatile greeting = "a pointer in .data, relocated";

#ifdef WITH_IMPORT
extern "C" [[gnu::visibility("default")]] std::uint64_t missing_function(std::uint64_t value);
#endif
#ifdef WITH_CONSTRUCTORS
struct Counter {
    explicit Counter(std::uint64_t start) : value{start + calls} {}
    ~Counter() { calls = value; }
    std::uint64_t value;
};
// Where clang registers destructors that never run; without it the module would import the
// function.
extern "C" int atexit(void (*)()) {
    return 0;
}
Counter first{1};
[[gnu::init_priority(200)]] Counter earlier{2};
#endif
#ifdef WITH_FLOATING_POINT
constexpr std::uint32_t kFlags = abi::kModuleFloatingPoint;
#else
constexpr std::uint32_t kFlags = 0;
#endif

std::uint64_t twice(std::uint64_t value) {
    calls = calls + 1;
#ifdef WITH_IMPORT
    value += missing_function(value);
#endif
    return 2 * value + static_cast<unsigned char>(*greeting);
}

[[gnu::section(".remote.text")]] std::uint64_t remote_twice(std::uint64_t value) {
    return value;
}

void start() {
    state[0] = 1;
}

// Constant, so that it lies in relocated read-only data; volatile, because the loader writes it.
[[gnu::section(".cw.slots"), gnu::used]] const volatile Slot slot{};

[[gnu::section(".cw.records"), gnu::used]] const Module module_record{
    {abi::RecordKind::module, sizeof(Module)},
    abi::kAbiMajor,
    abi::kAbiMinor,
    1,
    0,
    kFlags,
    abi::Placement::kernel,
    kName,
    state,
    start,
    4096,
    0,
    0,
    0,
    sizeof(state)};
[[gnu::section(".cw.records"), gnu::used]] const Provide provide_record{
    {abi::RecordKind::provide, sizeof(Provide)},
    abi::signature_hash(kProvidedSignature, sizeof(kProvidedSignature) - 1),
    kProvided,
    kProvidedSignature,
    twice,
    twice,
    1,
    0,
    0,
    {1, 1, 0, {0, 0}, {0, 0, 0}},
    0,
    remote_twice};
[[gnu::section(".cw.records"), gnu::used]] const Require require_record{
    {abi::RecordKind::require, sizeof(Require)},
    abi::signature_hash(kRequiredSignature, sizeof(kRequiredSignature) - 1),
    kRequired,
    kRequiredSignature,
    const_cast<const Slot*>(&slot),
    1,
    0,
    0,
    {1, 0, 0, {0, 0}, {0, 0, 0}},
    0};

} // namespace
