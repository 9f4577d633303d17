/*
 * Moving a page to another frame: move_pages(2) to another NUMA node.
 */
#ifndef MUSTER_MIGRATE_H
#define MUSTER_MIGRATE_H

#include "looks.h"

enum { MOVE_ALSO_SHARED_PAGES = 4 /* MPOL_MF_MOVE_ALL */, NODES = 2 };

/* The node of a page, or a negative errno. */
static long node_of(int pid, void *page) {
    int status = -ENOENT;
    long result = result_of(syscall(SYS_move_pages, pid, 1, &page, NULL, &status, 0));
    return result < 0 ? result : status;
}

/* Moves one page: 0 or a negative errno; -EAGAIN where it stays. */
static long migrate_page(int process, uintptr_t address) {
    int pid = atomic_load(&control->actors[process].pid), status = -EAGAIN;
    void *page = (void *)address;
    long from = node_of(pid, page);
    if (from < 0) return from;
    int to = (int)((from + 1) % NODES);
    long result = result_of(syscall(SYS_move_pages, pid, 1, &page, &to, &status, MOVE_ALSO_SHARED_PAGES));
    if (result < 0) return result;
    if (node_of(pid, page) == to) return 0;
    return status < 0 ? status : -EAGAIN;
}

MAYBE_UNUSED static long migrate(int process, int mapping, int page) {
    int first = page < 0 ? 0 : page, end = page < 0 ? running->mappings[mapping].pages : page + 1;
    /* The pages that are named of a huge page move together. */
    int step = page < 0 && look_huge_in(process, mapping, 0) == 1 ? NAMED_PAGES_OF_HUGE_PAGE : 1;
    long result = 0;
    expect_to_sleep(2000);
    for (int each = first; each < end && result == 0; each += step)
        result = migrate_page(process, address_of_page(process, mapping, each));
    expect_no_more_sleep();
    return result;
}

static const char *missing_migration(void) {
    if (access("/sys/devices/system/node/node1", F_OK) != 0) return "migration needs two NUMA nodes";
    return geteuid() == 0 ? NULL : "needs root: migration of pages that are mapped twice";
}

#define MIGRATION_PART {missing_migration, NULL, NULL}

#endif
