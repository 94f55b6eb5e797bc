// Objects with virtual functions in a shared heap: what their maker, `geometer`, and who calls them
// know of them; and what can be had of either by a number.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace shapes {

inline constexpr std::string_view kHeap = "shapes/all";
inline constexpr std::uint64_t kBytes = 1 << 20, kShapes = 100;

/// The classes are in geometer.cpp, and nowhere else.
class Shape {
public:
    Shape() noexcept = default;
    Shape(const Shape&) = delete;
    Shape& operator=(const Shape&) = delete;
    virtual ~Shape() = default;
    /// Of the deleting destructor that the compiler makes of the other one: nobody calls it.
    static void operator delete(void*, std::size_t) noexcept { __builtin_trap(); }

    [[nodiscard]] virtual std::uint64_t area() const noexcept = 0;
    virtual void grow(std::uint64_t by) noexcept = 0;
    /// Writes a variable of the maker's.
    virtual std::uint64_t count() const noexcept = 0;
    /// Runs what is no instruction.
    virtual std::uint64_t crash() const noexcept = 0;

    Shape* next = nullptr;
};

/// What is asked of `geometer` (echo.ping), and answered.
enum Ask : std::uint64_t {
    kBuild, ///< Puts kShapes more in front of the list: the sum of their areas.
    kSum,   ///< The sum of the areas of all that it has made.
    kCount, ///< How often it was counted.
    kCrash, ///< Has one of its own shapes crash.
    kDie,   ///< Ends it.
};

/// What is asked of `shape_user` (echo.late), and answered.
enum Order : std::uint64_t {
    kJoin,       ///< Becomes a user of the heap.
    kBorrow,     ///< Borrows the types of `geometer`.
    kAreas,      ///< The sum of the areas of all shapes.
    kCountOne,   ///< Has one count itself.
    kCrashOne,   ///< Has one crash.
    kDestroy,    ///< Destroys all: how many there were.
    kBorrowFlat, ///< Borrows the types of `geometer_flat`.
    kCall,       ///< Calls the service of `geometer`, which ends by that.
};

} // namespace shapes
