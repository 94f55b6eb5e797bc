// LTTng-UST as a flight recorder: the same record as trace.cpp's, into a snapshot session, which
// overwrites what is oldest and writes no file. The session daemon is one of this programme's own.
#include "harness.hpp"

#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "lttng_event.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sched.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kRecords = 5'000;

/// Says to the second run of this programme that the session is there: the library looks for its
/// daemon before main().
constexpr const char* kReady = "CW_BENCH_LTTNG_READY";

[[nodiscard]] bool run(const std::string& command) {
    return std::system(("lttng --no-sessiond " + command + " >/dev/null 2>&1").c_str()) == 0;
}

/// A session daemon with a folder of its own (root's is the system's, and may run already), and a
/// snapshot session in it; both end with this.
class Session {
public:
    Session() {
        char pattern[] = "/tmp/causeway-bench-XXXXXX";
        bench::check(mkdtemp(pattern) != nullptr, "mkdtemp");
        folder_ = pattern;
        setenv("LTTNG_HOME", pattern, 1);
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session() {
        static_cast<void>(run("destroy " + name_));
        if (daemon_ > 0) {
            kill(daemon_, SIGTERM);
            waitpid(daemon_, nullptr, 0);
        }
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    [[nodiscard]] bool start() {
        daemon_ = fork();
        if (daemon_ == 0) {
            cpu_set_t all; // it is not to share the measured processor only
            memset(&all, 0xff, sizeof(all));
            sched_setaffinity(0, sizeof(all), &all);
            execlp("lttng-sessiond", "lttng-sessiond", "--no-kernel", "--quiet", nullptr);
            _exit(127);
        }
        for (int i = 0; i < 50; ++i) {
            if (run("create --snapshot " + name_))
                return run("enable-event -s " + name_ + " --userspace 'causeway_bench:*'") &&
                       run("start " + name_);
            usleep(100'000);
        }
        return false;
    }

private:
    std::string folder_;
    std::string name_ = "causeway-bench-" + std::to_string(getpid());
    pid_t daemon_ = 0;
};

void record() {
    for (int i = 0; i < 50 && !lttng_ust_tracepoint_enabled(causeway_bench, record); ++i)
        usleep(100'000);
    if (!lttng_ust_tracepoint_enabled(causeway_bench, record))
        bench::absent("LTTng did not enable the event");
    bench::measure("lttng.record", kRecords, [] {
        for (std::uint64_t i = 0; i < kRecords; ++i)
            lttng_ust_tracepoint(causeway_bench, record, i, ~i);
    });
}

int record_in_session(char** arguments) {
    Session session;
    if (!session.start()) {
        std::fprintf(stderr, "lttng-sessiond did not start a session\n");
        return 77;
    }
    const pid_t child = fork();
    if (child == 0) {
        setenv(kReady, "1", 1);
        execv("/proc/self/exe", arguments);
        _exit(127);
    }
    int status = 0;
    bench::check(waitpid(child, &status, 0) == child, "waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

constexpr bench::Measurement kMeasurements[] = {
    {"lttng.record", [](const bench::Cpus&) { record(); }}};

} // namespace

int main(int count, char** arguments) {
    if (count == 4 && getenv(kReady) == nullptr)
        return record_in_session(arguments);
    return bench::run(count, arguments, kMeasurements);
}
