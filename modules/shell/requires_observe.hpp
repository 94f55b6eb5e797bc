// What cell, kmemtop, sv and trace call: required by each module that has these commands, once, in
// its main source.
#pragma once
#include "services.hpp"
#include <cw/sdk/module.hpp>

CW_REQUIRE(cw::memory::area);
CW_REQUIRE(cw::variables::show);
CW_REQUIRE(cw::variables::turn);
CW_REQUIRE(cw::variables::wait);
CW_REQUIRE(cw::cells::open);
CW_REQUIRE(cw::cells::close);
CW_REQUIRE(cw::cells::holder);
CW_REQUIRE(cw::cells::look);
CW_REQUIRE(cw::cells::list);
CW_REQUIRE(cw::trace::start);
CW_REQUIRE(cw::trace::stop);
CW_REQUIRE(cw::trace::status);
CW_REQUIRE(cw::trace::open);
CW_REQUIRE(cw::trace::next);
CW_REQUIRE(cw::trace::done);
CW_REQUIRE(cw::trace::close);
CW_REQUIRE(cw::trace::names);
