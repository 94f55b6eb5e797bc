// Driver of the 16550 UART (National Semiconductor PC16550D data sheet).
#include <cw/core/service/system.hpp>
#include <cw/modules/console.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/wait.hpp>

namespace {

cw::abi::DeviceGrant uart{};

// Registers, byte wide.
constexpr unsigned kData = 0; // receiver buffer / transmitter holding
constexpr unsigned kInterruptEnable = 1;
constexpr unsigned kFifoControl = 2;
constexpr unsigned kLineStatus = 5;
constexpr std::uint8_t kDataReady = 1 << 0;
constexpr std::uint8_t kTransmitterEmpty = 1 << 5;
constexpr unsigned kFifoBytes = 16;

volatile std::uint8_t& reg(unsigned index) noexcept {
    return reinterpret_cast<volatile std::uint8_t*>(uart.registers)[index];
}

/// Bytes that came in and that nobody has read.
char input[256];
std::uint32_t input_head, input_tail;

/// Writes bytes as the transmitter takes them: when its holding register is empty, the FIFO behind
/// it has room for 16.
void transmit(const char* bytes, std::size_t size) noexcept {
    volatile std::uint8_t& status = reg(kLineStatus);
    volatile std::uint8_t& data = reg(kData);
    const char* const end = bytes + size;
    while (bytes != end) {
        while ((status & kTransmitterEmpty) == 0) {
        }
        const char* const burst =
            static_cast<std::size_t>(end - bytes) < kFifoBytes ? end : bytes + kFifoBytes;
        while (bytes != burst)
            data = static_cast<std::uint8_t>(*bytes++);
    }
}

console::Written put(console::Inline text) noexcept {
    const std::size_t size = text.size < text.bytes.size() ? text.size : text.bytes.size();
    transmit(text.bytes.data(), size);
    return {size};
}

console::Written write(console::Text text) noexcept {
    transmit(reinterpret_cast<const char*>(text.text.address), text.text.size_bytes);
    return {text.text.size_bytes};
}

void drain_receiver() noexcept {
    while ((reg(kLineStatus) & kDataReady) != 0) {
        const char c = static_cast<char>(reg(kData));
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
        const auto came = co_await cw::next_interrupt(uart.interrupt);
        drain_receiver();
        static_cast<void>(co_await cw::interrupts::acknowledge({uart.interrupt}));
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
CW_DEVICE("ns16550a", uart);
CW_REQUIRE(cw::interrupts::acknowledge);
CW_PROVIDE(console::put, put);
CW_PROVIDE(console::write, write);
CW_PROVIDE(console::read, read);

CW_START {
    drain_receiver();             // what was typed during boot; the next line clears it
    reg(kFifoControl) = 0x07;     // FIFOs on and empty
    reg(kInterruptEnable) = 0x01; // interrupt when data has come
}
