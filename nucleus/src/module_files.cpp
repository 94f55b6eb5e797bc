// The module files that there are to load from.
#include "modules.hpp"
#include <cw/nucleus/host.hpp>
#include <new>

namespace cw::kernel {

namespace {

Pool<loader::Image> images{"modules.files"};

bool in_use(const loader::Image& image) noexcept {
    for (const ModuleInstance* m = registry().modules; m != nullptr; m = m->next) {
        if (m->image == &image)
            return true;
    }
    return false;
}

/// The place of the file of this module, or behind the last.
loader::Image** place_of(std::string_view module) noexcept {
    ModuleRegistry& all = registry();
    for (std::size_t i = 0; i < all.file_count; ++i) {
        if (all.files[i]->name() == module)
            return &all.files[i];
    }
    return &all.files[all.file_count];
}

} // namespace

std::expected<std::string_view, Message> module_file_add(std::span<const std::byte> file,
                                                         std::string_view file_name) noexcept {
    loader::Image* image = nullptr;
    {
        const Locked hold{kernel_lock};
        image = images.allocate();
    }
    if (image == nullptr)
        return std::unexpected{Message{"{}: no memory for another module file", file_name}};
    new (image) loader::Image{};
    const auto read = image->read(file, file_name, kMachine); // takes its time: not under the lock
    const Locked hold{kernel_lock};
    if (!read) {
        images.release(image);
        return std::unexpected{read.error()};
    }
    ModuleRegistry& all = registry();
    loader::Image** const place = place_of(image->name());
    if (place == &all.files[kMaxFiles]) {
        images.release(image);
        return std::unexpected{
            Message{"{}: there are {} module files already, which is all", file_name, kMaxFiles}};
    }
    if (place == &all.files[all.file_count]) {
        ++all.file_count;
    } else if ((*place)->file().data() == file.data()) { // the same, once more
        images.release(image);
        return (*place)->name();
    } else if (in_use(**place)) {
        const Message loaded{"{}: the module {} is loaded from another file; unload it first",
                             file_name,
                             image->name()};
        images.release(image);
        return std::unexpected{loaded};
    } else if (types_lent(**place)) { // their call frame information is read from the file
        const Message lent{"{}: types of an earlier {} are borrowed; unload their borrowers first",
                           file_name,
                           image->name()};
        images.release(image);
        return std::unexpected{lent};
    } else {
        images.release(*place);
    }
    *place = image;
    return image->name();
}

} // namespace cw::kernel
