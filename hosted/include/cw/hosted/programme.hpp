// What a programme says to be a client of modules. It is one itself, as far as the nucleus can
// tell: it has a state, slots that are linked and linked anew, an executor, and a name.
//
//     CW_PROGRAMME(host);
//     CW_REQUIRE(filter::scan);                       // the header that the plug-in provides it by
//     CW_PROVIDE(host::setting, ...);                 // services for plug-ins, if it has some
//
// Once, at namespace scope of one file, with all its CW_REQUIREs and CW_PROVIDEs; other files that
// call say CW_USES (cw/sdk/use.hpp). All requirements are optional: what nobody provides yet
// answers not_found, and is linked when a module that provides it is loaded.
#pragma once
#include <condition_variable>
#include <cw/hosted/nucleus.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/wait.hpp>
#include <mutex>

// A name of which every linker makes __start_ and __stop_: the programme needs no linker script.
#undef CW_RECORD_SECTION
#define CW_RECORD_SECTION "cw_records"
extern "C" [[gnu::visibility("hidden")]] const std::byte __start_cw_records[], __stop_cw_records[];

namespace cw::hosted {

struct ProgrammeOptions {
    Version version{};
    std::uint32_t frame_bytes = 1u << 20; ///< Pool for the frames of its coroutines; a single frame
                                          ///< has 8 KiB at most.
};

namespace detail {

inline constinit Inbox inbox;

/// Runs once on the programme's executor.
inline void begin_programme() noexcept {
    static_cast<void>(spawn(carry_out(inbox)));
}

/// The answer of a job, for the thread that waits for it.
template <class Value>
class Answer {
public:
    void give(Value value) {
        const std::lock_guard hold{lock_};
        value_.emplace(std::move(value));
        given_.notify_one(); // under the lock: this object goes as soon as it is seen
    }
    Value wait() {
        std::unique_lock hold{lock_};
        given_.wait(hold, [this] { return value_.has_value(); });
        return std::move(*value_);
    }

private:
    std::mutex lock_;
    std::condition_variable given_;
    std::optional<Value> value_;
};

template <class M>
struct Call : Job {
    typename M::Arguments arguments;
    std::chrono::nanoseconds within;
    Answer<Result<typename M::Reply>> answer;

    Call(const typename M::Arguments& given, std::chrono::nanoseconds limit) :
        Job{&start}, arguments{given}, within{limit} {}

    static Task<> make(Call& self) {
        Future<M> future = Method<M>{}(self.arguments);
        if (self.within != std::chrono::nanoseconds::max()) {
            const auto ns = self.within.count() < 0 ? 0 : self.within.count();
            static_cast<void>(std::move(future).by(ticks_after_ns(static_cast<std::uint64_t>(ns))));
        }
        self.answer.give(co_await future);
        co_return Nothing{};
    }
    static void start(Job& job) noexcept {
        Call& self = static_cast<Call&>(job);
        Task<> task = make(self);
        if (task.allocated())
            static_cast<void>(spawn(std::move(task)));
        else
            self.answer.give(refuse(Status::no_memory));
    }
};

/// A body, and whoever gets what comes of it: Sink has give().
template <class Body, class Sink>
struct Run : Job {
    Body body;
    Sink sink;

    explicit Run(Body given) : Job{&start}, body{std::move(given)} {}

    static Task<> follow(Run& self) {
        auto result = co_await self.body();
        self.sink.give(std::move(result)); // may end this object
        co_return Nothing{};
    }
    static void start(Job& job) noexcept {
        Run& self = static_cast<Run&>(job);
        Task<> task = follow(self);
        if (task.allocated())
            static_cast<void>(spawn(std::move(task)));
        else
            self.sink.give(refuse(Status::no_memory));
    }
};

/// Keeps a Run that nobody waits for until it is done.
template <class Body>
struct Promised {
    std::promise<ResultOf<Body>> promise;
    Run<Body, Promised>* owner = nullptr;

    void give(ResultOf<Body> value) {
        promise.set_value(std::move(value));
        delete owner;
    }
};

} // namespace detail

/// For Options::programme. Requires: CW_PROGRAMME.
[[nodiscard]] inline Programme this_programme() noexcept {
    return {{__start_cw_records, __stop_cw_records}, &detail::inbox};
}

template <class M>
Result<typename M::Reply> Nucleus::call(const Method<M>&,
                                        const typename M::Arguments& arguments,
                                        std::chrono::nanoseconds within) {
    CW_CHECK_OK(may_wait());
    detail::Call<M> job{arguments, within};
    post(job);
    return job.answer.wait();
}

template <class Body>
ResultOf<Body> Nucleus::run(Body body) {
    CW_CHECK_OK(may_wait());
    detail::Run<Body, detail::Answer<ResultOf<Body>>> job{std::move(body)};
    post(job);
    return job.sink.wait();
}

template <class Body>
std::future<ResultOf<Body>> Nucleus::begin(Body body) {
    auto* job = new detail::Run<Body, detail::Promised<Body>>{std::move(body)};
    job->sink.owner = job;
    auto future = job->sink.promise.get_future();
    if (const Status status = may_wait(); status != Status::ok)
        job->sink.give(refuse(status));
    else
        post(*job);
    return future;
}

} // namespace cw::hosted

/// `name`: as lsmod shows the programme. The options are designated initialisers of
/// ProgrammeOptions.
#define CW_PROGRAMME(name_, ...)                                                                   \
    extern "C" {                                                                                   \
    [[gnu::visibility("hidden")]] constinit ::cw::ModuleState cw_module{};                         \
    }                                                                                              \
    static constexpr ::cw::hosted::ProgrammeOptions kCwProgrammeOptions __VA_ARGS__;               \
    [[maybe_unused]] static constexpr ::cw::Gated kCwGated = ::cw::Gated::yes;                     \
    [[maybe_unused]] static constexpr auto kCwOwnStubs = ::cw::OwnStubs::no;                       \
    CW_RECORD ::cw::sdk::ModuleInit kCwModuleRecord = ::cw::sdk::module_init(                      \
        #name_,                                                                                    \
        &::cw::hosted::detail::begin_programme,                                                    \
        {.version = kCwProgrammeOptions.version, .frame_bytes = kCwProgrammeOptions.frame_bytes})
