/*
 * Descriptors of userfaultfd(2): one a mapping and process, USERFAULT_DESCRIPTORS + mapping.
 *
 * The descriptors concern the memory that they were opened in. What a child inherits concerns its parent's memory, so it
 * opens its own at its first call, or takes over what came with the event of its fork.
 */
#ifndef MUSTER_USERFAULT_DESCRIPTORS_H
#define MUSTER_USERFAULT_DESCRIPTORS_H

#include "memory.h"
#include <linux/userfaultfd.h>

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif
/* Features that headers before 6.7 do not have. */
#define FEATURE_WP_UNPOPULATED (UINT64_C(1) << 13)
#define FEATURE_WP_ASYNC (UINT64_C(1) << 15)

/* The words of uffd_register. */
enum userfault_mode {
    USERFAULT_WP = 1,
    USERFAULT_MISSING = 2,
    USERFAULT_ASYNC = 4,
    USERFAULT_UNPOPULATED = 8,
    USERFAULT_EVENT_FORK = 16,
    USERFAULT_MINOR = 32,
};

enum {
    /* Forks whose events were taken, in control->means from here on. */
    FORK_EVENTS = 224,
    MOST_FORK_EVENTS = 32,
};

/* Of each mapping's descriptor: whether it concerns this memory, its features, and whether anything was registered. */
static struct {
    bool own, registered;
    uint64_t features;
} userfaults[MOST_MAPPINGS];

/* What a forked child has is its parent's; what features that had it still wants to know. */
static void forget_userfaults(void) {
    for (int mapping = 0; mapping < MOST_MAPPINGS; mapping++)
        userfaults[mapping].own = userfaults[mapping].registered = false;
}

__attribute__((constructor)) static void prepare_userfaults(void) { pthread_atfork(NULL, NULL, forget_userfaults); }

/* MARK: Descriptors */

static int userfault_descriptor(int mapping) { return USERFAULT_DESCRIPTORS + mapping; }

static bool has_own_userfault(int mapping) {
    return userfaults[mapping].own && fcntl(userfault_descriptor(mapping), F_GETFD) >= 0;
}

/* A descriptor through which nothing was registered may have other features the next time. */
static void close_own_userfault(int mapping) {
    if (has_own_userfault(mapping)) close(userfault_descriptor(mapping));
    userfaults[mapping].own = false;
}

static long place_userfault(int descriptor, int mapping, uint64_t features) {
    long result = status_of(dup3(descriptor, userfault_descriptor(mapping), O_CLOEXEC));
    close(descriptor);
    if (result < 0) return result;
    userfaults[mapping].own = true;
    userfaults[mapping].features = features;
    return 0;
}

/* Faults of the kernel, too, where that is allowed. */
static long open_userfault(uint64_t *features) {
    int descriptor = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0 && errno == EPERM)
        descriptor = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
    if (descriptor < 0) return -errno;
    struct uffdio_api handshake = {.api = UFFD_API, .features = *features};
    if (ioctl(descriptor, UFFDIO_API, &handshake) == 0) {
        /* All that there are, not only those asked for. */
        *features = handshake.features;
        return descriptor;
    }
    long error = -errno;
    close(descriptor);
    return error;
}

/* What a fork event gave to this process, as the taker left it: the taker's pid and its descriptor. */
static bool take_over_fork_event(int mapping) {
    for (int index = FORK_EVENTS; index < FORK_EVENTS + MOST_FORK_EVENTS; index++) {
        unsigned long note = (unsigned long)control->means[index];
        if (!note || (int)(note & 63) != mapping || (int)(note >> 6 & 31) != own_process) continue;
        int taker = (int)syscall(SYS_pidfd_open, (pid_t)(note >> 32), 0);
        int descriptor = (int)syscall(SYS_pidfd_getfd, taker, (int)(note >> 16 & 0xffff), 0);
        close(taker);
        if (descriptor < 0 || place_userfault(descriptor, mapping, userfaults[mapping].features) != 0) return false;
        userfaults[mapping].registered = true;
        return true;
    }
    return false;
}

/* Opens this memory's descriptor of a mapping unless there is one: 0 or a negative errno. */
static long need_userfault(int mapping, uint64_t features) {
    if (has_own_userfault(mapping)) return 0;
    /* The note of a fork's event is written a moment after the fork returned. */
    for (int attempt = 0; attempt < 20 && (userfaults[mapping].features & UFFD_FEATURE_EVENT_FORK); attempt++) {
        if (take_over_fork_event(mapping)) return 0;
        sleep_milliseconds(1);
    }
    uint64_t offered = features;
    long descriptor = open_userfault(&offered);
    return descriptor < 0 ? descriptor : place_userfault((int)descriptor, mapping, features);
}

static long control_userfault(int mapping, unsigned long request, void *argument) {
    long result = need_userfault(mapping, 0);
    return result < 0 ? result : status_of(ioctl(userfault_descriptor(mapping), request, argument));
}

/* MARK: What is missing */

static const char *missing_userfaultfd(void) {
    uint64_t features = 0;
    long descriptor = open_userfault(&features);
    if (descriptor == -ENOSYS) return "the kernel has no userfaultfd";
    if (descriptor == -EPERM && geteuid() == 0)
        return "userfaultfd is forbidden here (by seccomp, as containers do?)";
    if (descriptor == -EPERM) return "userfaultfd is forbidden: needs root, or vm.unprivileged_userfaultfd 1";
    if (descriptor < 0) return "userfaultfd cannot be opened";
    close((int)descriptor);
    return NULL;
}

static const char *missing_userfaultfd_wp(void) {
    const char *missing = missing_userfaultfd();
    if (missing) return missing;
    uint64_t features = 0;
    close((int)open_userfault(&features));
    return features & UFFD_FEATURE_PAGEFAULT_FLAG_WP ? NULL : "the kernel has no write-protection by userfaultfd";
}

#define USERFAULTFD_PART {missing_userfaultfd, NULL, NULL}
#define USERFAULTFD_WP_PART {missing_userfaultfd_wp, NULL, NULL}

#endif
