// A heap that modules share, wherever they run: what one puts there the others reach by the same
// pointers.
//
//     CW_REQUIRE(cw::heaps::create);                   CW_REQUIRE(cw::heaps::join);
//     CW_REQUIRE(cw::heaps::admit);
//
//     CW_CO_TRY(heap, co_await cw::Heap::create("catalogue", 1 << 20));
//     CW_CO_CHECK(co_await heap.admit("reader"));      CW_CO_TRY(heap, co_await
//     cw::Heap::join("catalogue")); Node* node = heap.make<Node>();                  Node* node =
//     heap.root_as<Node>(); heap.set_root(node);
//
// Objects with virtual functions are made with make_polymorphic(); who calls them borrows the types
// of their maker.
//
// Two modules that change one structure agree on who does when, by calls or by atomics: the heap
// sees to its own words only. docs/heaps.md.
#pragma once
#include <cstdint>
#include <cw/core/result.hpp>
#include <cw/core/service/heaps.hpp>
#include <cw/core/shared_heap.hpp>
#include <cw/core/task.hpp>
#include <string_view>

namespace cw {

/// This module's side of a shared heap; it stays a user until leave(), or until it ends.
/// (Templates so that only modules that call them need the requirement.)
class Heap : public SharedHeap {
public:
    Heap() noexcept = default;

    /// Errors: those of heaps.create.
    template <class M = heaps::create_method>
    [[nodiscard]] static Task<Heap>
    create(std::string_view name, std::uint64_t bytes, std::uint32_t flags = 0) noexcept {
        const heaps::Name wanted = name_of(name);
        const auto opened = co_await Method<M>{}({wanted, bytes, flags, 0});
        if (!opened)
            co_return refuse(opened.error());
        co_return attached(wanted, *opened);
    }
    /// Errors: those of heaps.join; mismatch (its users have spoiled it, or were made for another
    /// kind of heap).
    template <class M = heaps::join_method>
    [[nodiscard]] static Task<Heap> join(std::string_view name) noexcept {
        const heaps::Name wanted = name_of(name);
        const auto opened = co_await Method<M>{}({wanted});
        if (!opened)
            co_return refuse(opened.error());
        co_return attached(wanted, *opened);
    }
    /// Errors: those of heaps.admit.
    template <class M = heaps::admit_method>
    [[nodiscard]] Task<> admit(std::string_view module) noexcept {
        const auto admitted = co_await Method<M>{}({name_, name_of(module)});
        if (!admitted)
            co_return refuse(admitted.error());
        co_return Nothing{};
    }
    /// Objects that `module` has made with make_polymorphic() may be called here from now on, and
    /// that module's code runs with this one's rights when they are: that is a decision to trust
    /// it. It holds as long as this module is there, whatever becomes of the other one. One that is
    /// loaded anew has its types elsewhere: borrow them again. Errors: those of
    /// heaps.borrow_types.
    template <class M = heaps::borrow_types_method>
    [[nodiscard]] Task<> borrow_types(std::string_view module) noexcept {
        const auto borrowed = co_await Method<M>{}({name_, name_of(module)});
        if (!borrowed)
            co_return refuse(borrowed.error());
        co_return Nothing{};
    }
    /// Pointers into it lead nowhere from here on. Errors: those of heaps.leave.
    template <class M = heaps::leave_method>
    [[nodiscard]] Task<> leave() noexcept {
        static_cast<SharedHeap&>(*this) = SharedHeap{};
        const auto left = co_await Method<M>{}({name_});
        if (!left)
            co_return refuse(left.error());
        co_return Nothing{};
    }

    /// Errors: as SharedHeap::allocate().
    [[nodiscard]] Result<void*> allocate(std::uint64_t bytes,
                                         std::uint64_t alignment = 16) noexcept {
        void* block = nullptr;
        CW_CHECK_OK(SharedHeap::allocate(bytes, block, alignment));
        return block;
    }
    /// A new T of a type with virtual functions, or null: no_memory. Its table of virtual functions
    /// is this module's. Requires: whoever else calls it, or destroys it, has borrowed this
    /// module's types. Its virtual functions may use the object, their arguments, the heap, and
    /// constants; not variables, statics or services of this module, whose writable data nobody
    /// else sees: who calls a function that touches them has faulted. A virtual destructor needs an
    /// `operator delete` of the class, for the compiler makes one that calls it.
    template <class T, class... Arguments>
        requires(std::is_polymorphic_v<T>)
    [[nodiscard]] T* make_polymorphic(Arguments&&... arguments) noexcept {
        static_assert(alignof(T) <= kMostAlignment);
        void* block = nullptr;
        if (SharedHeap::allocate(sizeof(T), block, alignof(T)) != Status::ok)
            return nullptr;
        return ::new (block) T(std::forward<Arguments>(arguments)...);
    }
    /// What a root word points to, if that lies in the heap; else null.
    template <class T>
    [[nodiscard]] T* root_as(std::uint32_t number = 0) noexcept {
        auto* const object = reinterpret_cast<T*>(root(number).load(Order::acquire));
        return contains(object) ? object : nullptr;
    }
    /// For others to find. Ordering: release; pairs with the acquire in root_as().
    void set_root(const void* object, std::uint32_t number = 0) noexcept {
        root(number).store(reinterpret_cast<std::uintptr_t>(object), Order::release);
    }

private:
    /// A name that is too long becomes none, which is refused.
    [[nodiscard]] static heaps::Name name_of(std::string_view text) noexcept {
        heaps::Name name{};
        for (std::size_t i = 0; text.size() < name.size() && i < text.size(); ++i)
            name[i] = text[i];
        return name;
    }
    [[nodiscard]] static Result<Heap> attached(const heaps::Name& name,
                                               const heaps::Opened& opened) noexcept {
        Heap heap;
        heap.name_ = name;
        CW_CHECK_OK(attach(reinterpret_cast<void*>(opened.address),
                           opened.bytes,
                           static_cast<std::uint32_t>(opened.user),
                           heap));
        return heap;
    }

    heaps::Name name_{};
};

} // namespace cw
