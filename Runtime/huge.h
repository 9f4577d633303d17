/*
 * Transparent huge pages: when they come about, and collapsing small pages to one.
 *
 * A mapping of the test language that is collapsed has the geometry of a huge one (its pages are the first of 512) and
 * small pages in it.
 */
#ifndef MUSTER_HUGE_H
#define MUSTER_HUGE_H

#include "knobs.h"
#include "looks.h"

#define HUGE_FOLDER "/sys/kernel/mm/transparent_hugepage/"

/* MARK: Collapsing */

static struct range huge_range(int process, int mapping, int page) {
    struct range range = range_in(process, mapping, page);
    uintptr_t end = (range.address + range.bytes + HUGE_PAGE_BYTES - 1) & ~(uintptr_t)(HUGE_PAGE_BYTES - 1);
    range.address &= ~(uintptr_t)(HUGE_PAGE_BYTES - 1);
    range.bytes = end - range.address;
    return range;
}

static long advise_collapse(int process, struct range range) {
    if (process == own_process) return status_of(madvise((void *)range.address, range.bytes, MADV_COLLAPSE));
    int pidfd = (int)syscall(SYS_pidfd_open, atomic_load(&control->actors[process].pid), 0);
    if (pidfd < 0) return -errno;
    struct iovec piece = {(void *)range.address, range.bytes};
    long result = status_of(syscall(SYS_process_madvise, pidfd, &piece, 1, MADV_COLLAPSE, 0));
    close(pidfd);
    return result;
}

/* Lets khugepaged run until the page is huge, or it passed over all memory twice: for kernels without MADV_COLLAPSE. */
static long let_khugepaged_collapse(int process, int mapping, int page) {
    struct range range = huge_range(process, mapping, page);
    if (process != own_process) give_up("only MADV_COLLAPSE (since 6.1) collapses another process's pages");
    if (madvise((void *)range.address, range.bytes, MADV_HUGEPAGE) != 0) return -errno;
    long last_scan = read_number(HUGE_FOLDER "khugepaged/full_scans") + 3;
    uint64_t end = nanoseconds_now() + UINT64_C(2000000000);
    expect_to_sleep(3000);
    write_file(HUGE_FOLDER "khugepaged/scan_sleep_millisecs", "0");
    while (look_huge(mapping, page) != 1 && read_number(HUGE_FOLDER "khugepaged/full_scans") < last_scan &&
           nanoseconds_now() < end) {
        sleep_milliseconds(5);
        progress();
    }
    write_file(HUGE_FOLDER "khugepaged/scan_sleep_millisecs", "600000");
    expect_no_more_sleep();
    return look_huge(mapping, page) == 1 ? 0 : -EAGAIN;
}

/* Whether the kernel knows the advice: it refuses an empty range of memory only where it does not. */
static bool has_collapse(void) {
    static char page[PAGE_BYTES] __attribute__((aligned(PAGE_BYTES)));
    return madvise(page, 0, MADV_COLLAPSE) == 0;
}

/* Makes one huge page of the small ones around a page, or of all of a mapping: 0 or a negative errno. */
MAYBE_UNUSED static long collapse(int process, int mapping, int page) {
    int place = page < 0 ? 0 : page;
    if (look_huge_in(process, mapping, place) == 1) return 0;
    if (!has_collapse()) return let_khugepaged_collapse(process, mapping, place);
    expect_to_sleep(2000);
    long result = advise_collapse(process, huge_range(process, mapping, page));
    expect_no_more_sleep();
    if (result == 0 && look_huge_in(process, mapping, place) == 0) return -EAGAIN;
    return result;
}

/* MARK: Around tests */

static const char *missing_huge_pages(void) {
    char enabled[64];
    if (!read_knob(HUGE_FOLDER "enabled", enabled, sizeof enabled)) return "the kernel has no transparent huge pages";
    if (geteuid() != 0)
        return strcmp(enabled, "never") ? NULL : "transparent huge pages are off: " HUGE_FOLDER "enabled is 'never'";
    if (set_knob(HUGE_FOLDER "enabled", "madvise") < 0) return "the knobs of huge pages cannot be set";
    set_knob(HUGE_FOLDER "shmem_enabled", "advise");
    set_knob(HUGE_FOLDER "defrag", "madvise");
    set_knob(HUGE_FOLDER "use_zero_page", "1");
    /* khugepaged only collapses when it is asked to. */
    set_knob(HUGE_FOLDER "khugepaged/scan_sleep_millisecs", "600000");
    set_knob(HUGE_FOLDER "khugepaged/alloc_sleep_millisecs", "0");
    set_knob(HUGE_FOLDER "khugepaged/max_ptes_none", "511");
    set_knob(HUGE_FOLDER "khugepaged/pages_to_scan", "100000");
    return NULL;
}

static const char *missing_collapse(void) {
    const char *missing = missing_huge_pages();
    if (missing || has_collapse()) return missing;
    return geteuid() == 0 ? NULL : "needs root: the kernel has no MADV_COLLAPSE (since 6.1)";
}

/* Where memory is in small pieces it is put together before the run. */
static void make_room_for_huge_pages(void) {
    size_t bytes = 2 * HUGE_PAGE_BYTES;
    for (int attempt = 0; attempt < 3; attempt++) {
        char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) return;
        uintptr_t first = ((uintptr_t)memory + HUGE_PAGE_BYTES - 1) & ~(uintptr_t)(HUGE_PAGE_BYTES - 1);
        struct rusage before, after;
        madvise(memory, bytes, MADV_HUGEPAGE);
        getrusage(RUSAGE_SELF, &before);
        for (size_t offset = 0; offset < HUGE_PAGE_BYTES; offset += PAGE_BYTES) *(volatile char *)(first + offset) = 1;
        getrusage(RUSAGE_SELF, &after);
        munmap(memory, bytes);
        /* One fault, or one for each small page. */
        if (after.ru_minflt - before.ru_minflt < 64) return;
        write_file("/proc/sys/vm/compact_memory", "1");
    }
}

#define HUGE_PAGES_PART {missing_huge_pages, make_room_for_huge_pages, NULL}
#define COLLAPSE_PART {missing_collapse, NULL, NULL}

#endif
