// Finds double fetches: loads of what a peer can write that another load has read before, in the
// life of one message. For x86-64 Linux.
//
// The pages that the peer writes are taken away. A load faults; the handler notes its address and
// its size, gives the pages back for this one instruction (by the trap flag), and takes them away
// again. So it sees what the compiler made of the source, the libraries' code too, and no load
// passes unseen.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace cw::test {

/// What one peer can write, field by field, and what was loaded of it. A load of a byte that no
/// field names is a finding: so the fields that may be loaded again are those that a test lists.
/// Context: one thread; one object at a time records.
class Fetches {
public:
    /// Watches all pages from `begin` on that hold the next `bytes`.
    /// Requires: nothing that the test itself reads or writes while it records lies in them, what
    /// is on its stack included. A system call that is given an address in them fails.
    void watch(const void* begin, std::size_t bytes);

    /// Content of messages: each byte is loaded once at most, until it is renewed().
    void once(std::string name, const void* begin, std::size_t bytes);
    /// A word that is looked at for news: each value that was loaded is checked, or compared, and
    /// used by itself, and nobody relies on its being the one that was seen before. `why` says how.
    void again(std::string name, const void* begin, std::size_t bytes, std::string why);

    /// From here on another message lies there.
    void renewed(const void* begin, std::size_t bytes);
    /// From here on `copy` holds the same message as `original`, until the next call: who has
    /// loaded a byte of the one may not load it of the other.
    void same(const void* copy, const void* original, std::size_t bytes);

    /// From now on `change` is called behind each load of a field of again(): with the field, to
    /// write there what it likes. It may not allocate.
    void behind_each_look(std::function<void(std::uint64_t field, std::size_t bytes)> change) {
        change_ = std::move(change);
    }
    /// From now on what was loaded of a field of once() is another value at once: the complement.
    /// Who loads again gets that. Not for code that copies by memcpy(), which may load a byte twice
    /// on its way.
    void spoil_what_was_loaded() { spoils_ = true; }

    /// Runs `function` and notes what it loads. A message may live through several of them.
    template <class Function>
    void during(Function&& function) {
        start();
        function();
        stop();
    }

    /// Each double fetch, each load of what has no name, each instruction that is not known.
    [[nodiscard]] std::vector<std::string> findings() const;
    /// Forgets what was loaded.
    void forget();
    /// Bytes of this field that were loaded, each as often as it was.
    [[nodiscard]] std::size_t loaded(const std::string& name) const;

    /// What happened, in order.
    struct Event {
        enum class Kind : std::uint8_t { load, renewed, same } kind;
        std::uint64_t address;
        std::uint32_t bytes;  ///< Of a load, 0: not known.
        std::uint64_t code;   ///< Of a load; the original, if it is the same.
        std::uint64_t stack;  ///< Top of it at a load, and
        std::uint64_t caller; ///< what lies there: in a function that pushes nothing, its caller.
    };

private:
    struct Field {
        std::string name;
        std::uint64_t begin, end;
        bool once;
        std::string why;
    };
    struct Range {
        std::uint64_t begin, end;
    };

    void start();
    void stop();
    void protect(bool away) const;
    [[nodiscard]] const Field* field_at(std::uint64_t address) const;
    [[nodiscard]] std::string describe(const Event& load) const;
    [[nodiscard]] bool watched(std::uint64_t address) const;
    void add(const Event& event);
    void stepped();

    friend struct FetchSignals;

    std::vector<Field> fields_;
    std::vector<Range> pages_;
    std::vector<Event> events_;
    std::size_t count_ = 0; ///< Of events_, which has its size before anything is recorded.
    bool spoils_ = false;
    std::function<void(std::uint64_t, std::size_t)> change_;
};

} // namespace cw::test
