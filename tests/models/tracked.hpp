// A plain variable that relacy watches for races.
#pragma once
#include "relacy_sync.hpp"

namespace cw::model {

template <class T>
class Tracked {
public:
    Tracked() { value_(RL_INFO) = T{}; }
    Tracked& operator=(T value) {
        value_(RL_INFO) = value;
        return *this;
    }
    operator T() { return value_(RL_INFO); }

private:
    rl::var<T> value_;
};

} // namespace cw::model
