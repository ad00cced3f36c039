#define _GNU_SOURCE
#include "cl_process.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

static int64_t now_nanoseconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t cl_boot_nanoseconds(void) { return now_nanoseconds(CLOCK_BOOTTIME); }
int64_t cl_utc_nanoseconds(void) { return now_nanoseconds(CLOCK_REALTIME); }

static void set_disposition(int number, void (*handler)(int)) {
    struct sigaction action = {0};
    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

int cl_take_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGQUIT);
    sigaddset(&set, SIGHUP);
    int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (error != 0) {
        errno = error;
        return -1;
    }
    // A closed reader, a file size limit, a background process on a terminal and a stray user signal are
    // no reasons to die with orders resting: the call in question fails instead.
    set_disposition(SIGPIPE, SIG_IGN);
    set_disposition(SIGXFSZ, SIG_IGN);
    set_disposition(SIGTTOU, SIG_IGN);
    set_disposition(SIGTTIN, SIG_IGN);
    set_disposition(SIGUSR1, SIG_IGN);
    set_disposition(SIGUSR2, SIG_IGN);
    set_disposition(SIGCHLD, SIG_DFL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int32_t cl_next_signal(int fd) {
    struct signalfd_siginfo info;
    ssize_t count;
    do {
        count = read(fd, &info, sizeof info);
    } while (count < 0 && errno == EINTR);
    return count == (ssize_t)sizeof info ? (int32_t)info.ssi_signo : 0;
}

int cl_hangup_is_ignored(void) {
    struct sigaction action;
    return sigaction(SIGHUP, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

int cl_has_terminal(void) {
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return 0;
    close(fd);
    return 1;
}

int cl_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void cl_eventfd_ring(int fd) {
    uint64_t one = 1;
    ssize_t count;
    do {
        count = write(fd, &one, sizeof one);
    } while (count < 0 && errno == EINTR);
}

void cl_eventfd_clear(int fd) {
    uint64_t value;
    ssize_t count;
    do {
        count = read(fd, &value, sizeof value);
    } while (count < 0 && errno == EINTR);
}

int cl_wait_readable(int first, int second, int64_t nanoseconds) {
    struct pollfd polled[2] = {{.fd = first, .events = POLLIN}, {.fd = second, .events = POLLIN}};
    struct timespec time = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    // EINTR (a SIGCONT after a SIGSTOP) counts as the end of the wait: every caller looks at its clock.
    int ready = ppoll(polled, 2, nanoseconds < 0 ? NULL : &time, NULL);
    if (ready <= 0) return 0;
    return (polled[0].revents != 0 ? 1 : 0) | (polled[1].revents != 0 ? 2 : 0);
}

int cl_write_all(int fd, const void *bytes, size_t count) {
    const char *next = bytes;
    while (count > 0) {
        ssize_t written = write(fd, next, count);
        if (written < 0) {
            if (errno == EINTR) continue;
            if (errno == EAGAIN) {
                struct pollfd polled = {.fd = fd, .events = POLLOUT};
                poll(&polled, 1, -1);
                continue;
            }
            return errno;
        }
        next += written;
        count -= (size_t)written;
    }
    return 0;
}

int cl_write_within(int fd, const void *bytes, size_t count, int64_t nanoseconds) {
    const char *next = bytes;
    int64_t end = now_nanoseconds(CLOCK_MONOTONIC) + nanoseconds;
    while (count > 0) {
        int64_t left = end - now_nanoseconds(CLOCK_MONOTONIC);
        if (left < 0) return ETIMEDOUT;
        struct pollfd polled = {.fd = fd, .events = POLLOUT};
        struct timespec time = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
        int ready = ppoll(&polled, 1, &time, NULL);
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return ready == 0 ? ETIMEDOUT : errno;
        // A pipe that polls writable takes 4096 bytes (PIPE_BUF) without waiting.
        ssize_t written = write(fd, next, count < 4096 ? count : 4096);
        if (written < 0) {
            if (errno == EINTR || errno == EAGAIN) continue;
            return errno;
        }
        next += written;
        count -= (size_t)written;
    }
    return 0;
}

void cl_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

void cl_share_heap(void) { mallopt(M_ARENA_MAX, 1); }

void cl_trim_heap(void) { malloc_trim(0); }
