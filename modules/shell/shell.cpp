#include <cw/core/service/modules.hpp>
#include <cw/core/service/system.hpp>
#include <cw/core/text.hpp>
#include <cw/modules/console.hpp>
#include <cw/modules/echo.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/module.hpp>

CW_MODULE(shell, {.version = {1, 0}});
CW_REQUIRE(console::put);
CW_REQUIRE(console::write);
CW_REQUIRE(console::read);
CW_REQUIRE(echo::ping);
CW_REQUIRE(echo::block);
CW_REQUIRE(cw::memory::area);
CW_REQUIRE(cw::power::off);
CW_REQUIRE(cw::modules::describe);

static cw::Task<> say(std::string_view text) noexcept {
    while (!text.empty()) {
        console::Inline line{};
        line.size = text.size() < line.bytes.size() ? text.size() : line.bytes.size();
        __builtin_memcpy(line.bytes.data(), text.data(), line.size);
        CW_CO_TRY(done, co_await console::put(line));
        text.remove_prefix(done.bytes);
    }
    co_return cw::Nothing{};
}

static cw::Task<> run() noexcept {
    static_cast<void>(co_await say("hello from the shell, a process\r\n"));
    auto r = co_await echo::ping({41});
    cw::Text<100> t;
    t.format("echo says {} {}\r\n", r ? r->value : 0, cw::name_of(r ? cw::Status::ok : r.error()));
    static_cast<void>(co_await say(t.view()));
    echo::Block b{{1, 2, 3, 4, 5, 6}};
    auto rb = co_await echo::block(b);
    if (rb) {
        cw::Text<100> t2;
        t2.format("block {} {} {} {} {} {}\r\n",
                  rb->words[0],
                  rb->words[1],
                  rb->words[2],
                  rb->words[3],
                  rb->words[4],
                  rb->words[5]);
        static_cast<void>(co_await say(t2.view()));
    }
    auto area = co_await cw::Area::create(65536);
    if (area) {
        for (auto what : {cw::modules::What::modules,
                          cw::modules::What::edges,
                          cw::modules::What::services,
                          cw::modules::What::domains}) {
            auto d = co_await cw::modules::describe({what, area->out()});
            if (d) {
                static_cast<void>(co_await console::write({area->ref(0, d->bytes)}));
            } else
                static_cast<void>(co_await say(cw::name_of(d.error())));
        }
    } else
        static_cast<void>(co_await say("no area\r\n"));
    static_cast<void>(co_await cw::power::off({0}));
    co_return cw::Nothing{};
}

CW_START {
    static_cast<void>(cw::spawn(run()));
}
