// Records that the compiler writes: what a module, or the kernel, provides.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/abi/records.hpp>
#include <cw/core/provide.hpp>
#include <cw/core/remote_stub.hpp>
#include <type_traits>

namespace cw {

/// Whether a provider brings ring stubs of its own; CW_MODULE says yes. The kernel's services do
/// not: its code is no client's.
enum class OwnStubs : bool { no, yes };

/// A provide record as the compiler can initialise it: pointers where the file format has image
/// addresses.
template <class Direct, class Stub>
struct ProvideInit {
    abi::RecordHeader header{abi::RecordKind::provide, sizeof(abi::ProvideRecord)};
    std::uint64_t hash;
    const char* name;
    const char* signature;
    Direct direct;
    InvokeFn invoke;
    std::uint32_t version_major, version_minor;
    std::uint32_t flags;
    abi::MethodShape shape;
    std::uint32_t remote_layout;
    Stub remote_stub;
};

template <class M, OwnStubs kOwnStubs>
consteval auto remote_stub_of() {
    using Stub = RemoteStub<std::make_index_sequence<kWords<typename M::Arguments>>>;
    if constexpr (kOwnStubs == OwnStubs::no)
        return std::uint64_t{0};
    else if constexpr (kLargeReply<M>)
        return &Stub::large;
    else
        return &Stub::small;
}

template <class M, auto kHandler, Gated kGated, OwnStubs kOwnStubs>
consteval auto provide_init(std::uint32_t flags) {
    using Code = Provided<M, kHandler, kGated>;
    constexpr auto kStub = remote_stub_of<M, kOwnStubs>();
    using Init = ProvideInit<decltype(Code::direct()), std::remove_const_t<decltype(kStub)>>;
    static_assert(sizeof(Init) == sizeof(abi::ProvideRecord));
    return Init{.hash = Signature<M>::kHash,
                .name = M::kName,
                .signature = Signature<M>::kText.data(),
                .direct = Code::direct(),
                .invoke = &Code::invoke,
                .version_major = M::kVersion.major,
                .version_minor = M::kVersion.minor,
                .flags = flags | flags_of<M>() |
                         (kTakesCaller<M, kHandler> ? abi::kMethodNamesCaller : 0u),
                .shape = shape_of<M>(),
                .remote_layout = kOwnStubs == OwnStubs::yes ? kSubmitLayout : 0,
                .remote_stub = kStub};
}

} // namespace cw

#define CW_JOIN_(a, b) a##b
#define CW_JOIN(a, b) CW_JOIN_(a, b)
#define CW_UNIQUE(stem) CW_JOIN(stem, __COUNTER__)
/// Where records go. A programme that embeds the nucleus has them elsewhere:
/// cw/hosted/programme.hpp.
#define CW_RECORD_SECTION ".cw.records"
#define CW_RECORD                                                                                  \
    [[ gnu::section(CW_RECORD_SECTION), gnu::used CW_RECORD_WITHOUT_ZONES ]] alignas(              \
        8) static constinit const
#define CW_RECORD_WITHOUT_ZONES
#ifdef __clang__
#if __has_feature(address_sanitizer) // which would put its zones between the records
#undef CW_RECORD_WITHOUT_ZONES
#define CW_RECORD_WITHOUT_ZONES , clang::no_sanitize("address")
#endif
#endif

/// Provides `method` by `handler`, a function or captureless lambda: Reply, Result<Reply> or
/// Task<Reply> of Arguments. In the file of CW_MODULE. Optional: MethodFlags.
#define CW_PROVIDE(method, handler, ...)                                                           \
    CW_RECORD auto CW_UNIQUE(kCwProvide) =                                                         \
        ::cw::provide_init<std::remove_cvref_t<decltype(method)>::Declaration,                     \
                           handler,                                                                \
                           kCwGated,                                                               \
                           kCwOwnStubs>(0u __VA_OPT__(|) __VA_ARGS__)
