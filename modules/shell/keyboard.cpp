#include "keyboard.hpp"
#include "output.hpp"
#include "services.hpp"

namespace shell {

constinit Keyboard keyboard{};

namespace {
constexpr char kInterrupt = '\x03';
} // namespace

/// One call of the console.
cw::Task<> Keyboard::receive() noexcept {
    const auto keys = co_await console::read();
    if (given_up_ != nullptr)
        given_up_->cancel();
    if (!keys)
        co_return cw::refuse(keys.error());
    for (std::size_t i = 0; i < keys->size && i < keys->bytes.size(); ++i) {
        bytes_[added_++ % bytes_.size()] = keys->bytes[i]; // there is room: begin()
    }
    co_return cw::Nothing{};
}

/// Unless what would come in has no room: it waits in the console, then.
void Keyboard::begin() noexcept {
    if (!reading_ && bytes_.size() - (added_ - taken_) >= console::Keys{}.bytes.size())
        reading_.emplace(receive());
}

void Keyboard::gives_up(Change* call) noexcept {
    given_up_ = call;
    if (call != nullptr && reading_ && reading_->done())
        call->cancel();
}

/// Without waiting; the next call of the console is under way then.
cw::Task<> Keyboard::take_what_came() noexcept {
    begin();
    if (reading_ && reading_->done()) {
        const auto received = reading_->take();
        reading_.reset();
        if (!received)
            co_return cw::refuse(received.error());
        begin();
    }
    co_return cw::Nothing{};
}

cw::Task<char> Keyboard::next() noexcept {
    while (!holds_input()) {
        begin();
        const auto received = co_await *reading_;
        reading_.reset();
        if (!received)
            co_return cw::refuse(received.error());
    }
    co_return bytes_[taken_++ % bytes_.size()];
}

cw::Task<bool> Keyboard::interrupted() noexcept {
    CW_CO_CHECK(co_await take_what_came());
    for (std::size_t i = taken_; i != added_; ++i) {
        if (bytes_[i % bytes_.size()] == kInterrupt) {
            taken_ = i + 1;
            co_return true;
        }
    }
    co_return false;
}

cw::Task<std::optional<char>> Keyboard::ended() noexcept {
    CW_CO_CHECK(co_await take_what_came());
    for (std::size_t i = taken_; i != added_; ++i) {
        const char byte = bytes_[i % bytes_.size()];
        if (byte == kInterrupt || byte == '\r' || byte == '\n') {
            taken_ = i + 1;
            co_return byte;
        }
    }
    co_return std::nullopt;
}

cw::Task<bool> wants_to_stop() noexcept {
    const auto stop = co_await keyboard.interrupted();
    if (!stop || !*stop)
        co_return false;
    out.put("^C\n");
    co_return true;
}

cw::Task<cw::variables::Seen> change_of(cw::variables::Watch watch) noexcept {
    for (;;) {
        CW_CO_TRY(end, co_await keyboard.ended());
        if (end) {
            out.put(*end == kInterrupt ? "^C\n" : "");
            co_return cw::refuse(cw::Status::cancelled);
        }
        Change call = cw::variables::wait(watch);
        keyboard.gives_up(&call);
        const auto now = co_await call;
        keyboard.gives_up(nullptr);
        if (now || (now.error() != cw::Status::timed_out && now.error() != cw::Status::cancelled))
            co_return now;
    }
}

} // namespace shell
