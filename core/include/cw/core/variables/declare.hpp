// Declaring a shared variable, once for both sides; what its publisher has, and what its readers
// have.
//
//     namespace weather {                                  // in a header
//     struct Report { std::int32_t temperature; std::uint32_t pressure; };
//     CW_VARIABLE(weather, report, Report);                // "weather/report"
//     }
//     CW_PUBLISH(weather::report);                         // in the module that has it:
//     weather::report.publish({21, 1013}) CW_READ(weather::report);                            //
//     in one that reads it: weather::report.read()
#pragma once
#include <cstdint>
#include <cw/abi/records.hpp>
#include <cw/core/module_state.hpp>
#include <cw/core/task.hpp>
#include <cw/core/variables/publish.hpp>
#include <cw/core/variables/read.hpp>

namespace cw {

/// The directory of this system. Context: module code in any placement, from its first instruction
/// on.
[[nodiscard]] inline variables::Directory shared_variables() noexcept {
    return variables::Directory{reinterpret_cast<const void*>(cw_module.ops->variables)};
}

/// Words that the loader fills when the module is loaded: CW_READ and CW_PUBLISH define them.
template <class V>
struct LinkOf {
    [[gnu::section(".cw.slots"), gnu::visibility("hidden")]] static variables::Link value;
};
template <class V>
struct ValueOf {
    [[gnu::section(".cw.slots"), gnu::visibility("hidden")]] static std::uint64_t address;
    [[gnu::visibility("hidden")]] static variables::Publisher<typename V::Value> publisher;
};

/// How many lanes a variable has that this module counts.
template <class V>
inline constexpr std::uint32_t kLanesOf = 0;

/// A variable as it is declared. `V` names it and its type.
template <class V>
struct Variable {
    using Declaration = V;
    using Value = typename V::Value;

    /// The value that was published last; variables::read() says which errors there are. Requires:
    /// CW_READ in this module.
    [[nodiscard, gnu::always_inline]] Result<Value> read() const noexcept {
        Value value;
        if (const Status status = read(value); status != Status::ok) [[unlikely]]
            return refuse(status);
        return value;
    }
    /// The same, into memory of the caller, which holds nothing of use after an error.
    [[nodiscard, gnu::always_inline]] Status read(Value& value) const noexcept {
        return variables::read(link(), value);
    }
    /// What the directory says of it. Requires: CW_READ in this module.
    [[nodiscard]] const variables::Entry& entry() const noexcept { return *link().entry; }
    /// Requires: CW_READ in this module.
    [[nodiscard]] const variables::Link& link() const noexcept { return LinkOf<V>::value; }

    /// Publishes a value. Context: as for LatchWriter::publish(). Requires: CW_PUBLISH in this
    /// module.
    void publish(const Value& value) const noexcept {
        ValueOf<V>::publisher.publish(ValueOf<V>::address, value);
    }
    /// The value that this module has published last, as an ordinary one of its own. Requires:
    /// CW_PUBLISH in this module.
    [[nodiscard]] const Value& value() const noexcept { return ValueOf<V>::publisher.value(); }
    /// Counts. Context: any, in any number at once; never waits. Those on one hart or thread mostly
    /// have a lane, so a cache line, that no other one uses. Requires: CW_COUNT in this module.
    /// Ordering: none; nothing is concluded from a count.
    template <class Record>
    [[gnu::always_inline]] void add(std::uint64_t Record::* which,
                                    std::uint64_t count = 1) const noexcept {
        // A thread is where its stack is.
        const auto stack = reinterpret_cast<std::uint64_t>(__builtin_frame_address(0));
        counter((stack >> 12 ^ stack >> 16 ^ stack >> 20) % kLanesOf<V>, which)
            .fetch_add(count, Order::relaxed);
    }
    /// The same in a lane that nobody else counts in meanwhile: a load and a store. Requires: lane
    /// < its number.
    template <class Record>
    [[gnu::always_inline]] void add_in(std::uint32_t lane,
                                       std::uint64_t Record::* which,
                                       std::uint64_t count = 1) const noexcept {
        auto& word = counter(lane, which);
        word.store(word.load(Order::relaxed) + count, Order::relaxed);
    }
    /// Changes it by `change(Value&)` and publishes it.
    template <class F>
    void update(F&& change) const noexcept {
        Value next = value();
        change(next);
        publish(next);
    }

private:
    template <class Record>
    [[nodiscard, gnu::always_inline]] static Atomic<std::uint64_t>&
    counter(std::uint64_t lane, std::uint64_t Record::* which) noexcept {
        static_assert(std::is_same_v<Record, Value>);
        static_assert(kLanesOf<V> != 0, "only what CW_COUNT has declared is counted");
        auto* record = reinterpret_cast<Record*>(ValueOf<V>::address +
                                                 lane * variables::lane_stride(sizeof(Record)));
        return reinterpret_cast<Atomic<std::uint64_t>&>(record->*which);
    }
};

/// What a publisher says of a variable beside its name and type.
struct PublishOptions {
    std::uint32_t lease_ms =
        0; ///< It is renewed at least that often, or its readers see it stale; 0: it need not.
};

// Records as the compiler can initialise them.
struct PublishInit {
    abi::RecordHeader header{abi::RecordKind::publish, sizeof(abi::PublishRecord)};
    std::uint64_t layout;
    const char* name;
    const char* schema;
    std::uint64_t* slot;
    std::uint32_t bytes;
    std::uint32_t form;
    std::uint32_t lease_ms;
    std::uint32_t flags = 0;
    std::uint64_t fallback = 0;
};
static_assert(sizeof(PublishInit) == sizeof(abi::PublishRecord));

struct ReadInit {
    abi::RecordHeader header{abi::RecordKind::read, sizeof(abi::ReadRecord)};
    std::uint64_t layout;
    const char* name;
    const char* schema;
    variables::Link* slot;
    std::uint32_t bytes;
    std::uint32_t flags = 0;
};
static_assert(sizeof(ReadInit) == sizeof(abi::ReadRecord));

template <class V>
consteval PublishInit count_init() {
    using T = typename V::Value;
    static_assert(variables::is_countable(variables::SchemaOf<T>::kView),
                  "what is counted is a record of std::uint64_t");
    static_assert(kLanesOf<V> <= variables::kMaxLanes);
    return {.layout = variables::kLayoutOf<T>,
            .name = V::kName,
            .schema = variables::SchemaOf<T>::kText.data(),
            .slot = &ValueOf<V>::address,
            .bytes = sizeof(T),
            .form = variables::form_of(variables::Kind::lanes, kLanesOf<V>),
            .lease_ms = 0};
}

template <class V>
consteval PublishInit publish_init(PublishOptions options) {
    using T = typename V::Value;
    return {.layout = variables::kLayoutOf<T>,
            .name = V::kName,
            .schema = variables::SchemaOf<T>::kText.data(),
            .slot = &ValueOf<V>::address,
            .bytes = sizeof(T),
            .form = variables::form_of(variables::kKindOf<T>),
            .lease_ms = options.lease_ms};
}

template <class V>
consteval ReadInit read_init() {
    using T = typename V::Value;
    return {.layout = variables::kLayoutOf<T>,
            .name = V::kName,
            .schema = variables::SchemaOf<T>::kText.data(),
            .slot = &LinkOf<V>::value,
            .bytes = sizeof(T)};
}

} // namespace cw

/// Declares the variable "SCOPE/OBJECT". Names of several parts, of an instance: CW_VARIABLE_NAMED.
#define CW_VARIABLE(scope, object, ...) CW_VARIABLE_NAMED(object, #scope "/" #object, __VA_ARGS__)
/// The variable "confined/SCOPE/OBJECT": see variables::kConfinedScope.
#define CW_VARIABLE_CONFINED(scope, object, ...)                                                   \
    CW_VARIABLE_NAMED(object, "confined/" #scope "/" #object, __VA_ARGS__)
#define CW_VARIABLE_NAMED(object, name_, ...)                                                      \
    struct CwVariable_##object {                                                                   \
        using Value = __VA_ARGS__;                                                                 \
        static_assert(::cw::variables::Shareable<Value>,                                           \
                      "shared variables are integers, bool, enums, std::array and records of "     \
                      "those, without padding, of at most 1 KiB");                                 \
        static constexpr char kName[] = name_;                                                     \
        static_assert(sizeof(kName) - 1 <= ::cw::variables::kMaxName);                             \
    };                                                                                             \
    inline constexpr ::cw::Variable<CwVariable_##object> object {}

/// In the module that publishes the variable, at global scope. Optional: designated initialisers of
/// PublishOptions.
#define CW_PUBLISH(object, ...)                                                                    \
    template <>                                                                                    \
    [[gnu::used]] constinit std::uint64_t                                                          \
        cw::ValueOf<std::remove_cvref_t<decltype(object)>::Declaration>::address{};                \
    template <>                                                                                    \
    constinit cw::variables::Publisher<std::remove_cvref_t<decltype(object)>::Value>               \
        cw::ValueOf<std::remove_cvref_t<decltype(object)>::Declaration>::publisher{};              \
    CW_RECORD ::cw::PublishInit CW_UNIQUE(kCwPublish) =                                            \
        ::cw::publish_init<std::remove_cvref_t<decltype(object)>::Declaration>(                    \
            ::cw::PublishOptions{__VA_OPT__(__VA_ARGS__)})
/// In the module that counts instead of publishing, at global scope: the variable is the sum of so
/// many lanes, at most variables::kMaxLanes. Its type is a record of std::uint64_t. Who reads it
/// need not know.
#define CW_COUNT(object, lanes)                                                                    \
    template <>                                                                                    \
    inline constexpr std::uint32_t                                                                 \
        cw::kLanesOf<std::remove_cvref_t<decltype(object)>::Declaration> = lanes;                  \
    template <>                                                                                    \
    [[gnu::used]] constinit std::uint64_t                                                          \
        cw::ValueOf<std::remove_cvref_t<decltype(object)>::Declaration>::address{};                \
    CW_RECORD ::cw::PublishInit CW_UNIQUE(kCwPublish) =                                            \
        ::cw::count_init<std::remove_cvref_t<decltype(object)>::Declaration>()
/// In a module that reads the variable, at global scope. It need not be published yet.
#define CW_READ(object)                                                                            \
    template <>                                                                                    \
    [[gnu::used]] constinit cw::variables::Link                                                    \
        cw::LinkOf<std::remove_cvref_t<decltype(object)>::Declaration>::value{};                   \
    CW_RECORD ::cw::ReadInit CW_UNIQUE(kCwRead) =                                                  \
        ::cw::read_init<std::remove_cvref_t<decltype(object)>::Declaration>()
