#include "handle_lender.hpp"
#include <array>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/module.hpp>
#include <optional>

CW_MODULE(handle_lender, {.version = {1, 0}});
CW_REQUIRE(file::open);
CW_REQUIRE(file::read);
CW_REQUIRE(cw::memory::area);

namespace {

cw::Area area;

std::array<std::optional<cw::Future<file::read_method>>, 16> held;

cw::Task<file::Handle> open(std::string_view path, std::uint64_t flags) noexcept {
    if (area.size() == 0) {
        CW_CO_TRY(made, co_await cw::Area::create(4096));
        area = made;
    }
    path.copy(area.text(), path.size());
    CW_CO_TRY(opened, co_await file::open({area.ref(0, path.size()), flags}));
    co_return file::Handle{opened.handle};
}

cw::Task<file::Handle> show_handle(cw::Nothing) noexcept {
    return open("data/poem.txt", file::kRead);
}

cw::Task<cw::Nothing> hold(cw::Nothing) noexcept {
    CW_CO_TRY(pipe, co_await open("data/pipe", file::kRead | file::kWrite));
    for (auto& read : held)
        read.emplace(file::read({pipe.handle, 0, area.out(0, 1)}));
    co_return cw::Nothing{};
}

cw::Task<cw::Nothing> let_go(cw::Nothing) noexcept {
    for (auto& read : held) {
        read->cancel();
        static_cast<void>(co_await *read);
        read.reset();
    }
    co_return cw::Nothing{};
}

cw::Task<file::Bytes> read_first(file::Handle handle) noexcept {
    CW_CO_TRY(read, co_await file::read({handle.handle, 0, area.out(0, 1)}));
    co_return read;
}

} // namespace

CW_PROVIDE(handle_lender::handle, show_handle);
CW_PROVIDE(handle_lender::first, read_first);
CW_PROVIDE(handle_lender::hold, hold);
CW_PROVIDE(handle_lender::let_go, let_go);
