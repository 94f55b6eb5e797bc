// A module built as a shared object of this machine: its records as the loader would find them.
#pragma once
#include <string>
#include <vector>

#include <cw/abi/records.hpp>
#include <cw/core/module_state.hpp>

namespace cw::test {

class ModuleFile {
public:
    /// `name`: a test module's CMake target. Each file can be loaded once at a time: it has one
    /// instance of its data.
    explicit ModuleFile(const std::string& name);
    ~ModuleFile();
    ModuleFile(const ModuleFile&) = delete;
    ModuleFile& operator=(const ModuleFile&) = delete;

    [[nodiscard]] const abi::ModuleRecord& record() const { return *record_; }
    [[nodiscard]] ModuleState& state() const {
        return *reinterpret_cast<ModuleState*>(record_->state);
    }
    [[nodiscard]] const std::vector<const abi::ProvideRecord*>& provides() const {
        return provides_;
    }
    [[nodiscard]] const std::vector<const abi::RequireRecord*>& needs() const { return needs_; }
    /// An exported symbol.
    template <class T>
    [[nodiscard]] T* symbol(const char* name) const {
        return reinterpret_cast<T*>(find(name));
    }

private:
    [[nodiscard]] void* find(const char* name) const;

    void* handle_;
    const abi::ModuleRecord* record_ = nullptr;
    std::vector<const abi::ProvideRecord*> provides_;
    std::vector<const abi::RequireRecord*> needs_;
};

} // namespace cw::test
