// The files of the test modules, opened once for all inputs. Each input gets a world of its own.
#pragma once
#include "module_file.hpp"

namespace cw::fuzz {

struct TestModules {
    test::ModuleFile service{"service_a"};
    test::ModuleFile caller{"caller_a"};
    test::ModuleFile other{"caller_b"};
};

} // namespace cw::fuzz
