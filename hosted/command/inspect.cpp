// causeway inspect: a module's records.
#include "command.hpp"
#include <cstdio>
#include <cw/loader/image.hpp>
#include <memory>
#include <span>

namespace cw::command {

namespace {

using loader::Image;

constexpr std::uint16_t kX86_64 = 62, kRiscv64 = 243; ///< e_machine of a module file.
constexpr std::size_t kMachineOffset = 18;

const char* placement_of(abi::Placement placement) noexcept {
    constexpr const char* kNames[] = {"kernel", "user-process", "sync-caller", "domain"};
    return kNames[static_cast<std::size_t>(placement) % std::size(kNames)];
}

void show_text(const char* label, std::string_view text) {
    std::printf("  %-10s %.*s\n", label, static_cast<int>(text.size()), text.data());
}

template <class Record>
void show_method(const Image& image,
                 const Record& record,
                 std::uint32_t major,
                 std::uint32_t minor,
                 const std::string& notes) {
    const std::string_view signature = image.text(record.signature);
    std::printf("    %016llx  %u.%u  %.*s%s\n",
                static_cast<unsigned long long>(record.hash),
                major,
                minor,
                static_cast<int>(signature.size()),
                signature.data(),
                notes.c_str());
}

void show_needs(const Image& image) {
    const abi::ModuleRecord& module = image.module();
    std::printf("  %-10s", "needs");
    std::printf(" stack %u,", module.stack_bytes == 0 ? 65536 : module.stack_bytes);
    std::printf(" frames %u,", module.frame_bytes);
    std::printf(" heap up to %llu bytes,", static_cast<unsigned long long>(module.heap_bytes));
    std::printf(" image %llu\n", static_cast<unsigned long long>(image.span_bytes()));
    for (const abi::DeviceRecord& device : image.devices())
        show_text("device", image.text(device.compatible));
}

void show(const Image& image, std::uint16_t machine) {
    const abi::ModuleRecord& module = image.module();
    std::printf("%.*s %u.%u\n",
                static_cast<int>(image.name().size()),
                image.name().data(),
                module.version_major,
                module.version_minor);
    show_text("machine", machine == kX86_64 ? "x86-64" : "riscv64");
    std::printf("  %-10s %u.%u\n", "ABI", module.abi_major, module.abi_minor);
    show_text("placement", placement_of(module.default_placement));
    std::string flags;
    if ((module.flags & abi::kModuleConcurrent) != 0)
        flags += "concurrent ";
    if ((module.flags & abi::kModuleFloatingPoint) != 0)
        flags += "floating-point ";
    show_text("flags", flags.empty() ? "none" : flags);
    show_needs(image);
    std::printf("  %-10s %zu\n", "provides", image.provides().size());
    for (const abi::ProvideRecord& provide : image.provides()) {
        std::string notes;
        if ((provide.flags & abi::kMethodQueuedOnly) != 0)
            notes += "  queued only";
        if (provide.remote_stub != 0)
            notes += "  own stub";
        show_method(image, provide, provide.version_major, provide.version_minor, notes);
    }
    std::printf("  %-10s %zu\n", "requires", image.requires_().size());
    for (const abi::RequireRecord& require : image.requires_())
        show_method(image,
                    require,
                    require.min_version_major,
                    require.min_version_minor,
                    (require.flags & abi::kMethodOptional) != 0 ? "  optional" : "");
}

} // namespace

int inspect(const std::string& path) {
    const auto bytes = read_file(path);
    if (!bytes)
        return complain(bytes.error());
    // Either machine's files can be looked at; what is no module at all is checked as one of ours.
    std::uint16_t machine = kX86_64;
    if (bytes->size() > kMachineOffset &&
        static_cast<unsigned char>((*bytes)[kMachineOffset]) == kRiscv64)
        machine = kRiscv64;
    const auto image = std::make_unique<Image>();
    const auto read =
        image->read(std::as_bytes(std::span{bytes->data(), bytes->size()}), path, machine);
    if (!read) {
        std::fprintf(stderr, "%s\n", std::string{read.error().view()}.c_str());
        return 1;
    }
    show(*image, machine);
    return 0;
}

} // namespace cw::command
