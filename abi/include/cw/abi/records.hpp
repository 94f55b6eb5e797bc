// The record section of a module file: what the module provides, requires and asks for.
//
// A program header of type kPtRecords spans a sequence of records, 8-byte aligned, in any order.
// Every record begins with RecordHeader; its size covers the record and is a multiple of 8.
// Pointers are virtual addresses of the module's own image (base 0 in the file, with a RELATIVE
// relocation whose addend equals the value in place). Strings are NUL-terminated, in the image's
// read-only data, at most kMaxNameBytes (names) or kMaxSignatureBytes (signatures) long without the
// NUL. Unknown kinds are refused. Sizes are exact for the kinds below; a later minor version may
// append fields and grow `size`.
#pragma once
#include <cstddef>
#include <cstdint>

namespace cw::abi {

inline constexpr std::uint32_t kPtRecords =
    0x6c77'6301; ///< Program header type of the record section (OS-specific range).
inline constexpr std::uint32_t kPtRemoteText =
    0x6c77'6302; ///< Program header type that marks `.remote.text` within a load segment.
inline constexpr std::uint32_t kPtFrames =
    0x6c77'6303; ///< Program header type of the call frame information (`.eh_frame`) within a
                 ///< read-only load segment; a module without it cannot be unwound.

inline constexpr std::size_t kMaxNameBytes = 63;
inline constexpr std::size_t kMaxSignatureBytes = 1023;
inline constexpr std::size_t kMaxInlineWords =
    6; ///< 48 bytes: the most an argument or reply record carries inline.
inline constexpr std::size_t kMaxMethods = 64;  ///< Provide records of one module.
inline constexpr std::size_t kMaxRequires = 64; ///< Require records of one module.
inline constexpr std::size_t kMaxDevices = 4;
inline constexpr std::size_t kMaxPublishes = 64;       ///< Publish records of one module.
inline constexpr std::size_t kMaxReads = 64;           ///< Read records of one module.
inline constexpr std::size_t kMaxVariableBytes = 1024; ///< Of one shared variable.
inline constexpr std::size_t kMaxVariableLanes = 64;   ///< Of one that is counted.

using ImageAddress = std::uint64_t; ///< Virtual address in the module's image.

enum class RecordKind : std::uint32_t {
    module = 1,
    provide = 2,
    require = 3,
    device = 4,
    publish = 5, ///< Since ABI 1.2.
    read = 6,    ///< Since ABI 1.2.
};

struct RecordHeader {
    RecordKind kind;
    std::uint32_t size; ///< Bytes, this header included; a multiple of 8.
};

enum class Placement : std::uint32_t {
    kernel = 0,       ///< In the kernel, on an executor thread of its own.
    user_process = 1, ///< In a new domain.
    sync_caller = 2,  ///< In the kernel, on its caller's thread.
    domain = 3,       ///< In a named, existing domain.
};

enum ModuleFlags : std::uint32_t {
    kModuleConcurrent =
        1u << 0, ///< Handlers may run at the same time; the module guards its own state.
    kModuleFloatingPoint = 1u << 1, ///< Built for the hard-float ABI.
};
inline constexpr std::uint32_t kKnownModuleFlags = kModuleConcurrent | kModuleFloatingPoint;

/// Exactly one in each file.
struct ModuleRecord {
    RecordHeader header;
    std::uint32_t abi_major, abi_minor;         ///< kAbiMajor/kAbiMinor it was built for.
    std::uint32_t version_major, version_minor; ///< The module's own.
    std::uint32_t flags;                        ///< ModuleFlags.
    Placement default_placement; ///< Where it goes when a dependency pulls it in. Never `domain`.
    ImageAddress name;           ///< String.
    ImageAddress state;          ///< The module's `ModuleState`, in writable data, 64-byte aligned.
    ImageAddress start;          ///< Function run once on its executor after constructors, or 0.
    std::uint64_t heap_bytes;    ///< Limit of its heap; at most kMaxHeapBytes.
    std::uint32_t stack_bytes;   ///< Executor stack it needs; at most kMaxStackBytes, 0 = default.
    std::uint32_t watchdog_ms;   ///< Longest run of one handler without a suspension; 0 = default.
    std::uint32_t frame_bytes;   ///< Pool for coroutine frames.
    std::uint32_t state_bytes;   ///< sizeof(ModuleState) it was built with.
};
static_assert(sizeof(ModuleRecord) == 80);

inline constexpr std::uint64_t kMaxHeapBytes = std::uint64_t{1} << 30;
inline constexpr std::uint32_t kMaxStackBytes = 1u << 20;
inline constexpr std::uint32_t kMaxFrameBytes = 16u << 20;

enum MethodFlags : std::uint32_t {
    kMethodOptional = 1u << 0, ///< Require records only: the module runs without it; its slot then
                               ///< answers `not_found`.
    kMethodWritesBuffer = 1u << 1, ///< The callee writes into the buffers of the arguments: they
                                   ///< are mapped writable for it.
    kMethodQueuedOnly =
        1u << 2, ///< Provide records only: never linked as `direct` or `syscall` across domains.
    kMethodNamesCaller = 1u << 4, ///< Provide records only: the handler asks who calls.
};
inline constexpr std::uint32_t kKnownMethodFlags =
    kMethodOptional | kMethodWritesBuffer | kMethodQueuedOnly | kMethodNamesCaller;

/// How a method's records travel; the same in the provider's and in the requirer's record, and part
/// of the signature text.
struct MethodShape {
    std::uint8_t argument_words; ///< 0..6.
    std::uint8_t reply_words;    ///< 0..6.
    std::uint8_t buffers;        ///< 0..2: how many BufferRef fields the argument record has.
    std::uint8_t buffer_word[2]; ///< First word of each BufferRef (a BufferRef takes two words).
    std::uint8_t reserved[3];    ///< 0.
};
static_assert(sizeof(MethodShape) == 8);

/// One method that this module serves.
struct ProvideRecord {
    RecordHeader header;
    std::uint64_t hash;     ///< signature_hash() of the signature text.
    ImageAddress name;      ///< String "service.method".
    ImageAddress signature; ///< String, for instance "digest.sha256(data:Buffer)->(bytes:u8[32])".
    ImageAddress direct;    ///< Entry of the direct path, in executable text.
    ImageAddress invoke;    ///< Entry below the gate, in executable text.
    std::uint32_t version_major, version_minor; ///< Of the service.
    std::uint32_t flags;                        ///< MethodFlags.
    MethodShape shape;
    std::uint32_t remote_layout; ///< What remote_stub takes for granted about the runtime of its
                                 ///< clients; 0 without one.
    ImageAddress remote_stub;    ///< The provider's own ring stub in `.remote.text`, or 0.
};
static_assert(sizeof(ProvideRecord) == 80);

/// One method that this module calls, with the slot that the loader fills.
struct RequireRecord {
    RecordHeader header;
    std::uint64_t hash;
    ImageAddress name;
    ImageAddress signature;
    ImageAddress slot; ///< Slot (16 bytes) in relocated read-only data.
    std::uint32_t min_version_major, min_version_minor;
    std::uint32_t flags; ///< MethodFlags.
    MethodShape shape;
    std::uint32_t reserved; ///< 0.
};
static_assert(sizeof(RequireRecord) == 64);

/// One device whose registers and interrupt the module needs.
struct DeviceRecord {
    RecordHeader header;
    ImageAddress compatible; ///< String as in the device tree, for instance "ns16550a".
    ImageAddress grant;      ///< DeviceGrant in writable data, filled before constructors run.
};
static_assert(sizeof(DeviceRecord) == 24);

/// One shared variable that this module publishes.
struct PublishRecord {
    RecordHeader header;
    std::uint64_t layout; ///< signature_hash() of the schema.
    ImageAddress name;    ///< String "scope/name".
    ImageAddress schema; ///< String, for instance "sec:i64,zone:{west:i32,dst:i32}"; its fields are
                         ///< all there is.
    ImageAddress slot;   ///< 8 bytes in relocated read-only data: gets the address of the value.
    std::uint32_t bytes; ///< Of the value; 1..kMaxVariableBytes.
    std::uint32_t form;  ///< 1: a latch, for values of more than 8 bytes; 2: a word, for others;
                         ///< 3 + 256 * N: N lanes of counters, 1..kMaxVariableLanes.
    std::uint32_t lease_ms;
    std::uint32_t flags;    ///< 0.
    std::uint64_t fallback; ///< 0.
};
static_assert(sizeof(PublishRecord) == 64);

/// One shared variable that this module reads.
struct ReadRecord {
    RecordHeader header;
    std::uint64_t layout;
    ImageAddress name;
    ImageAddress schema;
    ImageAddress slot; ///< variables::Link, 16 bytes in relocated read-only data: where it is read,
                       ///< which changes as the variable does, and its entry in the directory.
    std::uint32_t bytes;
    std::uint32_t flags; ///< 0.
};
static_assert(sizeof(ReadRecord) == 48);

/// What the loader tells a module about a device it was granted.
struct DeviceGrant {
    std::uint64_t registers; ///< Address of the register page.
    std::uint64_t register_bytes;
    std::uint64_t interrupt; ///< Index for `interrupt.*` calls; ~0 if the device has none.
    std::uint64_t clock_hz;  ///< Input clock, 0 if unknown.
};

/// FNV-1a, 64 bits, over the signature text.
constexpr std::uint64_t signature_hash(const char* text, std::size_t length) noexcept {
    std::uint64_t hash = 0xcbf2'9ce4'8422'2325;
    for (std::size_t i = 0; i < length; ++i) {
        hash ^= static_cast<unsigned char>(text[i]);
        hash *= 0x0000'0100'0000'01b3;
    }
    return hash;
}

} // namespace cw::abi
