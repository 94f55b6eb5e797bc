// Tables for people: lsmod, lsmod --edges, lsmod --files, services, domains.
#include "modules.hpp"
#include <algorithm>
#include <cw/nucleus/archive.hpp>
#include <cw/nucleus/host.hpp>

namespace cw::kernel {

namespace {

std::string_view stage_name(ModuleStage stage) noexcept {
    switch (stage) {
    case ModuleStage::starting:
        return "starting";
    case ModuleStage::running:
        return "running";
    case ModuleStage::stopping:
        return "stopping";
    default:
        return "failed";
    }
}

std::string_view where(const ModuleInstance& m) noexcept {
    if (m.nucleus)
        return "nucleus";
    if (m.domain->is_kernel())
        return m.placement == abi::Placement::sync_caller ? "sync-caller" : "kernel";
    return "user-process";
}

template <class T>
void column(TextWriter& text, std::size_t width, const T& value) noexcept {
    const std::size_t start = text.size();
    text.put(value).pad_to(start, width).put(' ');
}

} // namespace

void describe_modules(TextWriter& text) noexcept {
    const Locked hold{kernel_lock};
    column(text, 16, "MODULE");
    column(text, 13, "PLACEMENT");
    column(text, 12, "DOMAIN");
    column(text, 5, "HART");
    column(text, 9, "STATE");
    text.put("SHARES ITS FATE WITH\n");
    for (const ModuleInstance* m = all_modules(); m != nullptr; m = m->next) {
        column(text, 16, m->image->name());
        column(text, 13, where(*m));
        column(text, 12, std::string_view{m->domain->name});
        column(text, 5, hart_index(*m->executor->thread));
        column(text, 9, stage_name(m->stage));
        bool any = false;
        for (const ModuleInstance* other = all_modules(); other != nullptr; other = other->next) {
            if (other != m && other->domain == m->domain && !other->nucleus) {
                text.put(any ? "," : "").put(other->image->name());
                any = true;
            }
        }
        if (m->domain->is_kernel())
            text.put(any ? ", the kernel" : "the kernel");
        else if (!any)
            text.put("-");
        text.put('\n');
    }
}

void describe_edges(TextWriter& text) noexcept {
    const Locked hold{kernel_lock};
    column(text, 16, "CLIENT");
    column(text, 28, "METHOD");
    column(text, 16, "PROVIDER");
    column(text, 9, "LINK");
    text.put("ITS SLOT HOLDS\n");
    for (const ModuleInstance* m = all_modules(); m != nullptr; m = m->next) {
        for (std::size_t i = 0; i < m->image->requires_().size(); ++i) {
            const Link& link = m->links[i];
            column(text, 16, m->image->name());
            column(text, 28, m->image->text(m->image->requires_()[i].name));
            const bool alive = link.provider != nullptr;
            column(text, 16, alive ? link.provider->image->name() : std::string_view{"-"});
            column(text, 9, alive ? loader::name_of(link.path) : std::string_view{"none"});
            describe_slot(*m, i, text);
            text.put('\n');
        }
    }
}

void describe_files(TextWriter& text) noexcept {
    const Locked hold{kernel_lock};
    column(text, 16, "MODULE");
    column(text, 13, "PLACEMENT");
    column(text, 7, "ARCHIVE");
    column(text, 16, "FILE");
    text.put("BYTES\n");
    for (const ModuleInstance* m = all_modules(); m != nullptr; m = m->next) {
        for (std::uint32_t i = 0; i < archive_count(); ++i) {
            // An image is read where it lies, so this tells its entry.
            const ArchiveFile file = archive_file(i);
            if (file.data.data() != m->image->file().data())
                continue;
            column(text, 16, m->image->name());
            column(text, 13, where(*m));
            column(text, 7, i);
            column(text, 16, file.name);
            text.put(file.data.size()).put('\n');
        }
    }
}

void describe_stubs(TextWriter& text) noexcept {
    const Locked hold{kernel_lock};
    column(text, 16, "PROVIDER");
    column(text, 8, "DOMAINS");
    text.put("PAGES OF MEMORY\n");
    for (const ModuleInstance* m = all_modules(); m != nullptr; m = m->next) {
        if (m->remote_text == nullptr)
            continue;
        column(text, 16, m->image->name());
        column(text, 8, m->remote_text->mappings);
        text.put(segment_pages(*m->remote_text)).put('\n');
    }
}

void describe_services(TextWriter& text) noexcept {
    const Locked hold{kernel_lock};
    column(text, 16, "PROVIDER");
    text.put("METHOD\n");
    for (const ModuleInstance* m = all_modules(); m != nullptr; m = m->next) {
        for (const abi::ProvideRecord& provide : m->image->provides()) {
            column(text, 16, m->image->name());
            text.format("{} {}.{}\n",
                        m->image->text(provide.signature),
                        provide.version_major,
                        provide.version_minor);
        }
    }
}

void describe_domains(TextWriter& text) noexcept {
    const Locked hold{kernel_lock};
    column(text, 4, "ID");
    column(text, 16, "NAME");
    text.put("MODULES\n");
    for (std::uint32_t id = 0; id < kMaxDomains; ++id) {
        if (const Domain* domain = domain_by_id(id)) {
            column(text, 4, id);
            column(text, 16, std::string_view{domain->name});
            text.put(domain->module_count).put('\n');
        }
    }
}

} // namespace cw::kernel
