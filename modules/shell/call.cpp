// `call`: methods of the module echo, to look at calls by hand.
#include "commands.hpp"
#include "load_options.hpp"
#include "loading.hpp"
#include "output.hpp"
#include "services.hpp"

namespace shell {

cw::Task<int> call(Arguments words) noexcept {
    const std::string_view method = words[0];
    std::uint64_t number = 0;
    if (words.size() > 1 && !parse_number(words[1], ~std::uint64_t{0}, number)) {
        out.format("call: {}: want a number\n", words[1]);
        co_return kFailed;
    }
    if (method != "echo.ping" && method != "echo.late" && method != "echo.null" &&
        method != "echo.block") {
        out.format("call: {}: cannot be called by hand; echo.block, echo.late, echo.null and "
                   "echo.ping can\n",
                   method);
        co_return kFailed;
    }
    CW_CO_TRY(ready, co_await ensure_method(method));
    if (!ready)
        co_return kFailed;
    if (method == "echo.null") {
        CW_CO_CHECK(co_await echo::null());
        out.put("echo.null answered\n");
    } else if (method == "echo.ping") {
        CW_CO_TRY(reply, co_await echo::ping({number}));
        out.format("{}\n", reply.value);
    } else if (method == "echo.late") {
        CW_CO_TRY(reply, co_await echo::late({number}));
        out.format("{}\n", reply.value);
    } else {
        CW_CO_TRY(reply, co_await echo::block({{number, number, number, number, number, number}}));
        for (const std::uint64_t word : reply.words)
            out.format("{} ", word);
        out.put("\n");
    }
    co_return kDone;
}

} // namespace shell
