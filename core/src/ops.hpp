// The functions behind RuntimeOps. Private to core.
#pragma once
#include <cw/core/module_state.hpp>

namespace cw::runtime::ops {
abi::RawFuture
queue(ModuleState* callee, const abi::Slot* slot, InvokeFn invoke, const std::uint64_t* words);
void gate_left(ModuleState* module);
abi::RawFuture suspended(const abi::Slot* slot, PromiseBase* promise);
void complete(PromiseBase* promise, Status status, const std::uint64_t* words, std::uint32_t count);
void ready(Ready* entry);
void set_deadline(Pending* pending, std::uint64_t ticks);
void cancel(Pending* pending);
void release(Pending* pending);
abi::RawFuture sleep(ModuleState* module, std::uint64_t ticks);
abi::RawFuture wait_interrupt(ModuleState* module, std::uint64_t index);
abi::RawFuture submit_slowly(Edge* edge, const std::uint64_t* words, std::uint32_t count) noexcept;
void note_submitted(ClientEnd* end);
std::uint64_t caller(ModuleState* module, const abi::Slot* slot);
void wake(std::uint32_t doorbell);
void trace(ModuleState* module,
           std::uint64_t name,
           std::uint64_t more_name,
           std::uint64_t a,
           std::uint64_t b);
void count_interrupt_in(ModuleState* module,
                        std::uint64_t index,
                        const Atomic<std::uint32_t>* word);
} // namespace cw::runtime::ops
