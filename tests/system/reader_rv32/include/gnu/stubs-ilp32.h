/* Empty: the cross C library has no stubs for the ilp32 ABI, and freestanding code needs none. */
