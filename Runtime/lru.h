/*
 * The LRU's batches: each CPU collects pages there, and holds a reference to each until the batch is full or drained.
 */
#ifndef MUSTER_LRU_H
#define MUSTER_LRU_H

#include "knobs.h"
#include "looks.h"

#define MULTI_GENERATIONAL_LRU "/sys/kernel/mm/lru_gen/enabled"

/* One access by the kernel that counts as a use of the page, without a fault or an unshare. */
static long mark_accessed(int process, uintptr_t address) {
    char path[64], byte;
    path_in_proc(path, process, "mem");
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    if (memory < 0) return -errno;
    long result = status_of(pread(memory, &byte, 1, (off_t)address));
    close(memory);
    return result;
}

/*
 * Puts the page into this CPU's batch of pages to be activated: the first use marks it as referenced, the second one
 * asks for its activation. 0 or a negative errno.
 */
MAYBE_UNUSED static long lru_add(int process, int mapping, int page) {
    uintptr_t address = address_of_page(process, mapping, page);
    drain_lru();
    if (!look_present_in(process, mapping, page < 0 ? 0 : page)) return -EAGAIN;
    long result = mark_accessed(process, address);
    return result < 0 ? result : mark_accessed(process, address);
}

MAYBE_UNUSED static long lru_drain(void) {
    drain_lru();
    return 0;
}

static const char *missing_lru_batches(void) {
    char enabled[32];
    /* The multi-generational LRU counts uses in the page and has no such batch. */
    if (!read_knob(MULTI_GENERATIONAL_LRU, enabled, sizeof enabled) || strtol(enabled, NULL, 0) == 0) return NULL;
    if (geteuid() != 0) return "needs root: the multi-generational LRU has to be switched off";
    return set_knob(MULTI_GENERATIONAL_LRU, "0") == 0 ? NULL : "the multi-generational LRU cannot be switched off";
}

#define LRU_BATCHES_PART {missing_lru_batches, NULL, NULL}

#endif
