#include "exercises.hpp"
#include <algorithm>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <stack>
#include <string>
#include <vector>

namespace stash {

namespace {

/// The same numbers every time.
class Numbers {
public:
    std::uint64_t next() noexcept {
        state_ = state_ * 6'364'136'223'846'793'005u + 1'442'695'040'888'963'407u;
        return state_ >> 33;
    }

private:
    std::uint64_t state_ = 1;
};

struct Shape {
    Shape() = default;
    Shape(const Shape&) = delete;
    Shape& operator=(const Shape&) = delete;
    virtual ~Shape() = default;
    [[nodiscard]] virtual std::uint64_t area() const noexcept = 0;
};
struct Square final : Shape {
    explicit Square(std::uint64_t s) noexcept : side{s} {}
    [[nodiscard]] std::uint64_t area() const noexcept override { return side * side; }
    std::uint64_t side;
};
struct alignas(64) Line {
    std::uint64_t words[8];
};

std::uint64_t mix(std::uint64_t sum, std::uint64_t value) noexcept {
    return (sum ^ value) * 0x0000'0100'0000'01b3;
}

std::uint64_t use_vectors(std::uint64_t count) noexcept {
    Numbers numbers;
    std::vector<std::uint64_t> values;
    for (std::uint64_t i = 0; i < count; ++i)
        values.push_back(numbers.next());
    std::sort(values.begin(), values.end());
    std::deque<std::uint64_t> both_ends;
    for (const std::uint64_t value : values)
        value % 2 == 0 ? both_ends.push_front(value) : both_ends.push_back(value);
    std::priority_queue<std::uint64_t> largest{values.begin(), values.end()};
    std::stack<std::uint64_t> stack;
    std::queue<std::uint64_t> queue;
    std::uint64_t sum = 0;
    while (!largest.empty()) {
        stack.push(largest.top());
        queue.push(largest.top());
        largest.pop();
    }
    for (std::size_t i = 0; !stack.empty(); ++i, stack.pop(), queue.pop()) {
        if (stack.top() != values[i] || queue.front() != values[values.size() - 1 - i])
            return 0;
        sum = mix(mix(sum, values.at(i)), both_ends[i]);
    }
    return sum;
}

std::uint64_t use_trees(std::uint64_t count) noexcept {
    Numbers numbers;
    std::map<std::uint64_t, std::string> names;
    std::multiset<std::uint64_t> keys;
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t key = numbers.next() % count;
        names[key] += "number " + std::string(key % 40, '*');
        keys.insert(key);
    }
    std::uint64_t sum = 0;
    for (const auto& [key, name] : names) {
        if (!keys.contains(key) || name.find("number ") != 0)
            return 0;
        sum = mix(mix(sum, key), name.size());
    }
    for (std::uint64_t key = 0; key < count; key += 3) {
        if (names.erase(key) != (keys.erase(key) == 0 ? 0u : 1u))
            return 0;
    }
    if (!std::is_sorted(keys.begin(), keys.end()) ||
        (names.begin() != names.end() && names.begin()->first != *keys.begin()))
        return 0;
    for (auto at = names.rbegin(); at != names.rend(); ++at)
        sum = mix(sum, at->first);
    return mix(sum, keys.size());
}

std::uint64_t use_nodes(std::uint64_t count) noexcept {
    Numbers numbers;
    std::list<std::unique_ptr<Shape>> shapes;
    for (std::uint64_t i = 0; i < count; ++i)
        shapes.push_front(std::make_unique<Square>(numbers.next() % 1000));
    shapes.sort([](const auto& a, const auto& b) { return a->area() < b->area(); });
    shapes.remove_if([](const auto& shape) { return shape->area() % 5 == 0; });
    std::list<std::unique_ptr<Shape>> others;
    others.splice(others.begin(), shapes, shapes.begin(), std::next(shapes.begin()));
    others.swap(shapes);
    others.reverse();
    std::uint64_t sum = 0;
    const std::function<void(const Shape&)> add = [&sum](const Shape& shape) {
        sum = mix(sum, shape.area());
    };
    for (const auto* list : {&shapes, &others}) {
        for (const auto& shape : *list)
            add(*shape);
    }
    const std::vector<Line> lines(7);
    for (const Line& line : lines) {
        if (reinterpret_cast<std::uint64_t>(&line) % alignof(Line) != 0)
            return 0;
    }
    return mix(sum, others.size() + shapes.size());
}

} // namespace

std::uint64_t use_containers(std::uint64_t count) noexcept {
    const std::uint64_t vectors = use_vectors(count);
    const std::uint64_t trees = use_trees(count);
    const std::uint64_t nodes = use_nodes(count);
    return vectors == 0 || trees == 0 || nodes == 0 ? 0 : mix(mix(vectors, trees), nodes);
}

} // namespace stash
