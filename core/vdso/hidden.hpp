// Included before everything in the vDSO: whatever is only declared is hidden as well, so that no
// address goes through a table.
#pragma GCC visibility push(hidden)
