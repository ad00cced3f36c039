#define _GNU_SOURCE
#include "cl_process.h"
#include "cl_spawning.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <unistd.h>

int32_t cl_run(const char *path, char *const *arguments, char *const *environment, int input, int output) {
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) return -error;
    error = posix_spawn_file_actions_adddup2(&actions, input, 0);
    if (error == 0) error = posix_spawn_file_actions_adddup2(&actions, output, 1);
    if (error == 0) error = posix_spawn_file_actions_adddup2(&actions, output, 2);
    int32_t pid = error == 0 ? cl_spawn_with(path, arguments, environment, &actions) : -error;
    posix_spawn_file_actions_destroy(&actions);
    // Not ours, which is raised: some programs walk through all that they may have.
    struct rlimit limit;
    if (pid > 0 && prlimit(pid, RLIMIT_NOFILE, NULL, &limit) == 0 && limit.rlim_cur > 1024) {
        limit.rlim_cur = 1024;
        prlimit(pid, RLIMIT_NOFILE, &limit, NULL);
    }
    return pid;
}

int cl_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0 ? 0 : errno; }

void cl_make_blocking(int fd) {
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0) fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}
