#include <cstring>
#include <cw/kernel/fdt.hpp>

namespace cw::kernel {

namespace {

constexpr std::uint32_t kMagic = 0xd00dfeed;
constexpr std::uint32_t kBeginNode = 1, kEndNode = 2, kProperty = 3, kNop = 4, kEnd = 9;
constexpr unsigned kMaxDepth = 8;

std::uint32_t big32(const unsigned char* p) noexcept {
    return std::uint32_t{p[0]} << 24 | std::uint32_t{p[1]} << 16 | std::uint32_t{p[2]} << 8 | p[3];
}
std::uint64_t big64(const unsigned char* p) noexcept {
    return std::uint64_t{big32(p)} << 32 | big32(p + 4);
}

struct Property {
    std::string_view name;
    const unsigned char* data = nullptr;
    std::uint32_t size = 0;

    [[nodiscard]] std::uint32_t u32() const noexcept { return size >= 4 ? big32(data) : 0; }
    [[nodiscard]] std::uint64_t number() const noexcept { return size >= 8 ? big64(data) : u32(); }
    [[nodiscard]] std::string_view text() const noexcept {
        std::string_view all{reinterpret_cast<const char*>(data), size};
        return all.substr(0, all.find('\0'));
    }
    /// True if the list of strings has this one.
    [[nodiscard]] bool lists(std::string_view wanted) const noexcept {
        std::string_view rest{reinterpret_cast<const char*>(data), size};
        while (!rest.empty()) {
            const std::string_view item = rest.substr(0, rest.find('\0'));
            if (item == wanted)
                return true;
            rest.remove_prefix(item.size() < rest.size() ? item.size() + 1 : rest.size());
        }
        return false;
    }
};

/// The properties of one node that matter here.
struct Node {
    std::string_view name;
    Property device_type, compatible, reg, interrupts, clock, isa;
};

void finish_node(const Node& node, Machine& machine) noexcept {
    const std::uint64_t base = node.reg.size >= 16 ? big64(node.reg.data) : 0;
    const std::uint64_t size = node.reg.size >= 16 ? big64(node.reg.data + 8) : 0;
    if (node.device_type.text() == "memory" && size != 0 && machine.ram_end == 0) {
        machine.ram_begin = base;
        machine.ram_end = base + size;
    } else if (node.device_type.text() == "cpu" && machine.hart_count < 16) {
        machine.hart_ids[machine.hart_count++] = static_cast<std::uint32_t>(node.reg.u32());
        if (node.isa.text().find("sstc") != std::string_view::npos)
            machine.has_stimecmp = true;
    } else if (node.compatible.lists("riscv,plic0") || node.compatible.lists("sifive,plic-1.0.0")) {
        machine.plic = base;
    } else if (node.compatible.lists("riscv,aclint-sswi")) {
        machine.sswi = base;
    } else if (node.compatible.lists("sifive,test0")) {
        machine.power_test = base;
    } else if (base != 0 && node.compatible.size != 0 && node.interrupts.size != 0 &&
               machine.device_count < 24) {
        DeviceDescription& device = machine.devices[machine.device_count++];
        const std::string_view name =
            node.compatible.text().substr(0, sizeof(device.compatible) - 1);
        std::memcpy(device.compatible, name.data(), name.size());
        device.registers = base;
        device.register_bytes = size;
        device.interrupt = node.interrupts.u32();
        device.clock_hz = node.clock.u32();
    }
}

} // namespace

bool read_device_tree(const void* blob, Machine& machine) noexcept {
    const auto* bytes = static_cast<const unsigned char*>(blob);
    if (big32(bytes) != kMagic)
        return false;
    const std::uint32_t total = big32(bytes + 4);
    std::uint32_t at = big32(bytes + 8);
    const std::uint32_t strings = big32(bytes + 12);
    Node nodes[kMaxDepth];
    unsigned depth = 0;
    while (at + 4 <= total) {
        const std::uint32_t token = big32(bytes + at);
        at += 4;
        if (token == kBeginNode) {
            const auto* name = reinterpret_cast<const char*>(bytes + at);
            const std::size_t length = strnlen(name, total - at);
            at = static_cast<std::uint32_t>((at + length + 4) & ~std::size_t{3});
            if (depth < kMaxDepth) {
                nodes[depth] = Node{};
                nodes[depth].name = {name, length};
            }
            ++depth;
        } else if (token == kEndNode) {
            if (depth == 0)
                return false;
            --depth;
            if (depth < kMaxDepth)
                finish_node(nodes[depth], machine);
        } else if (token == kProperty) {
            if (at + 8 > total)
                return false;
            Property property;
            property.size = big32(bytes + at);
            const std::uint32_t name_at = strings + big32(bytes + at + 4);
            property.data = bytes + at + 8;
            if (name_at >= total || property.size > total - at - 8)
                return false;
            property.name = {
                reinterpret_cast<const char*>(bytes + name_at),
                strnlen(reinterpret_cast<const char*>(bytes + name_at), total - name_at)};
            at = (at + 8 + property.size + 3) & ~std::uint32_t{3};
            if (depth == 0 || depth > kMaxDepth)
                continue;
            Node& node = nodes[depth - 1];
            if (property.name == "device_type")
                node.device_type = property;
            else if (property.name == "compatible")
                node.compatible = property;
            else if (property.name == "reg")
                node.reg = property;
            else if (property.name == "interrupts")
                node.interrupts = property;
            else if (property.name == "clock-frequency")
                node.clock = property;
            else if (property.name == "riscv,isa")
                node.isa = property;
            else if (property.name == "timebase-frequency")
                machine.ticks_per_second = property.u32();
            else if (property.name == "linux,initrd-start")
                machine.archive_begin = property.number();
            else if (property.name == "linux,initrd-end")
                machine.archive_end = property.number();
            else if (property.name == "rng-seed")
                machine.random_seed = property.number();
            else if (property.name == "bootargs") {
                const std::string_view text =
                    property.text().substr(0, sizeof(machine.arguments) - 1);
                std::memcpy(machine.arguments, text.data(), text.size());
            }
        } else if (token == kEnd) {
            return machine.ram_end != 0 && machine.hart_count != 0;
        } else if (token != kNop) {
            return false;
        }
    }
    return false;
}

} // namespace cw::kernel
