// Memory files that nobody can change any more, and how one is handed from process to process.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// A file in memory with these bytes, sealed against any change; close-on-exec. -1 with errno.
int cl_seal_memory(const char *name, const void *bytes, size_t count);
/// The size of such a file; -1 for a descriptor that is none, or is not sealed.
int64_t cl_sealed_size(int fd);
/// Its first bytes, wherever others that share it have read to. 0, or errno.
int cl_read_sealed(int fd, void *bytes, size_t count);
/// As `cl_say`, and a descriptor goes with it.
int cl_hand_up(int fd, const void *bytes, size_t count, int handed);
/// What there is to read from a connected socket, without waiting: how many bytes, 0 at its end, -1 with errno. A
/// descriptor that came with them is the caller's now, close-on-exec; else `handed` is -1.
int64_t cl_hear(int fd, void *bytes, size_t count, int *handed);
