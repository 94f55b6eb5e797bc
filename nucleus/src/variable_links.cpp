// Links: where each module that reads a variable by its name reads it. They are turned when the
// variable can be read and when it no longer can, so that readers need not ask.
#include "directory.hpp"
#include "modules.hpp"
#include <cstddef>
#include <cw/core/variables/read.hpp>

namespace cw::kernel::directory {

using variables::Header;
using variables::Link;
using variables::State;

namespace {

Pool<Reader> pool{"variables.links"};

/// What a link holds while there is no value for it.
std::uint64_t nothing_for(const abi::ReadRecord& record) noexcept {
    return record.bytes > sizeof(std::uint64_t) ? base() + offsetof(Header, nothing) : 0;
}

void turn(const Reader& reader, const Entry& entry) noexcept {
    const bool readable = variables::state_of(entry.version.load()) == State::live &&
                          entry.layout.load(Order::relaxed) == reader.record->layout;
    static_cast<Link*>(image_view(*reader.module, reader.record->slot))
        ->place.set(readable ? entry.address.load(Order::relaxed) : nothing_for(*reader.record));
}

} // namespace

Status
link(std::uint32_t index, const ModuleInstance& module, const abi::ReadRecord& record) noexcept {
    Reader* reader = pool.allocate();
    if (reader == nullptr)
        return Status::no_memory;
    const Entry& entry = entry_of(index);
    Private& own = private_of(index);
    *reader = {&module, &record, own.links};
    own.links = reader;
    static_cast<Link*>(image_view(module, record.slot))->entry =
        reinterpret_cast<const Entry*>(base() + entry.place);
    turn(*reader, entry);
    return Status::ok;
}

void unlink(const ModuleInstance& module) noexcept {
    for (const abi::ReadRecord& record : module.image->reads()) {
        const std::uint32_t offset = find(module.image->text(record.name));
        if (offset == 0)
            continue; // it was not built as far as that
        for (Reader** at = &private_of(entry_at(offset).index).links; *at != nullptr;) {
            Reader* reader = *at;
            if (reader->module != &module) {
                at = &reader->next;
                continue;
            }
            *at = reader->next;
            pool.release(reader);
        }
    }
}

void turn_links(std::uint32_t index) noexcept {
    for (const Reader* reader = private_of(index).links; reader != nullptr; reader = reader->next)
        turn(*reader, entry_of(index));
}

} // namespace cw::kernel::directory
