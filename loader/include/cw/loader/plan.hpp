// The placement plan: what `modprobe` will do, decided before anything is done.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/abi/records.hpp>
#include <cw/core/text.hpp>
#include <cw/loader/image.hpp>
#include <expected>
#include <span>
#include <string_view>

namespace cw::loader {

/// `remote` is a ring, submitted to by the provider's own stub instead of the generic one: code of
/// the provider that runs with the client's rights.
enum class Path : std::uint8_t { none, direct, syscall, ring, remote };

/// "direct", "syscall", "ring", "remote", or "none" (an optional requirement that nobody provides).
[[nodiscard]] std::string_view name_of(Path path) noexcept;
/// The path of this name; `none` for other names, and for "none", which nobody can ask for.
[[nodiscard]] Path path_of(std::string_view name) noexcept;

/// A domain's number; the kernel is 0. Numbers from kNewDomain on stand for domains the plan
/// creates.
using DomainId = std::uint32_t;
inline constexpr DomainId kKernelDomain = 0;
inline constexpr DomainId kNewDomain = 0x8000'0000;

/// One module the planner may use: loaded already, or a file that could be loaded.
struct Candidate {
    const Image* image = nullptr;
    bool loaded = false;
    bool nucleus = false; ///< The kernel itself: lives in domain 0, entered on the caller's thread.
    abi::Placement placement = abi::Placement::kernel; ///< If loaded.
    DomainId domain = kKernelDomain;                   ///< If loaded.
};

/// "--link METHOD=PATH": asks for a path for every edge to this method or service that the plan
/// makes.
struct LinkChoice {
    std::string_view method; ///< "service.method", or "service" for all of its methods.
    Path path;
};

struct Request {
    std::string_view module; ///< Name of the module to load.
    abi::Placement placement = abi::Placement::kernel;
    DomainId domain = kKernelDomain; ///< With Placement::domain.
    std::span<const LinkChoice> links;
    bool user_floating_point =
        false; ///< This host keeps floating-point registers for user domains.
};

struct Step {
    std::size_t candidate; ///< Index into the candidates.
    abi::Placement placement;
    DomainId domain; ///< Existing, or kNewDomain + n for the n-th new one.
};

struct Edge {
    std::size_t client;   ///< Candidate index.
    std::size_t require;  ///< Index into the client's requires_().
    std::size_t provider; ///< Candidate index; SIZE_MAX with Path::none.
    std::size_t provide;  ///< Index into the provider's provides().
    Path path;
};

inline constexpr std::size_t kMaxSteps = 16;
inline constexpr std::size_t kMaxPlanEdges = 256;

/// Steps in load order (dependencies first; members of a cycle in order of discovery) and every
/// edge they bring, edges of already loaded modules whose optional requirement becomes satisfied
/// not included.
struct Plan {
    Step steps[kMaxSteps];
    std::size_t step_count = 0;
    Edge edges[kMaxPlanEdges];
    std::size_t edge_count = 0;
};

/// Decides where each module goes and how each edge is linked; changes nothing but `plan`, which is
/// meaningless after an error. DESIGN section 3's table gives the default paths.
///
/// A requirement is satisfied by the one candidate that provides a method of its name, signature
/// and a version of the same major and at least the same minor. A module's own method is preferred,
/// then a loaded module, then the module requested, then other files. An optional requirement is
/// treated alike, except that it loads nothing: only modules that are loaded or that this plan
/// loads anyway count. If none of them provides the method, it stays unsatisfied; it is linked when
/// a provider is loaded later.
///
/// Errors, each naming both sides:
///  - the module is unknown, or loaded already (says where);
///  - a requirement nobody provides; provided with another signature (shows both) or in another
///    version; by several modules (names all); with other record sizes in spite of its signature;
///  - a placement the file cannot have (floating point in the kernel, or where the host does not
///    keep it, devices with `sync_caller`),
///    or a domain that does not exist (`domains`);
///  - a link choice that is impossible (`syscall` to a user module: the kernel would wait
///    synchronously on it; `direct` across domains; `remote` where code of a user module would run
///    in the kernel, or where the provider brings no stub that fits; ...), or that matches no edge;
///  - too many modules or edges.
[[nodiscard]] std::expected<void, Message> make_plan(std::span<const Candidate> candidates,
                                                     std::span<const DomainId> domains,
                                                     const Request& request,
                                                     Plan& plan) noexcept;

} // namespace cw::loader
