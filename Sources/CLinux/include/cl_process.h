// What Glibc's Swift module lacks: signalfd, eventfd, ppoll with nanoseconds, and writes that neither
// allocate nor wait without a bound. No policy lives here.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Blocks SIGTERM, SIGINT, SIGQUIT and SIGHUP in the calling thread and in all that it will start, ignores
/// the signals that would kill a daemon by accident, gives SIGCHLD its default, and returns a descriptor
/// from which the blocked ones are read; -1 with errno. Call before any other thread exists.
int cl_take_signals(void);
/// The next blocked signal that has arrived, 0 for none.
int32_t cl_next_signal(int fd);
/// Whether our parent had SIGHUP ignored, as nohup does. Ask before `cl_take_signals`.
int cl_hangup_is_ignored(void);
/// Whether this process has a controlling terminal.
int cl_has_terminal(void);

/// A counter that can be waited for; close-on-exec, never blocks a writer. -1 with errno.
int cl_eventfd(void);
/// Adds one.
void cl_eventfd_ring(int fd);
/// Sets it to zero.
void cl_eventfd_clear(int fd);

/// Waits until one of two descriptors can be read. Bit 0 for the first, bit 1 for the second, 0 when the time
/// is over. A negative descriptor is left out; a negative time waits without end.
int cl_wait_readable(int first, int second, int64_t nanoseconds);

/// Time since boot, suspension included.
int64_t cl_boot_nanoseconds(void);
/// UTC since 1970.
int64_t cl_utc_nanoseconds(void);

/// Writes all of it, waiting as long as it takes. 0, or errno.
int cl_write_all(int fd, const void *bytes, size_t count);
/// Writes as much as the reader takes within the time. 0 when all of it, ETIMEDOUT, or errno.
int cl_write_within(int fd, const void *bytes, size_t count, int64_t nanoseconds);
void cl_name_thread(const char *name);
/// All threads take memory from one heap instead of one each. Before the first other thread.
void cl_share_heap(void);
/// Gives memory back that is free now. Takes about a millisecond.
void cl_trim_heap(void);

// Children of a guardian.

/// As `cl_take_signals`, and SIGCHLD among them; the stop key of a terminal is ignored.
int cl_take_guardian_signals(void);
/// Starts a program in a process group of its own: signals at their defaults and none blocked, /dev/null to read
/// from, stdout and stderr as ours, and of our other descriptors only the inherited ones (negative for none).
/// Its pid, or -errno.
int32_t cl_spawn(
    const char *path, char *const *arguments, char *const *environment, const int *inherited, int count);
/// A descriptor that can be read once the process has ended; close-on-exec. -1 with errno.
int cl_pidfd(int32_t pid);
/// A signal to the process that the descriptor was opened for, and to no other. 0, or errno (ESRCH: it has ended).
int cl_kill_pidfd(int pidfd, int32_t signal);
/// A connected pair, close-on-exec, which never blocks. 0, or errno.
int cl_lifeline(int ends[2]);
/// Hands bytes to a connected socket without waiting and without a signal. 0, or errno (EAGAIN: it is full).
int cl_say(int fd, const void *bytes, size_t count);
/// One datagram to a unix socket by name ('@' for an abstract one), without waiting. 0, or errno.
int cl_notify(const char *path, const void *bytes, size_t count);
/// A datagram socket by this name, which tells who sends; made anew. -1 with errno.
int cl_hear_beats(const char *path);
/// Takes one datagram: 1, the sender's pid as we see it (0 if we can't), and its pidfd, close-on-exec (-1 where the kernel
/// hands out none); 0 when none is there.
int cl_take_beat(int fd, int32_t *pid, int *pidfd);
/// As `cl_wait_readable` for up to 8 descriptors; bit n for the n-th.
int cl_wait_any(const int *fds, int count, int64_t nanoseconds);
/// The soft limit of core dumps becomes 0.
void cl_no_core_dumps(void);
/// Keeps other processes of this user from this one's memory and descriptors: no debugger, no core dump. Not where core dumps
/// are allowed, which whoever started it asked for. The next program that it becomes has to say so again.
void cl_keep_memory_private(void);
/// Whether that holds now.
int cl_memory_is_private(void);
/// The soft limit of descriptors becomes the hard one. Returns how many may be open; 0 where nobody knows.
uint64_t cl_raise_descriptor_limit(void);
/// Replaces this program; the `kept` descriptors (negative for none) stay open in the next one. Returns errno.
int cl_become(const char *path, char *const *arguments, const int *kept, int count);

/// A descriptor that can be read when something appears in a directory; close-on-exec. -1 with errno.
int cl_watch_directory(const char *path);
/// Reads and forgets whatever waits there.
void cl_drain(int fd);
/// The calling thread alone yields to others: 0 is usual, 19 the most.
void cl_be_nice(int level);
/// Starts a program in a process group of its own, no descriptor of ours but `input` (its stdin), `output` (its stdout
/// and stderr); signals at their defaults. Its pid, or -errno.
int32_t cl_run(const char *path, char *const *arguments, char *const *environment, int input, int output);
/// A pipe, close-on-exec, whose ends never block us. 0, or errno.
int cl_pipe(int ends[2]);
/// Makes a descriptor that a child is to have block, as programs expect.
void cl_make_blocking(int fd);
