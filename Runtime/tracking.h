/*
 * Tracking of writes and accesses by the kernel: clear_refs, and which ways of tracking there are.
 */
#ifndef MUSTER_TRACKING_H
#define MUSTER_TRACKING_H

#include "looks.h"

/* Lets every CPU that runs this memory forget all of its translations: unmaps more pages than are flushed one by one. */
static void flush_translations(void) {
    size_t bytes = 64 * PAGE_BYTES;
    char *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) return;
    for (size_t offset = 0; offset < bytes; offset += PAGE_BYTES) ((volatile char *)pages)[offset] = 1;
    munmap(pages, bytes);
}

/*
 * Clears the soft-dirty bits of the caller's memory, or the young bits. A processor that still holds a translation does
 * not set the young bit again, and the kernel leaves it at that: here the translations go, so that an access counts.
 */
MAYBE_UNUSED static long clear_references(bool young) {
    long result = write_file("/proc/self/clear_refs", young ? "1" : "4");
    if (result == 0 && young) flush_translations();
    return result;
}

/* MARK: What is missing */

static const char *missing_soft_dirty(void) {
    /* Without it clear_refs succeeds and does nothing. */
    if (entry_of_fresh_page() & PAGEMAP_SOFT_DIRTY) return NULL;
    return "the kernel has no soft-dirty bits (CONFIG_MEM_SOFT_DIRTY)";
}

static const char *missing_young_bits(void) {
    if (access("/proc/self/clear_refs", W_OK) != 0) return "the kernel has no /proc/PID/clear_refs";
    return missing_frame_numbers();
}

static const char *missing_pagemap_scan(void) {
    char page;
    struct pagemap_region region;
    struct pagemap_scan_request request = {
        .size = sizeof request, .start = (uintptr_t)&page & ~(uintptr_t)(PAGE_BYTES - 1), .regions = (uintptr_t)&region,
        .regions_count = 1, .required = CATEGORY_WRITTEN, .returned = CATEGORY_WRITTEN};
    request.end = request.start + PAGE_BYTES;
    int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (pagemap < 0) return "/proc/PID/pagemap cannot be read";
    long result = result_of(ioctl(pagemap, PAGEMAP_SCAN_IOCTL, &request));
    close(pagemap);
    return result >= 0 ? NULL : "the kernel has no PAGEMAP_SCAN (since 6.7)";
}

#define SOFT_DIRTY_PART {missing_soft_dirty, NULL, NULL}
#define YOUNG_BITS_PART {missing_young_bits, NULL, NULL}
#define PAGEMAP_SCAN_PART {missing_pagemap_scan, NULL, NULL}

#endif
