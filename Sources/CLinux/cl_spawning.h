// How every child of ours starts, whatever becomes of its descriptors. For the shim's own files only.

#pragma once

#include <spawn.h>
#include <stdint.h>

/// Starts a program in a process group of its own, with every signal at its default and none blocked. Its pid, or -errno.
int32_t cl_spawn_with(
    const char *path, char *const *arguments, char *const *environment, const posix_spawn_file_actions_t *actions);
