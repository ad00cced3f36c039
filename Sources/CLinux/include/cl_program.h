// What Glibc's Swift module lacks for programs that a strategy consists of.
#pragma once

#include <stdint.h>

/// Starts a program in a process group of its own that dies with the calling *thread*, in this directory (NULL for
/// ours), with these three descriptors and no other of ours: signals at their defaults, no core dumps, no further
/// privileges, at most 1024 files, and the first to go where memory ends. Waits until it runs or can't.
/// Its pid, or -errno.
int32_t cl_run_program(
    const char *path, char *const *arguments, char *const *environment, const char *directory, int input, int output,
    int errors);
/// Waits until one of up to 7 descriptors can be read, or `writable` be written; negative ones are left out, a negative
/// time waits without end. Bit n for the n-th, the one after them for `writable`.
int cl_wait_program(const int *readable, int count, int writable, int64_t nanoseconds);
