// Has an allocation of the nucleus fail.
#include "commands.hpp"
#include "load_options.hpp"
#include "output.hpp"
#include "services.hpp"

namespace shell {

cw::Task<int> kmem_fail(Arguments words) noexcept {
    std::uint64_t attempt = 0;
    cw::kmem::Failure failure{};
    if (words[0].size() > failure.site.size() ||
        !parse_number(words[1], ~std::uint64_t{0}, attempt)) {
        out.put("kmem-fail: want a site of `kmemtop` and a number\n");
        co_return kFailed;
    }
    words[0].copy(failure.site.data(), words[0].size());
    failure.attempt = attempt;
    const auto set = co_await cw::kmem::fail_at(failure);
    if (!set)
        out.format("kmem-fail: {}: {}\n",
                   words[0],
                   set.error() == cw::Status::not_found
                       ? std::string_view{"there is no such site; `kmemtop` lists them"}
                       : std::string_view{cw::name_of(set.error())});
    co_return set ? kDone : kFailed;
}

} // namespace shell
