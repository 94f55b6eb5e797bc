// A shared library of this machine with its own call frame information, in this process.
#pragma once
#include <cw/loader/unwind.hpp>
#include <string>
#include <vector>

#include "single_step.hpp"

namespace cw::loader::test {

struct CodeRange {
    std::uint64_t begin;
    std::uint64_t end;
};

class SteppedLibrary {
public:
    /// Its functions are loaded; good() is false if it cannot be read as it should.
    explicit SteppedLibrary(const std::string& path);
    ~SteppedLibrary();
    SteppedLibrary(const SteppedLibrary&) = delete;
    SteppedLibrary& operator=(const SteppedLibrary&) = delete;

    [[nodiscard]] bool good() const { return run_ != nullptr && !functions_.empty(); }
    [[nodiscard]] SteppedFunction run() const { return run_; }
    [[nodiscard]] const FrameTable& frames() const { return frames_; }
    /// What its call frame information has an entry for.
    [[nodiscard]] const std::vector<CodeRange>& functions() const { return functions_; }
    /// From the first to the last of them.
    [[nodiscard]] const CodeRange& code() const { return code_; }
    /// Whether one of its functions lies there.
    [[nodiscard]] bool has(std::uint64_t pc) const;

private:
    void find_frames();
    void find_functions();

    void* library_ = nullptr;
    SteppedFunction run_ = nullptr;
    FrameTable frames_;
    std::vector<CodeRange> functions_;
    CodeRange code_{};
};

} // namespace cw::loader::test
