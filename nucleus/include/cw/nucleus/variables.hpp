// Shared variables: the directory, the segments that values lie in, and who may see which.
//
// The values of one publisher are a group: a segment of their own, writable in the publisher's
// domain and read-only in those of its readers. It stays when the publisher goes, and who publishes
// the same again under the same module name, in whatever placement, goes on in it. Names are looked
// up by readers themselves, in the directory.
#pragma once
#include <cstdint>
#include <cw/core/result.hpp>
#include <cw/core/service/variables.hpp>
#include <cw/core/text.hpp>
#include <cw/core/variables/declare.hpp>
#include <cw/nucleus/domain.hpp>

namespace cw::kernel {

namespace directory {
struct Description;
}

/// Makes the directory, and the group of the nucleus. Context: boot, before the first domain or
/// executor.
void variables_initialise() noexcept;
/// The directory's address in every domain.
[[nodiscard]] VirtualAddress variables_directory() noexcept;

// Locks: kernel_lock held, for all that follow.

/// Lets a new domain see the directory and what the nucleus publishes. Errors: no_memory.
[[nodiscard]] Status variables_show(Domain& domain) noexcept;
/// Who wants to see a value.
struct Observer {
    const Domain* domain; ///< Null: one that is not there yet,
    std::uint32_t grants; ///< and these would be its grants.

    Observer(const Domain& there) noexcept : domain{&there}, grants{there.grants} {}
    explicit Observer(std::uint32_t grants_of_new_one) noexcept :
        domain{nullptr}, grants{grants_of_new_one} {}
};
/// Whether it may see what is published under this name.
[[nodiscard]] bool variable_may_be_seen(std::string_view name, const Observer& observer) noexcept;
/// Lets a domain see the value of one variable. Errors: out_of_range (no such index), not_permitted
/// (it may not be seen), no_memory.
[[nodiscard]] Status variable_show(std::uint32_t index, Domain& domain) noexcept;
/// Whether the module may be loaded into this domain, beside those that are there: what it
/// publishes is nobody else's, what it reads may be seen there, and is published as something that
/// it can read, or not at all. False: `text` says what is in the way.
[[nodiscard]] bool
variables_suit(const loader::Image& image, const Observer& observer, TextWriter& text) noexcept;
/// Gives a module that is built, and has not run, its variables: memory for those it publishes,
/// which are live from now on, and its slots. Errors: no_memory, no_resource (the directory is
/// full).
[[nodiscard]] Status variables_attach(ModuleInstance& instance) noexcept;
/// A variable that a module publishes from now on, beside those of its records. Requires: the
/// schema is in order, and says so many bytes; the layout is its hash. Errors: already_exists
/// (somebody publishes that name), no_resource, no_memory.
[[nodiscard]] Result<variables::Declared> variable_declare(
    ModuleInstance& instance, std::string_view name, const directory::Description& what) noexcept;
/// Switches a variable off, or on again, for its readers. Errors: out_of_range.
[[nodiscard]] Status variable_switch(std::uint32_t index, bool on) noexcept;
/// What the module published is gone: readers see that at once. The values stay.
void variables_end(ModuleInstance& instance) noexcept;
/// No code of the module runs any more: it loses its hold on the values.
void variables_detach(ModuleInstance& instance) noexcept;
/// This domain's number may be given to another one.
void variables_forget(const Domain& domain) noexcept;

/// What a variable of the nucleus is made of.
struct OwnVariable {
    std::string_view name;
    std::string_view schema;
    std::uint64_t layout;
    std::uint32_t bytes;
    std::uint32_t form;
};
/// Makes it live. Where its value is to be written; valid for good. Errors: no_resource (no room in
/// the nucleus' group), no_memory.
[[nodiscard]] Result<void*> variables_own(const OwnVariable& variable) noexcept;

/// A variable that the nucleus publishes.
template <class V>
class Published {
public:
    using T = typename V::Value;

    /// Before the first publish(). Errors: as variables_own().
    [[nodiscard]] Status create() noexcept {
        const auto place = variables_own({V::kName,
                                          variables::SchemaOf<T>::kView,
                                          variables::kLayoutOf<T>,
                                          sizeof(T),
                                          variables::form_of(variables::kKindOf<T>)});
        if (!place)
            return place.error();
        address_ = reinterpret_cast<std::uint64_t>(*place);
        return Status::ok;
    }
    /// Context: any, one at a time.
    void publish(const T& value) noexcept { publisher_.publish(address_, value); }
    [[nodiscard]] const T& value() const noexcept { return publisher_.value(); }

private:
    std::uint64_t address_ = 0;
    variables::Publisher<T> publisher_;
};

} // namespace cw::kernel
