#include "keyboard.hpp"
#include "output.hpp"
#include "services.hpp"

namespace shell {

constinit Keyboard keyboard{};

namespace {
constexpr char kInterrupt = '\x03';
} // namespace

void Keyboard::begin() noexcept {
    if (!reading_)
        reading_.emplace(console::read());
}

/// Takes the answer of the call that begin() made.
cw::Task<> Keyboard::receive() noexcept {
    const auto keys = co_await *reading_;
    reading_.reset();
    if (!keys)
        co_return cw::refuse(keys.error());
    for (std::size_t i = 0; i < keys->size && i < keys->bytes.size(); ++i) {
        if (added_ - taken_ < bytes_.size()) // else nobody has read for long: it is lost
            bytes_[added_++ % bytes_.size()] = keys->bytes[i];
    }
    co_return cw::Nothing{};
}

cw::Task<char> Keyboard::next() noexcept {
    while (!holds_input()) {
        begin();
        CW_CO_CHECK(co_await receive());
    }
    co_return bytes_[taken_++ % bytes_.size()];
}

cw::Task<bool> Keyboard::interrupted() noexcept {
    begin();
    if (reading_->ready())
        CW_CO_CHECK(co_await receive());
    for (std::size_t i = taken_; i != added_; ++i) {
        if (bytes_[i % bytes_.size()] == kInterrupt) {
            taken_ = i + 1;
            co_return true;
        }
    }
    co_return false;
}

cw::Task<bool> wants_to_stop() noexcept {
    const auto stop = co_await keyboard.interrupted();
    if (!stop || !*stop)
        co_return false;
    out.put("^C\n");
    co_return true;
}

} // namespace shell
