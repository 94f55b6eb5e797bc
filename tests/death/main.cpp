// Death everywhere: a domain is killed, or stopped for a while, at each instruction of one cycle of
// its executor: waking up, receiving requests, sending some, receiving replies, replying, going to
// sleep. Everybody else completes every call exactly once.
#include "drill.hpp"
#include <CLI/CLI.hpp>

int main(int count, char** arguments) {
    using namespace death;
    Options options;
    std::string victim = "client", way = "kill";
    CLI::App app{"Kills or stops a domain at each instruction of its executor's cycle"};
    app.add_option("MODULES", options.modules, "Folder of the test's modules")->required();
    app.add_option("VDSO", options.vdso, "The vDSO with symbols")->required();
    app.add_option("--victim", victim, "Whom")->check(CLI::IsMember({"client", "provider"}));
    app.add_option("--way", way, "What happens to it")->check(CLI::IsMember({"kill", "stop"}));
    app.add_option("--each", options.each, "So many times at each instruction");
    app.add_option("--stride", options.stride, "Of all these times every n-th only")
        ->check(CLI::PositiveNumber);
    app.add_option("--seed", options.seed, "Which of them is the first");
    app.add_option("--only", options.only, "Only instructions of this operation");
    app.add_option("--patience", options.patience_seconds, "Seconds until it is a hang");
    CLI11_PARSE(app, count, arguments);
    options.victim = victim == "client" ? Role::client : Role::provider;
    options.stop = way == "stop";
    Drill{options}.run();
    return 0;
}
