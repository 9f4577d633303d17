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

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define HUGE_FOLDER "/sys/kernel/mm/transparent_hugepage/"

/* Whether all of a mapping's memory is mapped by huge entries, in the caller's memory. */
MAYBE_UNUSED static bool is_backed_by_huge_page(int mapping) {
    for (int page = 0; page < running->mappings[mapping].pages; page += NAMED_PAGES_OF_HUGE_PAGE)
        if (look_huge(mapping, page) != 1) return false;
    return true;
}

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
    write_file(HUGE_FOLDER "khugepaged/scan_sleep_millisecs", "0");
    while (look_huge(mapping, page) != 1 && read_number(HUGE_FOLDER "khugepaged/full_scans") < last_scan &&
           nanoseconds_now() < end) {
        sleep_milliseconds(5);
        progress();
    }
    write_file(HUGE_FOLDER "khugepaged/scan_sleep_millisecs", "600000");
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
    long result = advise_collapse(process, huge_range(process, mapping, page));
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

#define HUGE_PAGES_PART {missing_huge_pages, NULL, NULL}
#define COLLAPSE_PART {missing_collapse, NULL, NULL}

#endif
