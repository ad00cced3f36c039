#define _GNU_SOURCE
#include "cl_process.h"

#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int cl_watch_directory(const char *path) {
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (fd < 0) return -1;
    if (inotify_add_watch(fd, path, IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

void cl_drain(int fd) {
    char buffer[4096];
    while (read(fd, buffer, sizeof buffer) > 0) {
    }
}

void cl_be_nice(int level) { setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), level); }
