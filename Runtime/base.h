/*
 * What every other part of the runtime stands on: system headers, results and small tools.
 *
 * A result is 0 or a value, or a negative errno. Words of memory are 16 bits wide.
 */
#ifndef MUSTER_BASE_H
#define MUSTER_BASE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Functions that a test may do without. */
#define MAYBE_UNUSED __attribute__((unused))

enum {
    PAGE_BYTES = 4096,
    HUGE_PAGE_BYTES = 2 << 20,
    /* A huge page of the test language has four pages with names: the first four of the real one. */
    NAMED_PAGES_OF_HUGE_PAGE = 4,
    /* Where the four words of a page are, in bytes from each other. */
    WORD_STRIDE = 1024,
};

/* What a look gives that cannot be made here, and what it gives where nothing is. */
#define NOT_OBSERVABLE LONG_MIN
#define NOTHING_THERE (LONG_MIN + 1)

/* The result of a system call that gave -1 and errno. */
static inline long result_of(long returned) { return returned < 0 ? -errno : returned; }

/* 0, or the negative errno of a system call that gave -1. */
static inline long status_of(long returned) { return returned < 0 ? -errno : 0; }

#define NANOSECONDS_OF_SECOND UINT64_C(1000000000)

static inline uint64_t nanoseconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NANOSECONDS_OF_SECOND + (uint64_t)now.tv_nsec;
}

static inline void sleep_milliseconds(unsigned milliseconds) {
    struct timespec time = {milliseconds / 1000, (long)(milliseconds % 1000) * 1000000};
    while (nanosleep(&time, &time) != 0 && errno == EINTR) {}
}

/* Reads a small file whole, with a 0 byte behind it; the bytes read, or a negative errno. */
MAYBE_UNUSED static long read_file(const char *path, char *text, size_t size) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -errno;
    size_t length = 0;
    long got = 0;
    while (length + 1 < size && (got = read(file, text + length, size - 1 - length)) > 0) length += (size_t)got;
    long error = got < 0 ? -errno : 0;
    close(file);
    if (error) return error;
    text[length] = 0;
    return (long)length;
}

/* Writes a text to a file that exists: 0 or a negative errno. */
MAYBE_UNUSED static long write_file(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return -errno;
    long result = status_of(write(file, text, strlen(text)));
    close(file);
    return result;
}

/* Waits while a word is as expected, at most so long; 0 for any time. */
static inline void futex_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t nanoseconds) {
    struct timespec time = {(time_t)(nanoseconds / NANOSECONDS_OF_SECOND), (long)(nanoseconds % NANOSECONDS_OF_SECOND)};
    syscall(SYS_futex, word, FUTEX_WAIT, expected, nanoseconds ? &time : NULL, NULL, 0);
}

static inline void futex_wake(_Atomic uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0); }

#endif
