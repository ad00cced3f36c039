#include "cl_files.h"

#include <errno.h>
#include <sys/vfs.h>

int64_t cl_filesystem_type(const char *path) {
    struct statfs info;
    if (statfs(path, &info) != 0) {
        return -(int64_t)errno;
    }
    return (int64_t)info.f_type & 0xFFFFFFFF;
}
