// The nucleus inside a programme: cw/hosted/nucleus.hpp.
#include "files.hpp"
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <ctime>
#include <cw/core/executor.hpp>
#include <cw/hosted/nucleus.hpp>
#include <cw/nucleus/modules.hpp>
#include <cw/nucleus/nucleus.hpp>
#include <fstream>
#include <iterator>

namespace cw::hosted {

namespace {

using namespace kernel;

constexpr std::size_t kTextBytes = 64 * 1024; ///< The longest text that is handed to people.

Inbox worker_inbox; ///< Of the nucleus' own executor.
loader::Image programme_image;
ModuleInstance* programme; ///< Null: the programme calls nobody.
Inbox* programme_inbox;

std::mutex files_lock;
std::vector<std::span<const std::byte>> known_files; ///< Module files that were sealed.

void begin_worker() noexcept {
    static_cast<void>(spawn(carry_out(worker_inbox)));
}

/// Context: any thread that is none of the nucleus' own.
void hand_over(Inbox& inbox, Job& job) noexcept {
    if (inbox.push(job))
        runtime::push_from_outside(*inbox.sleeper().module->home, inbox.sleeper());
}

/// What a coroutine on the nucleus' executor does for a thread that waits for it.
class Errand : Job {
public:
    Errand() noexcept : Job{&start} {}
    virtual ~Errand() = default;
    Errand(const Errand&) = delete;
    Errand& operator=(const Errand&) = delete;

    std::expected<std::string, Failure> perform() {
        hand_over(worker_inbox, *this);
        std::unique_lock hold{lock_};
        done_.wait(hold, [this] { return ended_; });
        std::string said{text_.text()};
        while (said.ends_with('\n'))
            said.pop_back();
        if (status_ == Status::ok)
            return said;
        return std::unexpected{Failure{status_, said.empty() ? name_of(status_) : said}};
    }

protected:
    virtual Task<Nothing> body(TextWriter& text) noexcept = 0;

private:
    static Task<Nothing> follow(Errand& self) noexcept {
        const auto result = co_await self.body(self.text_);
        self.end(result ? Status::ok : result.error());
        co_return Nothing{};
    }
    static void start(Job& job) noexcept {
        Errand& self = static_cast<Errand&>(job);
        Task<Nothing> task = follow(self);
        if (task.allocated())
            static_cast<void>(spawn(std::move(task)));
        else
            self.end(Status::no_memory);
    }
    void end(Status status) noexcept {
        const std::lock_guard hold{lock_};
        status_ = status;
        ended_ = true;
        done_.notify_one(); // under the lock: this object goes as soon as it is seen
    }

    std::string memory_ = std::string(kTextBytes, '\0');
    TextWriter text_{memory_.data(), memory_.size()};
    std::mutex lock_;
    std::condition_variable done_;
    bool ended_ = false;
    Status status_ = Status::ok;
};

class Loading final : public Errand {
public:
    Loading(std::string_view module, const Placing& placing, std::uint32_t domain) noexcept :
        request_{.name = module,
                 .placement = placing.placement,
                 .domain = domain,
                 .dry_run = placing.dry_run,
                 .hart = placing.hart,
                 .grants = kGrantLoadKernel | kGrantLoadDomain,
                 .passed_grants = placing.grants,
                 .links = placing.links} {}

private:
    Task<Nothing> body(TextWriter& text) noexcept override { return load_module(request_, text); }
    LoadRequest request_;
};

class Unloading final : public Errand {
public:
    explicit Unloading(std::string_view module) noexcept : module_{module} {}

private:
    Task<Nothing> body(TextWriter& text) noexcept override {
        return unload_module(module_, kGrantAll, text);
    }
    std::string_view module_;
};

std::unexpected<Failure> fail(Status status, std::string text) {
    return std::unexpected{Failure{status, std::move(text)}};
}

void pause_briefly() noexcept {
    const timespec time{0, 50'000};
    nanosleep(&time, nullptr);
}

/// The executor of the programme makes its links between two jobs, soon after a load.
void await_links() noexcept {
    for (;; pause_briefly()) {
        const Locked hold{kernel_lock};
        if (programme == nullptr || links_settled(*programme))
            return;
    }
}

/// The record by which the programme describes itself; CW_PROGRAMME makes it.
const abi::ModuleRecord* module_record(std::span<const std::byte> records) noexcept {
    while (records.size() >= sizeof(abi::RecordHeader)) {
        const auto* header = reinterpret_cast<const abi::RecordHeader*>(records.data());
        if (header->kind == abi::RecordKind::module)
            return reinterpret_cast<const abi::ModuleRecord*>(header);
        records = records.subspan(header->size);
    }
    return nullptr;
}

/// Makes the programme a module, and waits until it has started.
Status introduce(const Programme& described) {
    const abi::ModuleRecord* const record = module_record(described.records);
    if (record == nullptr)
        return Status::invalid_argument;
    programme_image.describe(
        described.records, *record, reinterpret_cast<const char*>(record->name));
    programme_inbox = described.inbox;
    const auto made = resident_create(programme_image);
    if (!made)
        return made.error();
    for (;; pause_briefly()) {
        const Locked hold{kernel_lock};
        if ((*made)->stage == ModuleStage::starting)
            continue;
        programme = *made;
        return programme->start_status;
    }
}

/// A module of the kernel that the programme loaded, and that is still running; empty if none is.
std::string next_kernel_module(const std::vector<std::string>& refused) {
    const Locked hold{kernel_lock};
    for (const ModuleInstance* m = all_modules(); m != nullptr; m = m->next) {
        const std::string name{m->image->name()};
        if (!m->nucleus && m != programme && m->domain->is_kernel() &&
            m->stage == ModuleStage::running && std::ranges::find(refused, name) == refused.end())
            return name;
    }
    return {};
}

bool any_process() noexcept {
    const Locked hold{kernel_lock};
    for (const ModuleInstance* m = all_modules(); m != nullptr; m = m->next) {
        if (!m->domain->is_kernel())
            return true;
    }
    return false;
}

void end_processes() noexcept {
    {
        const Locked hold{kernel_lock};
        for (std::uint32_t id = 1; id < kMaxDomains; ++id) {
            if (Domain* domain = domain_by_id(id))
                end_domain(*domain, "the nucleus stops");
        }
    }
    while (any_process())
        pause_briefly();
}

/// The whole file, in a sealed memfd that segments can borrow. Errors: what open() says.
std::expected<std::span<const std::byte>, Failure> read_module(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
    if (!file.is_open() || file.bad())
        return fail(Status::not_found, path + ": " + std::strerror(errno));
    if (bytes.empty())
        return fail(Status::malformed, path + ": is empty, or no file");
    // A plug-in that is loaded again and again from the same file is sealed once.
    const std::lock_guard hold{files_lock};
    for (const std::span<const std::byte> earlier : known_files) {
        if (std::ranges::equal(earlier, std::as_bytes(std::span{bytes.data(), bytes.size()})))
            return earlier;
    }
    const auto sealed =
        make_sealed("causeway-module", std::as_bytes(std::span{bytes.data(), bytes.size()}));
    if (sealed.empty())
        return fail(Status::no_resource, path + ": " + std::strerror(errno));
    return known_files.emplace_back(sealed.first(bytes.size()));
}

} // namespace

std::expected<Placing, Failure> placing_of(std::string_view text) {
    constexpr std::string_view kDomain = "domain=";
    Placing placing;
    if (text == "kernel")
        placing.placement = abi::Placement::kernel;
    else if (text == "sync-caller")
        placing.placement = abi::Placement::sync_caller;
    else if (text.starts_with(kDomain) && text.size() > kDomain.size()) {
        placing.placement = abi::Placement::domain;
        placing.domain = text.substr(kDomain.size());
    } else if (text != "user-process" && !text.empty())
        return fail(Status::invalid_argument,
                    "no placement \"" + std::string{text} +
                        "\": want kernel, user-process, sync-caller or domain=NAME");
    return placing;
}

std::expected<std::unique_ptr<Nucleus>, Failure> Nucleus::start(Options options) {
    static std::atomic<bool> begun{false};
    if (begun.exchange(true))
        return fail(Status::already_exists,
                    "this process has, or had, a nucleus; there is one per process");
    settings().log = std::move(options.log);
    if (Failure failure = grant_directories(options.directories); failure.status != Status::ok)
        return std::unexpected{std::move(failure)};
    if (std::string obstacle = boot(&begin_worker); !obstacle.empty())
        return fail(Status::unsupported, std::move(obstacle));
    std::unique_ptr<Nucleus> nucleus{new Nucleus}; // ends all that is there if the rest fails
    for (const std::string& path : options.modules) {
        if (auto added = nucleus->add_file(path); !added)
            return std::unexpected{std::move(added.error())};
    }
    if (options.programme) {
        if (const Status status = introduce(*options.programme); status != Status::ok)
            return fail(status,
                        std::string{"the programme cannot be a client of modules: "} +
                            name_of(status));
    }
    return nucleus;
}

Nucleus::~Nucleus() {
    end_processes();
    std::vector<std::string> refused; // by others that are next
    for (std::string name; name = next_kernel_module(refused), !name.empty();) {
        if (Unloading{name}.perform())
            refused.clear();
        else
            refused.push_back(std::move(name));
    }
    stop_reaper();
}

std::expected<std::string, Failure> Nucleus::add_file(const std::string& path) {
    const auto file = read_module(path);
    if (!file)
        return std::unexpected{file.error()};
    const auto added = module_file_add(*file, path);
    if (!added)
        return fail(Status::malformed, std::string{added.error().view()});
    return std::string{*added};
}

std::expected<std::string, Failure> Nucleus::load(const std::string& module,
                                                  const Placing& placing) {
    if (const Status status = may_wait(); status == Status::not_permitted)
        return fail(status, module + ": a coroutine of the programme cannot wait for a load");
    std::string name = module;
    if (module.contains('/')) {
        auto added = add_file(module);
        if (!added)
            return std::unexpected{std::move(added.error())};
        name = std::move(*added);
    }
    std::uint32_t domain = 0;
    if (placing.placement == abi::Placement::domain) {
        const Locked hold{kernel_lock};
        const Domain* const wanted = domain_by_name(placing.domain);
        if (wanted == nullptr || wanted->is_kernel())
            return fail(Status::not_found, name + ": there is no process " + placing.domain);
        domain = wanted->id;
    }
    auto loaded = Loading{name, placing, domain}.perform();
    await_links();
    return loaded;
}

std::expected<std::string, Failure> Nucleus::unload(const std::string& module) {
    if (const Status status = may_wait(); status == Status::not_permitted)
        return fail(status, module + ": a coroutine of the programme cannot wait for its end");
    return Unloading{module}.perform();
}

std::string Nucleus::describe(modules::What what) const {
    std::string memory(kTextBytes, '\0');
    TextWriter text{memory.data(), memory.size()};
    switch (what) {
    case modules::What::modules:
        describe_modules(text);
        break;
    case modules::What::edges:
        describe_edges(text);
        break;
    case modules::What::services:
        describe_services(text);
        break;
    case modules::What::domains:
        describe_domains(text);
        break;
    case modules::What::stubs:
        describe_stubs(text);
        break;
    default: // files are those of a boot archive; harts are for the programme to count
        break;
    }
    memory.resize(text.size());
    return memory;
}

Result<Area> Nucleus::area(std::size_t bytes) {
    if (programme == nullptr)
        return refuse(Status::not_ready);
    const Locked hold{kernel_lock};
    const auto made = area_create(kernel_domain(), programme, bytes);
    if (!made)
        return refuse(made.error());
    return Area{{reinterpret_cast<std::byte*>((*made)->base), (*made)->bytes}};
}

void Nucleus::post(Job& job) noexcept {
    hand_over(*programme_inbox, job);
}

Status Nucleus::may_wait() noexcept {
    if (current() != nullptr) // a thread of the nucleus: that of a coroutine
        return Status::not_permitted;
    return programme == nullptr ? Status::not_ready : Status::ok;
}

} // namespace cw::hosted
