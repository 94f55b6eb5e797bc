// Control cells: one value that another module sets by a store, and this one reads by a load.
//
//     // the owner                                      // whoever controls it
//     rate = co_await cells::create_as<u64>(            rate = co_await cells::open_as<u64>(
//         "shaper/eth0/rate", {.initial = 8, .max = 99},    "shaper/eth0/rate", {}, scratch);
//         scratch);                                     rate->store(42);
//     ... rate->load() ...                              co_await cells::close(rate->which());
//
// Names are checked, and locks taken, when a cell is made, opened or closed, and never else.
#pragma once
#include <cw/core/cells/cell.hpp>
#include <cw/core/cells/wide.hpp>
#include <cw/core/service/cells.hpp>
#include <cw/core/task.hpp>
#include <cw/sdk/buffer.hpp>
#include <string_view>

namespace cw::cells {

/// What the owner says of a cell. `min` and `max` are for values that have an order.
template <class T>
struct Limits {
    T initial{};
    T min = lowest<T>();
    T max = highest<T>();
    OnRelease on_release = OnRelease::keep;
};
/// Of a wide cell every value is good, until its owner says no (WideCell::apply).
template <Wide T>
struct Limits<T> {
    T initial{};
    OnRelease on_release = OnRelease::keep;
};

struct OpenOptions {
    Mode mode = Mode::exclusive;
    std::uint32_t lease_ms = 0; ///< As Wanted.
};

template <class T>
struct Ends {
    using Owner = Cell<T>;
    using Holder = Handle<T>;
};
template <Wide T>
struct Ends<T> {
    using Owner = WideCell<T>;
    using Holder = WideHandle<T>;
};

/// A cell that this module owns.
template <class T>
class Owned : public Ends<T>::Owner {
public:
    Owned() noexcept = default;
    explicit Owned(const Created& made) noexcept :
        Ends<T>::Owner{*reinterpret_cast<const Entry*>(made.entry),
                       *reinterpret_cast<Echo*>(made.echo)},
        which_{made.index, made.epoch} {}
    /// For cells.destroy, after which it is not to be used any more.
    [[nodiscard]] const Which& which() const noexcept { return which_; }

private:
    Which which_{};
};

/// A cell that this module has open.
template <class T>
class Held : public Ends<T>::Holder {
public:
    Held() noexcept = default;
    explicit Held(const Opened& opened) noexcept :
        Ends<T>::Holder{*reinterpret_cast<Line*>(opened.line),
                        *reinterpret_cast<const Entry*>(opened.entry),
                        *reinterpret_cast<const Echo*>(opened.echo),
                        opened.epoch},
        which_{opened.index, opened.epoch} {}
    /// For cells.close, after which it is not to be used any more.
    [[nodiscard]] const Which& which() const noexcept { return which_; }

private:
    Which which_{};
};

/// Makes a cell that this module owns; `scratch` is used until then. Requires:
/// CW_REQUIRE(cells::create). Errors: those of cells.create; out_of_range (the texts do not fit
/// into `scratch`); invalid_argument (the initial value is not within the limits, too).
template <class T>
[[nodiscard]] Task<Owned<T>>
create_as(std::string_view name, Limits<T> limits, const Area& scratch) noexcept {
    constexpr std::string_view kSchema = variables::SchemaOf<T>::kView;
    static_assert(kSchema.size() <= kMaxSchema);
    const std::size_t bytes = sizeof(Request) + name.size() + 1 + kSchema.size();
    if (scratch.size() < bytes)
        co_return refuse(Status::out_of_range);
    Request request{.layout = variables::kLayoutOf<T>,
                    .bytes = sizeof(T),
                    .on_release = limits.on_release,
                    .min = 0,
                    .max = 0,
                    .initial = {}};
    __builtin_memcpy(request.initial, &limits.initial, sizeof(T));
    if constexpr (sizeof(T) <= 8) {
        if constexpr (kOrdered<T>) {
            if (limits.initial < limits.min || limits.max < limits.initial)
                co_return refuse(Status::invalid_argument);
        }
        request.min = encode(limits.min);
        request.max = encode(limits.max);
        request.initial[0] = encode(limits.initial);
    }
    __builtin_memcpy(scratch.data(), &request, sizeof(request));
    char* text = scratch.text() + sizeof(request);
    __builtin_memcpy(text, name.data(), name.size());
    text[name.size()] = '\0';
    __builtin_memcpy(text + name.size() + 1, kSchema.data(), kSchema.size());
    auto made = co_await cells::create({scratch.ref(0, bytes)});
    if (!made)
        co_return refuse(made.error());
    co_return Owned<T>{*made};
}

/// Opens a cell; `scratch` is used until then. Requires: CW_REQUIRE(cells::open). Errors: those of
/// cells.open; out_of_range (the name does not fit into `scratch`).
template <class T>
[[nodiscard]] Task<Held<T>>
open_as(std::string_view name, OpenOptions options, const Area& scratch) noexcept {
    if (scratch.size() < name.size())
        co_return refuse(Status::out_of_range);
    __builtin_memcpy(scratch.text(), name.data(), name.size());
    auto opened = co_await cells::open(
        {scratch.ref(0, name.size()), variables::kLayoutOf<T>, options.mode, options.lease_ms});
    if (!opened)
        co_return refuse(opened.error());
    co_return Held<T>{*opened};
}

} // namespace cw::cells
