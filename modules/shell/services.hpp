// The services that the shell calls; shell.cpp requires them. Those of archive, digest, text and
// echo are optional: the module that provides them is loaded when a command needs it (loading.hpp).
#pragma once
#include <cw/core/service/cells.hpp>
#include <cw/core/service/kmem.hpp>
#include <cw/core/service/kmem_lab.hpp>
#include <cw/core/service/memory.hpp>
#include <cw/core/service/modules.hpp>
#include <cw/core/service/system.hpp>
#include <cw/core/service/trace.hpp>
#include <cw/core/service/variables.hpp>
#include <cw/modules/archive.hpp>
#include <cw/modules/bench.hpp>
#include <cw/modules/console.hpp>
#include <cw/modules/digest.hpp>
#include <cw/modules/echo.hpp>
#include <cw/modules/file.hpp>
#include <cw/modules/text.hpp>
#include <cw/sdk/test_service.hpp>
#include <cw/sdk/use.hpp>

CW_USES(console::put);
CW_USES(console::write);
CW_USES(console::read);
CW_USES(cw::memory::area);
CW_USES(cw::memory::statistics);
CW_USES(cw::modules::load);
CW_USES(cw::modules::unload);
CW_USES(cw::modules::describe);
CW_USES(cw::modules::counters);
CW_USES(cw::modules::lent);
CW_USES(cw::klog::read);
CW_USES(cw::clock::now);
CW_USES(cw::clock::wall);
CW_USES(cw::power::off);
CW_USES(cw::kmem::fail_at);
CW_USES(cw::kmem_lab::open);
CW_USES(cw::kmem_lab::close);
CW_USES(cw::kmem_lab::allocate);
CW_USES(cw::kmem_lab::release);
CW_USES(cw::kmem_lab::counts);
CW_USES(cw::variables::show);
CW_USES(cw::variables::turn);
CW_USES(cw::variables::wait);
CW_USES(cw::cells::open);
CW_USES(cw::cells::close);
CW_USES(cw::cells::holder);
CW_USES(cw::cells::look);
CW_USES(cw::cells::list);
CW_USES(cw::trace::start);
CW_USES(cw::trace::stop);
CW_USES(cw::trace::status);
CW_USES(cw::trace::open);
CW_USES(cw::trace::next);
CW_USES(cw::trace::done);
CW_USES(cw::trace::close);
CW_USES(cw::trace::names);
CW_USES(archive::count);
CW_USES(archive::stat);
CW_USES(archive::name);
CW_USES(archive::find);
CW_USES(archive::read);
CW_USES(digest::open);
CW_USES(digest::update);
CW_USES(digest::finish);
CW_USES(file::open);
CW_USES(file::read);
CW_USES(file::write);
CW_USES(file::sync);
CW_USES(file::stat);
CW_USES(file::list);
CW_USES(file::close);
CW_USES(text::count);
CW_USES(text::find);
CW_USES(bench::run);
CW_USES(cw::test::count);
CW_USES(cw::test::name);
CW_USES(cw::test::run);
CW_USES(cw::test::failure);
CW_USES(echo::ping);
CW_USES(echo::null);
CW_USES(echo::late);
CW_USES(echo::block);
