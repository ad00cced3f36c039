// A disk that fails on request, under any program: preloaded (LD_PRELOAD), it stands between the program and the C
// library for files below one directory. DISK_SHIM_DIR names the directory, DISK_SHIM_CONTROL a small file that says
// what holds now; it is read again at each call, so it may change while the program runs. It has one rule a line:
//
//     sync EIO            fsync and fdatasync fail with this error, and nothing is synced
//     sync lie            they say 0 and sync nothing
//     write ENOSPC        every write fails with this error, nothing is written
//     write torn          half of a write is written, and the next writes fail with EIO
//     write short         half of a write is written and half is said: lawful, and rarely met
//     rename EIO          a rename onto such a file fails with this error
//     sync delay 300      each call takes so many milliseconds more, and works
//     write hang          each call waits until the rule is gone
//     write trap          the program executes the instruction of a Swift trap, in the midst of its own code
//     write eat           it takes memory until somebody kills it
//     only -wal           rules are for files whose path ends so
//     once                the first call that a rule befalls removes all rules
//
// Faults that befell something are counted in the control file's neighbour `<control>.seen`, a byte each. SQLite maps
// its -shm file instead of writing it: what goes through a mapping is not seen here.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum action { NONE, FAIL, LIE, TORN, SHORT, DELAY, HANG, TRAP, EAT };
struct rule { enum action action; int error; long milliseconds; int once; };

static atomic_int torn;

// The shim itself goes to the kernel directly, so that it never meets itself.
static ssize_t raw_read(int fd, void *into, size_t size) { return syscall(SYS_read, fd, into, size); }

static void seen(const char *control) {
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s.seen", control) >= (int)sizeof path) return;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) return;
    syscall(SYS_write, fd, "x", 1UL);
    syscall(SYS_close, fd);
}

static int error_of(const char *word) {
    if (!strncmp(word, "ENOSPC", 6)) return ENOSPC;
    if (!strncmp(word, "EDQUOT", 6)) return EDQUOT;
    if (!strncmp(word, "EROFS", 5)) return EROFS;
    return EIO;
}

// What the control file says of `call` on `path` now.
static struct rule look(const char *call, const char *path) {
    struct rule rule = {NONE, 0, 0, 0};
    const char *control = getenv("DISK_SHIM_CONTROL");
    if (!control) return rule;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, control, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) return rule;
    char text[512];
    ssize_t count = raw_read(fd, text, sizeof text - 1);
    syscall(SYS_close, fd);
    if (count <= 0) return rule;
    text[count] = 0;
    size_t length = strlen(call);
    char *rest = NULL;
    int once = 0;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (!strncmp(line, "only ", 5)) {
            size_t end = strlen(line + 5), whole = strlen(path);
            if (whole < end || strcmp(path + whole - end, line + 5)) return (struct rule){NONE, 0, 0, 0};
        }
        if (!strcmp(line, "once")) once = 1;
        if (strncmp(line, call, length) || line[length] != ' ') continue;
        const char *word = line + length + 1;
        if (!strncmp(word, "lie", 3)) rule.action = LIE;
        else if (!strncmp(word, "torn", 4)) rule.action = TORN;
        else if (!strncmp(word, "short", 5)) rule.action = SHORT;
        else if (!strncmp(word, "hang", 4)) rule.action = HANG;
        else if (!strncmp(word, "trap", 4)) rule.action = TRAP;
        else if (!strncmp(word, "eat", 3)) rule.action = EAT;
        else if (!strncmp(word, "delay ", 6)) rule = (struct rule){DELAY, 0, atol(word + 6), 0};
        else rule = (struct rule){FAIL, error_of(word), 0, 0};
    }
    rule.once = once;
    return rule;
}

static int ours(const char *path) {
    const char *directory = getenv("DISK_SHIM_DIR");
    size_t length = directory ? strlen(directory) : 0;
    return length && !strncmp(path, directory, length) && path[length] == '/';
}

// The rule for an open file; files of other directories, pipes and sockets have none.
static struct rule look_at(const char *call, int fd) {
    int before = errno;
    char link[32], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t count = readlink(link, path, sizeof path - 1);
    struct rule rule = {NONE, 0, 0, 0};
    if (count > 0) {
        path[count] = 0;
        if (ours(path)) rule = look(call, path);
        if (rule.action != NONE) seen(getenv("DISK_SHIM_CONTROL"));
        if (rule.action != NONE && rule.once) unlink(getenv("DISK_SHIM_CONTROL"));
        if (rule.action == TRAP) __builtin_trap();
        while (rule.action == EAT) memset(malloc(1 << 20), 1, 1 << 20);
        while (rule.action == HANG) {
            usleep(10000);
            rule = look(call, path);
        }
        if (rule.action == DELAY) usleep((useconds_t)rule.milliseconds * 1000);
    }
    errno = before;
    return rule;
}

// How much of `size` is to be written; -1 with errno if nothing.
static ssize_t share(int fd, size_t size) {
    struct rule rule = look_at("write", fd);
    if (rule.action == FAIL) { errno = rule.error; return -1; }
    if (rule.action == SHORT) return size > 1 ? (ssize_t)(size / 2) : (ssize_t)size;
    if (rule.action == TORN) {
        if (atomic_exchange(&torn, 1)) { errno = EIO; return -1; }
        return size > 1 ? (ssize_t)(size / 2) : (ssize_t)size;
    }
    atomic_store(&torn, 0);
    return (ssize_t)size;
}

ssize_t write(int fd, const void *from, size_t size) {
    ssize_t part = share(fd, size);
    return part < 0 ? -1 : syscall(SYS_write, fd, from, (size_t)part);
}

ssize_t pwrite64(int fd, const void *from, size_t size, off64_t offset) {
    ssize_t part = share(fd, size);
    return part < 0 ? -1 : syscall(SYS_pwrite64, fd, from, (size_t)part, offset);
}

ssize_t pwrite(int fd, const void *from, size_t size, off_t offset) { return pwrite64(fd, from, size, offset); }

ssize_t writev(int fd, const struct iovec *parts, int count) {
    struct rule rule = look_at("write", fd);
    if (rule.action == FAIL || rule.action == TORN) { errno = rule.error ? rule.error : EIO; return -1; }
    return syscall(SYS_writev, fd, parts, count);
}

int ftruncate64(int fd, off64_t length) {
    struct rule rule = look_at("write", fd);
    if (rule.action == FAIL || rule.action == TORN) { errno = rule.error ? rule.error : EIO; return -1; }
    return (int)syscall(SYS_ftruncate, fd, length);
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

static int synced(int fd, long number) {
    struct rule rule = look_at("sync", fd);
    if (rule.action == FAIL) { errno = rule.error; return -1; }
    return rule.action == LIE ? 0 : (int)syscall(number, fd);
}

int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

int rename(const char *from, const char *to) {
    struct rule rule = {NONE, 0, 0, 0};
    if (ours(to)) rule = look("rename", to);
    if (rule.action == FAIL) { seen(getenv("DISK_SHIM_CONTROL")); errno = rule.error; return -1; }
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}
