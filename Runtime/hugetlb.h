/*
 * The pool of huge pages of hugetlb: before a run it has exactly as many free ones as the test says.
 */
#ifndef MUSTER_HUGETLB_H
#define MUSTER_HUGETLB_H

#include "knobs.h"
#include "memory.h"

#define HUGETLB_FOLDER "/sys/kernel/mm/hugepages/hugepages-2048kB/"

/* As many as the test could ever need: each process has its own copy of all. */
static long pool_for_all(void) {
    long pages = 0;
    for (int mapping = 0; mapping < running->mappings_count; mapping++)
        if (running->mappings[mapping].backing == HUGETLB)
            pages += running->mappings[mapping].pages / NAMED_PAGES_OF_HUGE_PAGE;
    return pages * (running->actors_count + 1);
}

static long pages_in_use(void) {
    return read_number(HUGETLB_FOLDER "nr_hugepages") - read_number(HUGETLB_FOLDER "free_hugepages");
}

/* Makes the pool have so many free pages. Memory may have to be made room in first. */
static void fill_pool(void) {
    long wanted = running->hugepages >= 0 ? running->hugepages : pool_for_all();
    /* Pages that a device of the run before had come back a moment later. */
    for (int attempt = 0; attempt < 100 && pages_in_use() > 0; attempt++) sleep_milliseconds(5);
    for (int attempt = 0; attempt < 20; attempt++) {
        char text[32];
        if (read_number(HUGETLB_FOLDER "free_hugepages") == wanted) return;
        snprintf(text, sizeof text, "%ld", wanted + pages_in_use());
        write_file(HUGETLB_FOLDER "nr_hugepages", text);
        if (attempt > 2) write_file("/proc/sys/vm/compact_memory", "1");
        if (attempt > 5) sleep_milliseconds(20);
    }
    note_trouble("the pool cannot have %ld huge pages", wanted);
}

static const char *missing_hugetlb(void) {
    if (access(HUGETLB_FOLDER "nr_hugepages", F_OK) != 0) return "the kernel has no hugetlb pages of 2 MiB";
    if (geteuid() != 0) return "needs root: the pool of huge pages";
    if (set_knob(HUGETLB_FOLDER "nr_overcommit_hugepages", "0") < 0 || !guard_knob(HUGETLB_FOLDER "nr_hugepages"))
        return "the pool of huge pages cannot be changed";
    return NULL;
}

#define HUGETLB_PART {missing_hugetlb, fill_pool, NULL}

#endif
