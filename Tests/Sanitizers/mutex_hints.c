// Tells ThreadSanitizer what it can't see of Swift's Mutex on Linux. Without contention lock and unlock are atomics in
// our own, instrumented code; with it they go to the Synchronization library, which is not instrumented, and there the
// kernel hands the lock over (FUTEX_LOCK_PI). Preloaded, this stands before those two functions and says: what was
// released by the one is acquired by the other. In a program without the sanitizer it does nothing else than call them.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef __attribute__((swiftcall)) void lock_function(uint32_t, __attribute__((swift_context)) void *);
typedef __attribute__((swiftcall)) void unlock_function(__attribute__((swift_context)) void *);
typedef void hint_function(void *);

static void hint(const char *name, void *mutex) {
    hint_function *function = (hint_function *)dlsym(RTLD_DEFAULT, name);
    if (function) function(mutex);
}

lock_function lock_slow __asm__(LOCK);
unlock_function unlock_slow __asm__(UNLOCK);

__attribute__((swiftcall)) void lock_slow(uint32_t thread, __attribute__((swift_context)) void *mutex) {
    ((lock_function *)dlsym(RTLD_NEXT, LOCK))(thread, mutex);
    hint("__tsan_acquire", mutex);
}

__attribute__((swiftcall)) void unlock_slow(__attribute__((swift_context)) void *mutex) {
    hint("__tsan_release", mutex);
    ((unlock_function *)dlsym(RTLD_NEXT, UNLOCK))(mutex);
}
