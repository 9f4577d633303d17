/*
 * The LRU's batches: each CPU collects pages that are to go onto the LRU, and holds a reference to each until the batch
 * is full or drained.
 */
#ifndef MUSTER_LRU_H
#define MUSTER_LRU_H

#include "looks.h"
#include "zram.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

/*
 * Puts a page into this CPU's batch: a page that MADV_PAGEOUT takes off the LRU and finds no swap for is put back there
 * by way of the batch. 0, or -EAGAIN for what is no page of its own.
 */
MAYBE_UNUSED static long lru_add(int process, int mapping, int page) {
    struct range range = range_in(process, mapping, page);
    if (process != own_process) give_up("a page of another process cannot be put into a batch of the LRU");
    drain_lru();
    if (look_frame(mapping, page < 0 ? 0 : page) <= FRAME_OF_ZERO_PAGE) return -EAGAIN;
    if (look_mapcount(mapping, page < 0 ? 0 : page) > 1)
        give_up("a page that is mapped twice cannot be put into a batch of the LRU");
    control->means[BATCH_IS_FILLED] = 1;
    long result = status_of(madvise((void *)range.address, range.bytes, MADV_PAGEOUT));
    if (result == 0 && !look_present(mapping, page < 0 ? 0 : page))
        give_up("there is swap, so that a page cannot be put into a batch of the LRU");
    return result;
}

/* MARK: Around tests */

/* Tests that swap, too, keep the device. */
static bool needs_no_swap(void) {
    for (int need = 0; need < running->needs_count; need++)
        if (running->needs[need] == NEEDS_SWAP) return false;
    return true;
}

static void begin_without_swap(void) {
    if (needs_no_swap()) pause_swapping();
}

static void end_without_swap(void) {
    if (needs_no_swap()) resume_swapping();
}

static const char *missing_lru_batches(void) {
    char devices[512];
    if (missing_mapping_counts()) return missing_mapping_counts();
    /* Waits for another run, which may have swap of its own. */
    if (!has_guardian()) return "the kernel's knobs cannot be guarded";
    pause_swapping();
    bool others = read_file("/proc/swaps", devices, sizeof devices) > 0 && strstr(devices, "/");
    resume_swapping();
    return others ? "swap is in use: pages cannot be put into a batch of the LRU" : NULL;
}

#define LRU_BATCHES_PART {missing_lru_batches, begin_without_swap, end_without_swap}

#endif
