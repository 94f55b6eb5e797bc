// SHA-256 as a service: for several clients at once, each with handles of its own.
#include "sessions.hpp"
#include "sha256.hpp"
#include <cw/modules/digest.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/module.hpp>

namespace {

constexpr std::size_t kMaxHandles = 32;
constexpr std::uint64_t kIdleSeconds = 60;

constinit digest::Sessions<digest::Sha256State, kMaxHandles> sessions;

std::uint64_t now() noexcept {
    return cw_module.ops->now();
}

cw::Result<digest::Handle> open(cw::Nothing) noexcept {
    const std::uint64_t idle_ticks = kIdleSeconds * cw_module.ops->ticks_per_second;
    const std::uint64_t handle = CW_TRY(sessions.open(now(), idle_ticks));
    return digest::Handle{handle};
}

cw::Result<cw::Nothing> update(digest::Piece piece) noexcept {
    digest::Sha256State* state = sessions.find(piece.handle, now());
    if (state == nullptr)
        return cw::refuse(cw::Status::not_found);
    state->add(cw::bytes_of(piece.data));
    return cw::Nothing{};
}

cw::Result<digest::Sha256> finish(digest::Handle handle) noexcept {
    digest::Sha256State* state = sessions.find(handle.handle, now());
    if (state == nullptr)
        return cw::refuse(cw::Status::not_found);
    sessions.close(handle.handle);
    return digest::Sha256{state->finish()};
}

} // namespace

CW_MODULE(digest, {.version = {1, 0}});
CW_PROVIDE(digest::open, open);
CW_PROVIDE(digest::update, update);
CW_PROVIDE(digest::finish, finish);
