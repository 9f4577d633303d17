/*
 * A limit of what a process may be charged: a memory cgroup of its own.
 *
 * All of a run's processes begin in it; the others leave at their first step. A fault that finds no memory kills the
 * process, through the kernel's OOM killer; a call that finds none fails, for which its caller is spared meanwhile.
 */
#ifndef MUSTER_MEMCG_H
#define MUSTER_MEMCG_H

#include "cgroups.h"
#include "looks.h"

#define LIMITED_CGROUP "limited"

/* In control->means: what is charged beside the pages of the test, in bytes; and the controller's pid. */
enum { CHARGED_BESIDE = 223, CONTROLLER_PID = 222 };

/* How many pages of the test a process has. */
static long pages_of_process(int process) {
    long count = 0;
    for (int mapping = 0; mapping < running->mappings_count; mapping++)
        for (int page = 0; page < running->mappings[mapping].pages; page++)
            if (control->addresses[process][mapping]) count += look_frame_in(process, mapping, page) > FRAME_OF_ZERO_PAGE;
    return count;
}

/* Half a page stands for what is charged beside the pages later: page tables, stacks. */
MAYBE_UNUSED static long memcg_limit(int process, int pages) {
    (void)process;
    if (pages < 0) return limit_cgroup(LIMITED_CGROUP, -1);
    long bytes = (long)bytes_of_page();
    return limit_cgroup(LIMITED_CGROUP, control->means[CHARGED_BESIDE] + pages * bytes + bytes / 2);
}

/* Whether the OOM killer may not take the caller. */
MAYBE_UNUSED static void spare_from_killer(bool spared) {
    write_file("/proc/self/oom_score_adj", spared ? "-1000" : "1000");
}

/* The first step of the process that is limited. */
MAYBE_UNUSED static void begin_limited(int pages) {
    control->means[CHARGED_BESIDE] = bytes_charged(LIMITED_CGROUP) - pages_of_process(own_process) * (long)bytes_of_page();
    /* The controller was in the cgroup so that its children are. */
    move_out_of_cgroups((int)control->means[CONTROLLER_PID]);
    long result = memcg_limit(own_process, pages);
    if (result < 0) give_up("the memory cgroup takes no limit: %s", strerror((int)-result));
    spare_from_killer(false);
}

/* The first step of all other processes. */
MAYBE_UNUSED static void begin_unlimited(void) { move_out_of_cgroups(getpid()); }

/* MARK: Around tests */

/*
 * A new cgroup for every run. Some of what a run was charged goes long after its processes, such as the pages of
 * io_uring's buffers; in an old cgroup that would be room for the next run.
 */
static void enter_limited_cgroup(void) {
    control->means[CONTROLLER_PID] = getpid();
    bool made = make_cgroup(LIMITED_CGROUP);
    if (!made || limit_cgroup(LIMITED_CGROUP, -1) < 0 || enter_cgroup(LIMITED_CGROUP) < 0)
        note_trouble("a memory cgroup cannot be used");
    /* What could be swapped out would not count. */
    write_in_cgroup(
        LIMITED_CGROUP, cgroups_are_version_1 ? "memory.swappiness" : "memory.swap.max", "0");
}

static void leave_limited_cgroup(void) {
    move_out_of_cgroups(getpid());
    if (!remove_cgroup(LIMITED_CGROUP)) note_trouble("a memory cgroup cannot be removed: %s", strerror(errno));
}

static const char *missing_memory_cgroup(void) {
    if (geteuid() != 0) return "needs root: memory cgroups";
    if (!find_cgroups()) return "no memory cgroups are mounted at /sys/fs/cgroup";
    char before[32];
    if (!read_knob("/proc/self/oom_score_adj", before, sizeof before)) return "/proc/self/oom_score_adj is missing";
    if (write_file("/proc/self/oom_score_adj", "-1000") < 0) return "needs CAP_SYS_RESOURCE: to be spared by the OOM killer";
    write_file("/proc/self/oom_score_adj", before);
    return missing_frame_numbers();
}

#define MEMORY_CGROUP_PART {missing_memory_cgroup, enter_limited_cgroup, leave_limited_cgroup}

#endif
