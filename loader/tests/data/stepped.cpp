// Functions of every shape that clang gives a frame, called by run() so that no instruction of them
// is left out. The test goes through them one instruction at a time and knows who called whom, so
// nothing here may call anything outside of this file.

using Word = unsigned long;

#define CW_FUNCTION [[gnu::noinline]] static Word

namespace {

volatile Word sink;

/// Makes the compiler believe that the memory is used and changed.
inline void touch(void* memory) {
    asm volatile("" : : "r"(memory) : "memory");
}

/// No frame at all.
CW_FUNCTION leaf(Word a) {
    sink = a;
    return a + 1;
}

/// Without a frame pointer its array lies in the red zone, if there is one.
CW_FUNCTION leaf_with_locals(Word a) {
    volatile Word values[8];
    for (unsigned i = 0; i < 8; ++i)
        values[i] = a + i;
    return values[a % 8];
}

/// Values in every register that a call keeps.
CW_FUNCTION many_values(Word a, Word b, Word c, Word d) {
    const Word v = leaf(a), w = leaf(b), x = leaf(c), y = leaf(d), z = leaf(a ^ b);
    return v * w + x * y + z * a + b + c * d;
}

/// Takes its frame only on one of its paths, and takes it down in the middle of the function.
CW_FUNCTION early_return(Word a) {
    if (a == 0)
        return 7;
    const Word first = leaf(a);
    if (first > 5)
        return first * leaf(a + 1);
    return first + leaf(2);
}

CW_FUNCTION nine_arguments(Word a, Word b, Word c, Word d, Word e, Word f, Word g, Word h, Word i) {
    return leaf(a + b * c) + leaf(d + e * f) + leaf(g + h * i);
}

/// Moves the stack pointer for the arguments of a call.
CW_FUNCTION stack_arguments(Word a) {
    return nine_arguments(a, a + 1, a + 2, a + 3, a + 4, a + 5, a + 6, a + 7, a + 8) + leaf(a);
}

/// Aligns its stack, so that only the frame pointer knows where the frame begins.
CW_FUNCTION realigned(Word a) {
    alignas(64) Word values[16];
    values[0] = a;
    touch(values);
    return leaf(values[0] & 1) + leaf(a);
}

CW_FUNCTION moving_stack(Word a) {
    auto* const memory = static_cast<Word*>(__builtin_alloca(8 * a + 8));
    touch(memory);
    memory[a] = leaf(a);
    touch(memory);
    return leaf(memory[a]);
}

/// Both: locals are found by a third register.
CW_FUNCTION realigned_and_moving(Word a) {
    alignas(64) Word values[8];
    auto* const memory = static_cast<Word*>(__builtin_alloca(8 * a + 8));
    touch(memory);
    touch(values);
    values[0] = memory[a] = leaf(a);
    touch(memory);
    touch(values);
    return leaf(values[0]) + leaf(memory[a]);
}

/// A frame of several pages, which some flags have the compiler touch page by page.
CW_FUNCTION several_pages(Word a) {
    Word values[8000];
    values[a] = leaf(a);
    touch(values);
    return leaf(values[a]) + a;
}

CW_FUNCTION tail_call(Word a) {
    const Word first = leaf(a);
    const Word second = leaf(a + 1);
    [[clang::musttail]] return early_return(first > 3 ? second : 0);
}

CW_FUNCTION recursive(Word depth) {
    if (depth == 0)
        return leaf(0);
    return recursive(depth - 1) * 3 + leaf(depth);
}

using Function = Word (*)(Word);
const volatile Function kChosen[] = {leaf, early_return};

CW_FUNCTION by_pointer(Word a) {
    Word sum = 0;
    for (Word i = 0; i < a; ++i)
        sum += kChosen[i % 2](i);
    return sum;
}

} // namespace

extern "C" [[gnu::visibility("default")]] Word run(Word a) {
    Word sum = leaf_with_locals(a) + many_values(a, a + 1, a + 2, a + 3);
    const Word chosen[] = {0, 1, a + 9};
    for (const Word b : chosen)
        sum += early_return(b) + tail_call(b);
    return sum + stack_arguments(a) + realigned(a) + moving_stack(a) + realigned_and_moving(a) +
           several_pages(a) + recursive(a) + by_pointer(a) + by_pointer(0);
}
