// The console, over the port that this machine has.
#include "port.hpp"
#include <cw/core/service/system.hpp>
#include <cw/modules/console.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/wait.hpp>

namespace {

/// Bytes that came in and that nobody has read.
char input[256];
std::uint32_t input_head, input_tail;

console::Written put(console::Inline text) noexcept {
    const std::size_t size = text.size < text.bytes.size() ? text.size : text.bytes.size();
    port::transmit(text.bytes.data(), size);
    return {size};
}

console::Written write(console::Text text) noexcept {
    port::transmit(reinterpret_cast<const char*>(text.text.address), text.text.size_bytes);
    return {text.text.size_bytes};
}

void drain_receiver() noexcept {
    char c = 0;
    while (port::receive(c)) {
        if (input_tail - input_head <
            sizeof(input)) // else lost, as on any serial line nobody reads
            input[input_tail++ % sizeof(input)] = c;
    }
}

bool reading = false;

cw::Task<console::Keys> read(cw::Nothing) noexcept {
    if (reading)
        co_return cw::refuse(cw::Status::busy);
    reading = true;
    drain_receiver();
    while (input_head == input_tail) {
        const auto came = co_await cw::next_interrupt(port::device.interrupt);
        drain_receiver();
        static_cast<void>(co_await cw::interrupts::acknowledge({port::device.interrupt}));
        drain_receiver(); // QEMU's PLIC does not interrupt again for what came while the source was
                          // masked
        if (!came) {
            reading = false;
            co_return cw::refuse(came.error());
        }
    }
    console::Keys keys{};
    while (input_head != input_tail && keys.size < keys.bytes.size())
        keys.bytes[keys.size++] = input[input_head++ % sizeof(input)];
    reading = false;
    co_return keys;
}

} // namespace

CW_MODULE(console, {.version = {1, 0}});
CW_DEVICE(port::kCompatible, port::device);
CW_REQUIRE(cw::interrupts::acknowledge);
CW_PROVIDE(console::put, put);
CW_PROVIDE(console::write, write);
CW_PROVIDE(console::read, read);

CW_START {
    drain_receiver(); // what was typed during boot; the next line clears it
    port::start();
}
