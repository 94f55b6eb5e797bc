/* Empty: the cross C library has no stubs for the lp64 ABI, and freestanding code needs none. */
