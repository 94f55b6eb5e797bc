// What every module includes: declare the module, what it provides, what it requires.
//
//     CW_MODULE(hello, {.version = {1, 0}});
//     CW_REQUIRE(console::write);
//     CW_PROVIDE(hello::greet, [](hello::Greeting g) -> cw::Task<hello::Answer> { ... });
//
// Each macro puts one record into the file's record section (abi/records.hpp); nothing runs for it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/abi/layout.hpp>
#include <cw/abi/records.hpp>
#include <cw/core/declare.hpp>
#include <cw/core/future.hpp>
#include <cw/core/provide.hpp>
#include <cw/core/result.hpp>
#include <cw/core/task.hpp>

namespace cw::sdk {

/// What a module says of itself.
struct ModuleOptions {
    Version version{};
    bool concurrent =
        false; ///< Handlers may run at the same time; the module guards its own state.
    bool floating_point = false; ///< Uses floating point (and is built for it).
    abi::Placement placement = abi::Placement::user_process; ///< When it is loaded as a dependency.
    std::uint64_t heap_bytes = 0;
    std::uint32_t stack_bytes = 0;     ///< 0: 64 KiB.
    std::uint32_t frame_bytes = 65536; ///< Pool for the frames of its coroutines.
    std::uint32_t watchdog_ms = 0;     ///< Longest run without a suspension; 0: 2000 ms.
};

// Records as the compiler can initialise them: pointers where the file format has image addresses.
struct ModuleInit {
    abi::RecordHeader header{abi::RecordKind::module, sizeof(abi::ModuleRecord)};
    std::uint32_t abi_major = abi::kAbiMajor, abi_minor = abi::kAbiMinor;
    std::uint32_t version_major, version_minor;
    std::uint32_t flags;
    abi::Placement default_placement;
    const char* name;
    ModuleState* state;
    void (*start)();
    std::uint64_t heap_bytes;
    std::uint32_t stack_bytes, watchdog_ms, frame_bytes, state_bytes;
};
static_assert(sizeof(ModuleInit) == sizeof(abi::ModuleRecord));

consteval ModuleInit module_init(const char* name, void (*start)(), ModuleOptions options) {
    return {.version_major = options.version.major,
            .version_minor = options.version.minor,
            .flags = (options.concurrent ? abi::kModuleConcurrent : 0u) |
                     (options.floating_point ? abi::kModuleFloatingPoint : 0u),
            .default_placement = options.placement,
            .name = name,
            .state = &cw_module,
            .start = start,
            .heap_bytes = options.heap_bytes,
            .stack_bytes = options.stack_bytes,
            .watchdog_ms = options.watchdog_ms,
            .frame_bytes = options.frame_bytes,
            .state_bytes = sizeof(ModuleState)};
}

struct RequireInit {
    abi::RecordHeader header{abi::RecordKind::require, sizeof(abi::RequireRecord)};
    std::uint64_t hash;
    const char* name;
    const char* signature;
    abi::Slot* slot;
    std::uint32_t min_version_major, min_version_minor;
    std::uint32_t flags;
    abi::MethodShape shape;
    std::uint32_t reserved = 0;
};
static_assert(sizeof(RequireInit) == sizeof(abi::RequireRecord));

template <class M>
consteval RequireInit require_init(std::uint32_t flags) {
    return {.hash = Signature<M>::kHash,
            .name = M::kName,
            .signature = Signature<M>::kText.data(),
            .slot = &SlotOf<M>::value,
            .min_version_major = M::kVersion.major,
            .min_version_minor = M::kVersion.minor,
            .flags = flags | flags_of<M>(),
            .shape = shape_of<M>()};
}

struct DeviceInit {
    abi::RecordHeader header{abi::RecordKind::device, sizeof(abi::DeviceRecord)};
    const char* compatible;
    abi::DeviceGrant* grant;
};
static_assert(sizeof(DeviceInit) == sizeof(abi::DeviceRecord));

} // namespace cw::sdk

/// Once in each module. The options are designated initialisers of ModuleOptions.
/// `start`, if the module defines `void cw_start()` with CW_START, runs after the constructors.
#define CW_MODULE(name_, ...)                                                                      \
    extern "C" {                                                                                   \
    [[gnu::visibility("hidden")]] constinit ::cw::ModuleState cw_module{};                         \
    [[gnu::weak, gnu::visibility("hidden")]] void cw_start();                                      \
    }                                                                                              \
    static constexpr ::cw::sdk::ModuleOptions kCwModuleOptions __VA_ARGS__;                        \
    [[maybe_unused]] static constexpr ::cw::Gated kCwGated =                                       \
        kCwModuleOptions.concurrent ? ::cw::Gated::no : ::cw::Gated::yes;                          \
    [[maybe_unused]] static constexpr auto kCwOwnStubs = ::cw::OwnStubs::yes;                      \
    CW_RECORD ::cw::sdk::ModuleInit kCwModuleRecord =                                              \
        ::cw::sdk::module_init(#name_, &cw_start, kCwModuleOptions)

/// Requires `method`; afterwards it can be called anywhere in the module. Optional: MethodFlags.
#define CW_REQUIRE(method, ...)                                                                    \
    template <>                                                                                    \
    [[gnu::used]] constinit ::cw::abi::Slot                                                        \
        cw::SlotOf<std::remove_cvref_t<decltype(method)>::Declaration>::value{};                   \
    CW_RECORD ::cw::sdk::RequireInit CW_UNIQUE(kCwRequire) =                                       \
        ::cw::sdk::require_init<std::remove_cvref_t<decltype(method)>::Declaration>(               \
            0u __VA_OPT__(|) __VA_ARGS__)

/// Asks for the device with this `compatible` string; `grant` is a DeviceGrant that is filled
/// before constructors run.
#define CW_DEVICE(compatible_, grant_)                                                             \
    CW_RECORD ::cw::sdk::DeviceInit CW_UNIQUE(kCwDevice) {                                         \
        .compatible = compatible_, .grant = &grant_                                                \
    }

/// Body of the function that runs once on the module's executor after its constructors.
#define CW_START extern "C" [[gnu::visibility("hidden")]] void cw_start()
