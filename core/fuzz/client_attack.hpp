// A hostile client of a module, and an innocent one.
#pragma once
#include "expectation.hpp"
#include "hostile.hpp"
#include "input_choices.hpp"
#include "test_modules.hpp"

#include <map>

namespace cw::fuzz {

class ClientAttack {
public:
    ClientAttack(const TestModules& files, InputChoices& choices);

    /// Carries out the programme; ends the process if something does not hold.
    void run();

private:
    void act();
    void write();
    /// A message that may be right, behind what is published.
    void submit();
    void publish();
    void innocent_calls();
    void innocent_takes();
    /// Runs the executor until it sleeps, and checks what it has made of what the client wrote.
    void step();
    /// The kernel ends the channel, after which there is another one.
    void close();
    void open();
    /// How many ends were reported as guilty since the last call.
    std::uint64_t new_faults();
    void finish();

    const TestModules& files_;
    InputChoices& choices_;
    test::WritingClient<InputChoices> writer_{choices_};
    test::World world_;
    test::ExecutorThread& serving_ = world_.executor("serving");
    test::Module& service_ = world_.load(files_.service, serving_);
    test::RawClient& innocent_ = world_.raw_client(service_);
    test::Pages own_{4096};
    test::Channel* hostile_ = nullptr;
    const ServerEnd* end_ = nullptr;
    Served served_{service_};
    std::uint64_t opened_ = 0;
    std::uint32_t next_cookie_ = 1;
    std::map<std::uint32_t, std::uint64_t> awaited_; ///< The innocent's answers, by cookie.
    std::vector<test::Told> told_;                   ///< All that was reported so far.
};

} // namespace cw::fuzz
