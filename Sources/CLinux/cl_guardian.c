#define _GNU_SOURCE
#include "cl_process.h"
#include "cl_spawning.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

// Of Linux 6.5; older headers lack them.
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif
#ifndef SCM_PIDFD
#define SCM_PIDFD 0x04
#endif

int cl_take_guardian_signals(void) {
    int taken = cl_take_signals();
    if (taken < 0) return -1;
    close(taken);
    struct sigaction action = {0};
    action.sa_handler = SIG_IGN;
    // The trader is in another process group: stopping its guardian alone would help nobody.
    sigaction(SIGTSTP, &action, NULL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGQUIT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCHLD);
    int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (error != 0) {
        errno = error;
        return -1;
    }
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int32_t cl_spawn(
    const char *path, char *const *arguments, char *const *environment, const int *inherited, int count) {
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) return -error;
    error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    // A descriptor duplicated onto itself loses its close-on-exec in the child alone.
    for (int i = 0; i < count && error == 0; i++) {
        if (inherited[i] >= 0) error = posix_spawn_file_actions_adddup2(&actions, inherited[i], inherited[i]);
    }
    int32_t pid = error == 0 ? cl_spawn_with(path, arguments, environment, &actions) : -error;
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

int cl_pidfd(int32_t pid) { return pidfd_open(pid, 0); }

int cl_kill_pidfd(int pidfd, int32_t signal) { return pidfd_send_signal(pidfd, signal, NULL, 0) == 0 ? 0 : errno; }

int cl_lifeline(int ends[2]) {
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0 ? 0 : errno;
}

int cl_say(int fd, const void *bytes, size_t count) {
    ssize_t sent;
    do {
        sent = send(fd, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)count ? 0 : sent < 0 ? errno : EAGAIN;
}

int cl_notify(const char *path, const void *bytes, size_t count) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof address.sun_path) return EINVAL;
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') address.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return errno;
    ssize_t sent = sendto(
        fd, bytes, count, MSG_NOSIGNAL, (struct sockaddr *)&address,
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
    int error = sent < 0 ? errno : 0;
    close(fd);
    return error;
}

int cl_hear_beats(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    unlink(path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0
        || bind(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    // Where the kernel can't, whoever listens has to make sure by itself.
    setsockopt(fd, SOL_SOCKET, SO_PASSPIDFD, &on, sizeof on);
    return fd;
}

int cl_take_beat(int fd, int32_t *pid, int *pidfd) {
    char byte[64];
    union {
        char space[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(sizeof(int))];
        struct cmsghdr header;
    } control;
    struct iovec part = {.iov_base = byte, .iov_len = sizeof byte};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
    *pid = 0;
    *pidfd = -1;
    if (recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0) return 0;
    for (struct cmsghdr *next = CMSG_FIRSTHDR(&message); next; next = CMSG_NXTHDR(&message, next)) {
        if (next->cmsg_level != SOL_SOCKET) continue;
        if (next->cmsg_type == SCM_CREDENTIALS) {
            struct ucred sender;
            memcpy(&sender, CMSG_DATA(next), sizeof sender);
            *pid = sender.pid;
        } else if (next->cmsg_type == SCM_PIDFD) {
            memcpy(pidfd, CMSG_DATA(next), sizeof *pidfd);
        }
    }
    return 1;
}

int cl_wait_any(const int *fds, int count, int64_t nanoseconds) {
    struct pollfd polled[8];
    if (count > 8) count = 8;
    for (int i = 0; i < count; i++) polled[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    struct timespec time = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    int ready = ppoll(polled, (nfds_t)count, nanoseconds < 0 ? NULL : &time, NULL);
    int bits = 0;
    if (ready > 0) {
        for (int i = 0; i < count; i++) bits |= polled[i].revents != 0 ? 1 << i : 0;
    }
    return bits;
}

void cl_no_core_dumps(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) != 0) return;
    limit.rlim_cur = 0;
    setrlimit(RLIMIT_CORE, &limit);
}

void cl_keep_memory_private(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur > 0) return;
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int cl_memory_is_private(void) { return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0; }

uint64_t cl_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    rlim_t soft = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : soft;
}

int cl_become(const char *path, char *const *arguments, const int *kept, int count) {
    for (int i = 0; i < count; i++) {
        if (kept[i] >= 0) fcntl(kept[i], F_SETFD, 0);
    }
    execve(path, arguments, environ);
    int error = errno;
    for (int i = 0; i < count; i++) {
        if (kept[i] >= 0) fcntl(kept[i], F_SETFD, FD_CLOEXEC);
    }
    return error;
}
