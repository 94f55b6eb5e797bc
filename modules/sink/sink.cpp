#include <cw/modules/sink.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/module.hpp>

CW_MODULE(sink, {.version = {1, 0}});

CW_PROVIDE(sink::take, [](sink::Payload payload) {
    const auto bytes = cw::bytes_of(payload.data);
    return sink::Sum{sink::sum_of(reinterpret_cast<const std::uint64_t*>(bytes.data()),
                                  bytes.size() / sizeof(std::uint64_t))};
});
