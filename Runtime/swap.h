/*
 * Reclaim: swaps or writes pages out, by MADV_PAGEOUT; and, where a page is mapped twice, which that passes over, by
 * DAMON or by a memory cgroup that has to give up all it has.
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
#define DAMON_FOLDER "/sys/kernel/mm/damon/admin/kdamonds"

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

/* MARK: DAMON */

static bool write_to_damon(const char *name, uint64_t value) {
    char path[192], text[32];
    snprintf(path, sizeof path, DAMON_FOLDER "/%s", name);
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return write_file(path, text) == 0;
}

/* Lets DAMON page out one physical page, which needs it to watch for a moment that nobody uses the page. */
static bool describe_frame_to_damon(uint64_t frame) {
    static const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {
        {"nr_kdamonds", 1}, {"0/contexts/nr_contexts", 1}, {"0/contexts/0/targets/nr_targets", 1},
        {"0/contexts/0/targets/0/regions/nr_regions", 1}, {"0/contexts/0/schemes/nr_schemes", 1},
        {"0/contexts/0/monitoring_attrs/intervals/sample_us", 1000},
        {"0/contexts/0/monitoring_attrs/intervals/aggr_us", 2000},
        {"0/contexts/0/monitoring_attrs/intervals/update_us", 1000000},
        {"0/contexts/0/monitoring_attrs/nr_regions/min", 3},
        {"0/contexts/0/monitoring_attrs/nr_regions/max", 10},
        {"0/contexts/0/schemes/0/access_pattern/sz/max", UINT64_MAX / 2},
        {"0/contexts/0/schemes/0/access_pattern/nr_accesses/max", 1000},
        {"0/contexts/0/schemes/0/access_pattern/age/max", UINT64_MAX / 2},
    };
    for (size_t index = 0; index < sizeof numbers / sizeof *numbers; index++)
        if (!write_to_damon(numbers[index].name, numbers[index].value)) return false;
    return write_file(DAMON_FOLDER "/0/contexts/0/operations", "paddr") == 0 &&
           write_file(DAMON_FOLDER "/0/contexts/0/schemes/0/action", "pageout") == 0 &&
           write_to_damon("0/contexts/0/targets/0/regions/0/start", frame * PAGE_BYTES) &&
           write_to_damon("0/contexts/0/targets/0/regions/0/end", (frame + 1) * PAGE_BYTES);
}

static bool reclaim_by_damon(int process, int mapping, int page) {
    if (access(DAMON_FOLDER "/nr_kdamonds", W_OK) != 0) return false;
    uint64_t frame = pagemap_entry(process, mapping, page) & PAGEMAP_FRAME;
    bool out = false;
    if (describe_frame_to_damon(frame) && write_file(DAMON_FOLDER "/0/state", "on") == 0) {
        for (int attempt = 0; attempt < 50 && !out; attempt++) {
            sleep_milliseconds(4);
            progress();
            out = is_out(process, mapping, page);
        }
        write_file(DAMON_FOLDER "/0/state", "off");
    }
    write_to_damon("nr_kdamonds", 0);
    return out;
}

/* MARK: Memory cgroups */

/* Which pages of the test are present in frames other than one, as a sum that changes with each. */
static uint64_t pages_present_beside(uint64_t frame) {
    uint64_t sum = 0;
    for (int process = 0; process < running->actors_count; process++)
        for (int mapping = 0; mapping < running->mappings_count; mapping++)
            for (int page = 0; page < running->mappings[mapping].pages; page++) {
                if (!control->addresses[process][mapping]) continue;
                uint64_t entry = pagemap_entry(process, mapping, page);
                sum = sum * 31 + ((entry & PAGEMAP_PRESENT) && (entry & PAGEMAP_FRAME) != frame);
            }
    return sum;
}

static void shrink_cgroup(void) {
    if (write_in_cgroup(RECLAIM_CGROUP, "memory.reclaim", "16M") != -ENOENT) return;
    if (cgroups_are_version_1) {
        write_in_cgroup(RECLAIM_CGROUP, "memory.force_empty", "0");
    } else {
        write_in_cgroup(RECLAIM_CGROUP, "memory.high", "0");
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
    if (cgroups) leave_cgroups();
}

/* Takes all that the cgroup has; the run is not one where that takes other pages of the test, too. */
static long reclaim_by_cgroup(int process, int mapping, int page) {
    if (!cgroups) give_up("a page that is mapped twice cannot be reclaimed here");
    uint64_t frame = pagemap_entry(process, mapping, page < 0 ? 0 : page) & PAGEMAP_FRAME;
    uint64_t before = pages_present_beside(frame);
    shrink_cgroup();
    if (page >= 0 && pages_present_beside(frame) != before)
        give_up("reclaim took other pages than the one that is mapped twice");
    return is_out(process, mapping, page) ? 0 : -EAGAIN;
}

/* MARK: The kernel's own doing */

/*
 * Gets the page out of memory: 0 when nothing is present there afterwards, else -EAGAIN: it is pinned, or has no place
 * to go to. Other processes that have the page lose it, too.
 */
MAYBE_UNUSED static long reclaim(int process, int mapping, int page) {
    struct range range = range_in(process, mapping, page);
    if (running->mappings[mapping].file >= 0) fsync(FILE_DESCRIPTORS + running->mappings[mapping].file);
    for (int attempt = 0; attempt < 3; attempt++) {
        drain_lru();
        long result = advise_in(process, range, MADV_PAGEOUT);
        if (result < 0) return result;
        if (is_out(process, mapping, page)) return 0;
        progress();
    }
    if (look_mapcount_in(process, mapping, page < 0 ? 0 : page) < 2) return -EAGAIN;
    if (page >= 0 || running->mappings[mapping].pages == 1)
        if (reclaim_by_damon(process, mapping, page)) return 0;
    return reclaim_by_cgroup(process, mapping, page);
}

static const char *missing_file_reclaim(void) { return geteuid() == 0 ? NULL : "needs root: reclaim of file pages"; }

#define SWAP_PART {missing_swap, enter_reclaim_cgroup, leave_reclaim_cgroup}
#define FILE_RECLAIM_PART {missing_file_reclaim, enter_reclaim_cgroup, leave_reclaim_cgroup}

#endif
