/*
 * userfaultfd(2): registering, write-protecting, filling and waking, and its events.
 */
#ifndef MUSTER_USERFAULT_H
#define MUSTER_USERFAULT_H

#include "userfault_descriptors.h"

enum { MOST_TAKEN_EVENTS = 64 };

/* What events concern that were read although nobody awaited them. */
static uintptr_t taken_events[MOST_TAKEN_EVENTS];
static _Atomic int taken_events_lock;

static void lock_taken_events(void) {
    while (atomic_exchange(&taken_events_lock, 1)) sched_yield();
}

static void unlock_taken_events(void) { atomic_store(&taken_events_lock, 0); }

static void forget_taken_events(void) {
    memset(taken_events, 0, sizeof taken_events);
    atomic_store(&taken_events_lock, 0);
}

__attribute__((constructor)) static void prepare_taken_events(void) {
    pthread_atfork(NULL, NULL, forget_taken_events);
}

static struct uffdio_range userfault_range(int mapping, int page) {
    struct range range = range_of(mapping, page);
    return (struct uffdio_range){range.address, range.bytes};
}

/* MARK: Calls */

/* `modes` as in enum userfault_mode. All registrations of one mapping have the same features. */
MAYBE_UNUSED static long userfault_register(int mapping, int page, unsigned modes) {
    uint64_t features = modes & USERFAULT_WP ? UFFD_FEATURE_PAGEFAULT_FLAG_WP : 0;
    if (modes & USERFAULT_ASYNC) features |= FEATURE_WP_ASYNC;
    if (modes & USERFAULT_UNPOPULATED) features |= FEATURE_WP_UNPOPULATED;
    if (modes & USERFAULT_EVENT_FORK) features |= UFFD_FEATURE_EVENT_FORK;
    if (!userfaults[mapping].registered) close_own_userfault(mapping);
    long result = need_userfault(mapping, features);
    if (result < 0) return result;
    if (features & ~userfaults[mapping].features & ~UFFD_FEATURE_PAGEFAULT_FLAG_WP)
        give_up("two registrations of '%s' want different features", running->mappings[mapping].name);
    struct uffdio_register registration = {.range = userfault_range(mapping, page)};
    if (modes & USERFAULT_WP) registration.mode |= UFFDIO_REGISTER_MODE_WP;
    if (modes & USERFAULT_MISSING) registration.mode |= UFFDIO_REGISTER_MODE_MISSING;
    if (modes & USERFAULT_MINOR) registration.mode |= UFFDIO_REGISTER_MODE_MINOR;
    result = control_userfault(mapping, UFFDIO_REGISTER, &registration);
    if (result == 0) userfaults[mapping].registered = true;
    return result;
}

/* Events that were read and not awaited are over once their page is woken. */
static void drop_taken_events(struct uffdio_range range) {
    lock_taken_events();
    for (int index = 0; index < MOST_TAKEN_EVENTS; index++)
        if (taken_events[index] - range.start < range.len) taken_events[index] = 0;
    unlock_taken_events();
}

MAYBE_UNUSED static long userfault_unregister(int mapping, int page) {
    struct uffdio_range range = userfault_range(mapping, page);
    return control_userfault(mapping, UFFDIO_UNREGISTER, &range);
}

static long change_write_protection(int mapping, int page, uint64_t mode) {
    struct uffdio_writeprotect change = {.range = userfault_range(mapping, page), .mode = mode};
    long result;
    /* -EAGAIN says that mappings are being changed meanwhile: again, as the manual page says. */
    while ((result = control_userfault(mapping, UFFDIO_WRITEPROTECT, &change)) == -EAGAIN) {
        sched_yield();
        progress();
    }
    return result;
}

MAYBE_UNUSED static long userfault_writeprotect(int mapping, int page) {
    return change_write_protection(mapping, page, UFFDIO_WRITEPROTECT_MODE_WP);
}

/* Takes the protection away, and wakes who waits for it unless told otherwise. */
MAYBE_UNUSED static long userfault_resolve(int mapping, int page, bool wake) {
    if (wake) drop_taken_events(userfault_range(mapping, page));
    return change_write_protection(mapping, page, wake ? 0 : UFFDIO_WRITEPROTECT_MODE_DONTWAKE);
}

MAYBE_UNUSED static long userfault_wake(int mapping, int page) {
    struct uffdio_range range = userfault_range(mapping, page);
    drop_taken_events(range);
    return control_userfault(mapping, UFFDIO_WAKE, &range);
}

/* Fills one stretch of memory with a page whose first word is the value. */
static long fill_missing(int mapping, uintptr_t address, size_t bytes, uint16_t value) {
    char *content = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (content == MAP_FAILED) return -errno;
    memcpy(content, &value, sizeof value);
    struct uffdio_copy copy = {.dst = address, .src = (uintptr_t)content, .len = bytes};
    long result;
    while ((result = control_userfault(mapping, UFFDIO_COPY, &copy)) == -EAGAIN) {
        sched_yield();
        progress();
    }
    munmap(content, bytes);
    return result;
}

/* Fills a page that is missing, or all pages of the mapping, with `value` in the first word, and wakes who waits. */
MAYBE_UNUSED static long userfault_copy(int mapping, int page, uint16_t value) {
    bool hugetlb = running->mappings[mapping].backing == HUGETLB;
    int step = hugetlb ? NAMED_PAGES_OF_HUGE_PAGE : 1;
    int first = page < 0 ? 0 : page, end = page < 0 ? running->mappings[mapping].pages : page + 1;
    long result = 0;
    drop_taken_events(userfault_range(mapping, page));
    for (int each = first; each < end && result == 0; each += step)
        result = fill_missing(
            mapping, address_of_page(own_process, mapping, each), hugetlb ? HUGE_PAGE_BYTES : PAGE_BYTES, value);
    return result;
}

/* Maps what the page cache has of a page, or of all pages of the mapping, and wakes who waits. */
MAYBE_UNUSED static long userfault_continue(int mapping, int page) {
    int first = page < 0 ? 0 : page, end = page < 0 ? running->mappings[mapping].pages : page + 1;
    long result = 0;
    drop_taken_events(userfault_range(mapping, page));
    for (int each = first; each < end && result == 0; each++) {
        struct uffdio_continue call = {.range = userfault_range(mapping, each)};
        while ((result = control_userfault(mapping, UFFDIO_CONTINUE, &call)) == -EAGAIN) {
            sched_yield();
            progress();
        }
    }
    return result;
}

/* MARK: Events */

/* The child that is being forked: it has this memory's mappings already, but no process yet. */
static int child_being_forked(int mapping) {
    for (int actor = 0; actor < running->actors_count; actor++)
        if (running->actors[actor].parent >= 0 && running->actors[running->actors[actor].parent].process == own_process &&
            !running->actors[actor].thread && control->addresses[actor][mapping] &&
            !atomic_load(&control->actors[actor].pid) && !atomic_load(&control->actors[actor].fork_failed))
            return actor;
    return -1;
}

static void note_fork_event(int mapping, int child, int descriptor) {
    unsigned long note = (unsigned long)getpid() << 32 | (unsigned long)descriptor << 16 | (unsigned long)child << 6 |
                         (unsigned long)mapping;
    for (int index = FORK_EVENTS; index < FORK_EVENTS + MOST_FORK_EVENTS; index++)
        if (!control->means[index]) {
            control->means[index] = (long)note;
            return;
        }
    give_up("too many forks with userfaultfd events");
}

/* Reads one event, if there is one; what it concerns is 0 where there is none, and 1 for a fork. */
static uintptr_t read_event(int mapping) {
    struct uffd_msg message;
    int child = child_being_forked(mapping);
    if (read(userfault_descriptor(mapping), &message, sizeof message) != sizeof message) return 0;
    if (message.event == UFFD_EVENT_PAGEFAULT) return (uintptr_t)message.arg.pagefault.address;
    if (message.event != UFFD_EVENT_FORK) return 0;
    if (child >= 0) note_fork_event(mapping, child, (int)message.arg.fork.ufd);
    return 1;
}

/* Whether what an event concerns is what is asked for. */
static bool concerns(uintptr_t event, int mapping, int page) {
    struct range range = range_of(mapping, page);
    if (page >= 0 && running->mappings[mapping].backing == HUGETLB) {
        range.address &= ~(uintptr_t)(HUGE_PAGE_BYTES - 1);
        range.bytes = HUGE_PAGE_BYTES;
    }
    return event == 1 || event - range.address < range.bytes;
}

/* Takes an event for the pages out of those that were read before. */
static bool find_taken_event(int mapping, int page, bool take) {
    bool found = false;
    lock_taken_events();
    for (int index = 0; index < MOST_TAKEN_EVENTS && !found; index++) {
        found = taken_events[index] > 1 && concerns(taken_events[index], mapping, page);
        if (found && take) taken_events[index] = 0;
    }
    unlock_taken_events();
    return found;
}

static void put_aside(uintptr_t event) {
    lock_taken_events();
    int index = 0;
    while (index < MOST_TAKEN_EVENTS - 1 && taken_events[index]) index++;
    taken_events[index] = event;
    unlock_taken_events();
}

/* Waits for an event of the pages, or of a fork, and takes it. */
MAYBE_UNUSED static long await_fault(int mapping, int page) {
    long result = need_userfault(mapping, 0);
    if (result < 0) return result;
    for (;;) {
        if (find_taken_event(mapping, page, true)) return 0;
        struct pollfd wait = {userfault_descriptor(mapping), POLLIN, 0};
        poll(&wait, 1, -1);
        uintptr_t event = read_event(mapping);
        if (!event) continue;
        if (concerns(event, mapping, page)) return 0;
        put_aside(event);
    }
}

/* Whether there is an event of the pages, or of a fork. Takes none: what has to be read to know is put aside. */
MAYBE_UNUSED static long poll_fault(int mapping, int page) {
    if (need_userfault(mapping, 0) < 0) return 0;
    for (;;) {
        if (find_taken_event(mapping, page, false)) return 1;
        struct pollfd look = {userfault_descriptor(mapping), POLLIN, 0};
        if (poll(&look, 1, 0) <= 0 || !(look.revents & POLLIN)) return 0;
        /* Reading the event of a fork would let the fork go on. */
        if (page < 0 || (userfaults[mapping].features & UFFD_FEATURE_EVENT_FORK)) return 1;
        uintptr_t event = read_event(mapping);
        if (event) put_aside(event);
    }
}

#endif
