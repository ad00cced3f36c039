#define _GNU_SOURCE
#include "cl_spawning.h"

#include <signal.h>
#include <unistd.h>

int32_t cl_spawn_with(
    const char *path, char *const *arguments, char *const *environment, const posix_spawn_file_actions_t *actions) {
    posix_spawnattr_t attributes;
    int error = posix_spawnattr_init(&attributes);
    if (error != 0) return -error;
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    pid_t pid = -1;
    error = posix_spawn(&pid, path, actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    return error == 0 ? (int32_t)pid : -error;
}
