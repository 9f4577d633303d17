/*
 * Reclaim: swaps or writes pages out, by MADV_PAGEOUT; and, where a page is mapped twice, which that passes over, by a
 * memory cgroup that has to give up what it has.
 */
#ifndef MUSTER_SWAP_H
#define MUSTER_SWAP_H

#include "cgroups.h"
#include "looks.h"
#include "zram.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

#define RECLAIM_CGROUP "reclaim"

/* Little at first, so that other pages of the test stay. */
enum { LEAST_BYTES_TO_SHRINK = 128 << 10, MOST_SHRINKS = 20, PAGES_TO_ACTIVATE = 128 };

/* MARK: MADV_PAGEOUT */

static long advise_in(int process, struct range range, int advice) {
    if (process == own_process) return status_of(madvise((void *)range.address, range.bytes, advice));
    int pidfd = (int)syscall(SYS_pidfd_open, atomic_load(&control->actors[process].pid), 0);
    if (pidfd < 0) return -errno;
    struct iovec piece = {(void *)range.address, range.bytes};
    long result = status_of(syscall(SYS_process_madvise, pidfd, &piece, 1, advice, 0));
    close(pidfd);
    return result;
}

/* Whether none of the pages is present any more. */
static bool is_out(int process, int mapping, int page) {
    int first = page < 0 ? 0 : page, end = page < 0 ? running->mappings[mapping].pages : page + 1;
    for (int each = first; each < end; each++)
        if (look_present_in(process, mapping, each)) return false;
    return true;
}

/* MARK: Memory cgroups */

/* Does something with each page of the test that is present in another frame. */
static void for_pages_beside(uint64_t frame, void (*function)(int process, int mapping, int page, void *), void *value) {
    for (int process = 0; process < running->actors_count; process++)
        for (int mapping = 0; mapping < running->mappings_count; mapping++)
            for (int page = 0; page < running->mappings[mapping].pages; page++) {
                if (!control->addresses[process][mapping]) continue;
                uint64_t entry = pagemap_entry(process, mapping, page);
                if ((entry & PAGEMAP_PRESENT) && (entry & PAGEMAP_FRAME) != frame) function(process, mapping, page, value);
            }
}

static void count_page(int process, int mapping, int page, void *count) {
    (void)process, (void)mapping, (void)page;
    ++*(int *)count;
}

/* One access by the kernel that counts as a use of the page, without a fault or an unshare. */
static void mark_accessed(int process, uintptr_t address) {
    char path[64], byte;
    path_in_proc(path, process, "mem");
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    if (memory >= 0 && pread(memory, &byte, 1, (off_t)address) < 0) progress();
    close(memory);
}

static void activate_page(int process, int mapping, int page, void *unused) {
    (void)unused;
    for (int use = 0; use < 2; use++) mark_accessed(process, address_of_page(process, mapping, page));
}

/* Fills the list of active pages, so that the kernel takes the oldest of them off. */
static void activate_other_memory(void) {
    char *pages = untouched_pages(PAGES_TO_ACTIVATE);
    static char sink_of_content[PAGES_TO_ACTIVATE * PAGE_BYTES];
    touch_pages(pages, PAGES_TO_ACTIVATE);
    drain_all_cpus();
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    for (int use = 0; use < 2 && memory >= 0; use++)
        if (pread(memory, sink_of_content, sizeof sink_of_content, (off_t)(uintptr_t)pages) < 0) break;
    close(memory);
}

/* Makes the page in one frame the coldest of the test's, and the others hot. */
static void cool_down(uint64_t frame) {
    for (int actor = 0; actor < running->actors_count; actor++) {
        char path[64];
        path_in_proc(path, actor, "clear_refs");
        if (!running->actors[actor].thread) write_file(path, "1");
    }
    for_pages_beside(frame, activate_page, NULL);
    drain_all_cpus();
}

/* Takes so many bytes from the cgroup, or what it can give, by whichever door the kernel has. */
static void shrink_cgroup(long bytes) {
    char text[32];
    long rest = bytes_charged(RECLAIM_CGROUP) - bytes;
    if (cgroups_are_version_1) {
        write_in_cgroup(RECLAIM_CGROUP, "memory.force_empty", "0");
        return;
    }
    snprintf(text, sizeof text, "%ld", bytes);
    if (write_in_cgroup(RECLAIM_CGROUP, "memory.reclaim", text) == -ENOENT) {
        snprintf(text, sizeof text, "%ld", rest > 0 ? rest : 0);
        write_in_cgroup(RECLAIM_CGROUP, "memory.high", text);
        write_in_cgroup(RECLAIM_CGROUP, "memory.high", "max");
    }
}

/* The test's processes are charged to one cgroup, from before they begin. */
static void enter_reclaim_cgroup(void) {
    static bool made;
    if (!find_cgroups()) return;
    if (!made) made = make_cgroup(RECLAIM_CGROUP);
    if (made) enter_cgroup(RECLAIM_CGROUP);
}

static void leave_reclaim_cgroup(void) {
    if (cgroups) move_out_of_cgroups(getpid());
}

/* Shrinks the cgroup until the page is out; the run is not one where that takes other pages of the test, too. */
static long reclaim_by_cgroup(int process, int mapping, int page) {
    uint64_t frame = pagemap_entry(process, mapping, page < 0 ? 0 : page) & PAGEMAP_FRAME;
    int before = 0, after = 0;
    for_pages_beside(frame, count_page, &before);
    for (int attempt = 0; attempt < MOST_SHRINKS && !is_out(process, mapping, page); attempt++) {
        if (attempt > 1) activate_other_memory();
        cool_down(frame);
        expect_to_sleep(5000);
        shrink_cgroup(LEAST_BYTES_TO_SHRINK << attempt / 4);
        expect_no_more_sleep();
    }
    for_pages_beside(frame, count_page, &after);
    if (page >= 0 && after != before) give_up("reclaim took other pages than the one that is mapped twice");
    if (is_out(process, mapping, page)) return 0;
    for (int reference = 0; reference < running->references_count; reference++)
        if (atomic_load(&control->references[reference].holders)) return -EAGAIN;
    give_up("a page that is mapped twice could not be reclaimed");
}

/* MARK: The kernel's own doing */

/*
 * Gets the page out of memory: 0 when nothing is present there afterwards, else -EAGAIN: it is pinned, or has no place
 * to go to. Other processes that have the page lose it, too.
 */
MAYBE_UNUSED static long reclaim(int process, int mapping, int page) {
    struct range range = range_in(process, mapping, page);
    if (running->mappings[mapping].file >= 0) fsync(FILE_DESCRIPTORS + running->mappings[mapping].file);
    drain_lru();
    if (cgroups && look_mapcount_in(process, mapping, page < 0 ? 0 : page) > 1)
        return reclaim_by_cgroup(process, mapping, page);
    for (int attempt = 0; attempt < 3; attempt++) {
        long result = advise_in(process, range, MADV_PAGEOUT);
        if (result < 0) return result;
        if (is_out(process, mapping, page)) return 0;
        drain_lru();
        progress();
    }
    return -EAGAIN;
}

/* The multi-generational LRU does not tell hot pages from cold ones so soon: it is switched off. */
static const char *missing_reclaim(void) {
    const char *missing = missing_swap();
    if (!missing) set_knob("/sys/kernel/mm/lru_gen/enabled", "0");
    return missing;
}

/* MARK: A swap of a few pages */

MAYBE_UNUSED static void limit_swap(void) {
    if (!resize_swap(running->swap_pages)) note_trouble("swap cannot have %d pages: %s", running->swap_pages, strerror(errno));
}

MAYBE_UNUSED static void unlimit_swap(void) {
    if (!resize_swap(ZRAM_PAGES)) note_trouble("swap cannot be as it was: %s", strerror(errno));
}

/* Whether a page can be swapped out now. */
static bool swap_takes_a_page(void) {
    char *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return false;
    unsigned char is_there = 1;
    *page = 1;
    for (int attempt = 0; attempt < 3 && (is_there & 1); attempt++) {
        drain_lru();
        madvise(page, PAGE_BYTES, MADV_PAGEOUT);
        if (mincore(page, PAGE_BYTES, &is_there) != 0) break;
    }
    munmap(page, PAGE_BYTES);
    return !(is_there & 1);
}

/* Kernels before 6.12 look for a place in a device that is smaller than a cluster everywhere but where they begin. */
MAYBE_UNUSED static const char *missing_limited_swap(void) {
    const char *missing = missing_reclaim();
    if (missing) return missing;
    if (has_other_swap()) return "there is other swap, to which pages would go";
    bool works = resize_swap(1) && swap_takes_a_page();
    resize_swap(ZRAM_PAGES);
    return works ? NULL : "the kernel gives no place out of a swap of one page";
}

static const char *missing_file_reclaim(void) { return geteuid() == 0 ? NULL : "needs root: reclaim of file pages"; }

#define SWAP_PART {missing_reclaim, enter_reclaim_cgroup, leave_reclaim_cgroup}
#define LIMITED_SWAP_PART {missing_limited_swap, limit_swap, unlimit_swap}
#define FILE_RECLAIM_PART {missing_file_reclaim, enter_reclaim_cgroup, leave_reclaim_cgroup}

#endif
