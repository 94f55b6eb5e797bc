// A hostile server of one module, an innocent one of another; both modules run on one executor.
#pragma once
#include "hostile.hpp"
#include "input_choices.hpp"
#include "modules/errand.hpp"
#include "test_modules.hpp"

#include <map>
#include <set>

namespace cw::fuzz {

class ServerAttack {
public:
    ServerAttack(const TestModules& files, InputChoices& choices);

    /// Carries out the programme; ends the process if something does not hold.
    void run();

private:
    void act();
    /// Sends the module with the hostile server on an errand of any kind.
    void send();
    void send_innocent();
    void take();
    void serve_honestly();
    /// Right answers, or some that are nearly right.
    void answer();
    void forge();
    void publish();
    /// Runs the executor until it sleeps, and checks what it has made of what the server wrote.
    void step();
    /// A completion that the executor took without closing the end.
    void require_right(std::uint64_t head);
    /// True if no honest server would write this now.
    [[nodiscard]] bool is_wrong(std::uint64_t head) const;
    void look_at_submissions();
    void close();
    void open();
    void finish();
    std::uint64_t new_faults();
    [[nodiscard]] std::uint32_t tail() const {
        return hostile_->channel.server_page().producer.tail.load(Order::relaxed);
    }

    const TestModules& files_;
    InputChoices& choices_;
    test::WritingServer<InputChoices> writer_{choices_};
    test::World world_;
    test::ExecutorThread& calling_ = world_.executor("calling");
    test::ExecutorThread& serving_ = world_.executor("serving");
    test::Module& caller_ = world_.load(files_.caller, calling_);
    test::Module& other_ = world_.load(files_.other, calling_);
    test::Module& service_ = world_.load(files_.service, serving_); ///< What both servers play.
    test::RawClient& client_ = world_.raw_client(caller_);
    test::RawClient& client_of_other_ = world_.raw_client(other_);
    test::RawServer& honest_ = world_.raw_server(other_, service_);
    test::RawServer* hostile_ = nullptr;
    const ClientEnd* end_ = nullptr;
    std::vector<test::RawServer*> opened_;
    std::vector<test::Told> told_; ///< All that was reported so far.
    std::uint32_t next_cookie_ = 1;
    std::set<std::uint32_t> sent_;                   ///< Errands of the caller that are under way.
    std::map<std::uint32_t, std::uint64_t> awaited_; ///< Of the other: how many answers are right.
    std::set<std::uint32_t> in_flight_;       ///< Cookies that the hostile server may answer.
    std::uint32_t looked_ = abi::kFirstIndex; ///< Submissions that were looked at.
    bool overrun_ = false; ///< There were too many to look at: nothing is known of the cookies.
};

} // namespace cw::fuzz
