#define _GNU_SOURCE
#include "cl_program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/// The child's own part, between fork and exec: nothing here may take a lock or memory.
static void become_program(
    const char *path, char *const *arguments, char *const *environment, const char *directory, pid_t parent,
    const int ends[4]) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    // It may have died before we asked.
    if (getppid() != parent) _exit(127);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    // Out of the way first, so that none of them overwrites another.
    int high[4];
    for (int i = 0; i < 4; i++) {
        high[i] = fcntl(ends[i], F_DUPFD, 16);
        if (high[i] < 0) _exit(127);
    }
    for (int i = 0; i < 3; i++) {
        if (dup2(high[i], i) < 0) _exit(127);
    }
    if (dup3(high[3], 3, O_CLOEXEC) < 0) _exit(127);
    close_range(4, ~0U, 0);
    struct rlimit limit = {0, 0};
    setrlimit(RLIMIT_CORE, &limit);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max < 1024 ? limit.rlim_max : 1024;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    int error = 0;
    if (directory && chdir(directory) != 0) error = errno;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (error == 0) {
        execve(path, arguments, environment);
        error = errno;
    }
    ssize_t told = write(3, &error, sizeof error);
    (void)told;
    _exit(127);
}

/// Where memory ends, it goes before whoever looks after orders. Said of it once it is another program: until then it shares
/// with us that nobody of this user may look into it, nor it into itself.
static void goes_first(pid_t pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/oom_score_adj", (int)pid);
    int score = open(path, O_WRONLY | O_CLOEXEC);
    if (score < 0) return;
    ssize_t written = write(score, "1000", 4);
    (void)written;
    close(score);
}

int32_t cl_run_program(
    const char *path, char *const *arguments, char *const *environment, const char *directory, int input, int output,
    int errors) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) return -errno;
    pid_t parent = getpid();
    // No handler of ours may run in the child.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    int error = errno;
    if (pid == 0) {
        int ends[4] = {input, output, errors, report[1]};
        become_program(path, arguments, environment, directory, parent, ends);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(report[1]);
    if (pid < 0) {
        close(report[0]);
        return -error;
    }
    setpgid(pid, pid);
    int told = 0;
    ssize_t count;
    do {
        count = read(report[0], &told, sizeof told);
    } while (count < 0 && errno == EINTR);
    close(report[0]);
    if (count != sizeof told) {
        goes_first(pid);
        return pid;
    }
    waitpid(pid, NULL, 0);
    return -told;
}

int cl_wait_program(const int *readable, int count, int writable, int64_t nanoseconds) {
    struct pollfd polled[8];
    if (count > 7) count = 7;
    for (int i = 0; i < count; i++) polled[i] = (struct pollfd){.fd = readable[i], .events = POLLIN};
    polled[count] = (struct pollfd){.fd = writable, .events = POLLOUT};
    struct timespec time = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    int ready = ppoll(polled, (nfds_t)count + 1, nanoseconds < 0 ? NULL : &time, NULL);
    int bits = 0;
    if (ready > 0) {
        for (int i = 0; i <= count; i++) bits |= polled[i].revents != 0 ? 1 << i : 0;
    }
    return bits;
}
