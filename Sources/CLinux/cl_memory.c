#define _GNU_SOURCE
#include "cl_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const int all_seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

int cl_seal_memory(const char *name, const void *bytes, size_t count) {
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) return -1;
    const char *next = bytes;
    while (count > 0) {
        ssize_t written = write(fd, next, count);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) goto failed;
        next += written;
        count -= (size_t)written;
    }
    if (fcntl(fd, F_ADD_SEALS, all_seals) != 0) goto failed;
    return fd;
failed:;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

int64_t cl_sealed_size(int fd) {
    int seals = fcntl(fd, F_GET_SEALS);
    struct stat facts;
    if (seals < 0 || (seals & all_seals) != all_seals || fstat(fd, &facts) != 0) return -1;
    return facts.st_size;
}

int cl_read_sealed(int fd, void *bytes, size_t count) {
    char *next = bytes;
    off_t offset = 0;
    while (count > 0) {
        ssize_t got = pread(fd, next, count, offset);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return got < 0 ? errno : EIO;
        next += got;
        offset += got;
        count -= (size_t)got;
    }
    return 0;
}

/// Room for one descriptor: what else comes the kernel closes.
union one_descriptor {
    char space[CMSG_SPACE(sizeof(int))];
    struct cmsghdr header;
};

int cl_hand_up(int fd, const void *bytes, size_t count, int handed) {
    union one_descriptor control;
    memset(&control, 0, sizeof control);
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = count};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof handed);
    memcpy(CMSG_DATA(header), &handed, sizeof handed);
    ssize_t sent;
    do {
        sent = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)count ? 0 : sent < 0 ? errno : EAGAIN;
}

int64_t cl_hear(int fd, void *bytes, size_t count, int *handed) {
    union one_descriptor control;
    struct iovec part = {.iov_base = bytes, .iov_len = count};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
    *handed = -1;
    ssize_t got = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0) return -1;
    for (struct cmsghdr *next = CMSG_FIRSTHDR(&message); next; next = CMSG_NXTHDR(&message, next)) {
        if (next->cmsg_level != SOL_SOCKET || next->cmsg_type != SCM_RIGHTS) continue;
        memcpy(handed, CMSG_DATA(next), sizeof *handed);
    }
    return got;
}
