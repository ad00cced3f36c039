// What Glibc's module lacks about files.
#pragma once

#include <stdint.h>

/// The type of the filesystem that a path lies on: `f_type` of statfs(2), or -errno.
int64_t cl_filesystem_type(const char *path);
