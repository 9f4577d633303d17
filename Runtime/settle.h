/*
 * Keeps frames comparable: frames that are freed are not handed out again while the test runs, and references that a
 * processor's LRU batch holds are let go.
 */
#ifndef MUSTER_SETTLE_H
#define MUSTER_SETTLE_H

#include "memory.h"

enum {
    /* More than a batch of the LRU has (15, since 6.10 31), and than a statement of a test frees. */
    PAGES_TO_SETTLE = 64,
    SINK_PAGES = 64 * PAGES_TO_SETTLE,
};

/* In control->means: whether the test itself filled an LRU batch, which then has to stay as it is. */
enum { BATCH_IS_FILLED = 221 };

/* Memory that swallows frames. Children of fork do not get it. */
static char *sink;
static _Atomic int sink_used;

/* The child of a fork begins without. */
static void forget_sink(void) { sink = NULL; }

__attribute__((constructor)) static void prepare_sink(void) { pthread_atfork(NULL, NULL, forget_sink); }

/* Pages that nobody touched yet. Whoever needs more than there are gets a new sink; the old one stays. */
static char *untouched_pages(int count) {
    int first = atomic_fetch_add(&sink_used, count);
    if (!sink || first + count > SINK_PAGES) {
        size_t bytes = (size_t)SINK_PAGES * PAGE_BYTES;
        char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) give_up("no memory to keep frames apart with: %s", strerror(errno));
        madvise(memory, bytes, MADV_DONTFORK);
        madvise(memory, bytes, MADV_NOHUGEPAGE);
        sink = memory;
        atomic_store(&sink_used, count);
        first = 0;
    }
    return sink + (size_t)first * PAGE_BYTES;
}

static void touch_pages(char *pages, int count) {
    for (int page = 0; page < count; page++) *(volatile char *)(pages + (size_t)page * PAGE_BYTES) = 1;
}

/*
 * Takes the frames that were freed last on this CPU, and pushes the pages of the test out of its LRU batch. Between the
 * statements of tests that look at frames. A memory cgroup would count these pages, too.
 */
MAYBE_UNUSED static void settle(void) {
    if (running->memcg_actor >= 0 || control->means[BATCH_IS_FILLED]) return;
    touch_pages(untouched_pages(PAGES_TO_SETTLE), PAGES_TO_SETTLE);
}

/* The same for frames of huge pages. Where there is none left, none can be handed out again either. */
MAYBE_UNUSED static void settle_huge_pages(int count) {
    size_t bytes = (size_t)(count + 1) * HUGE_PAGE_BYTES;
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return;
    madvise(memory, bytes, MADV_DONTFORK);
    madvise(memory, bytes, MADV_HUGEPAGE);
    uintptr_t first = ((uintptr_t)memory + HUGE_PAGE_BYTES - 1) & ~(uintptr_t)(HUGE_PAGE_BYTES - 1);
    for (int page = 0; page < count; page++) *(volatile char *)(first + (uintptr_t)page * HUGE_PAGE_BYTES) = 1;
}

/* MARK: Draining the LRU batches of all CPUs */

/* Moving a page drains them all, whatever comes of the move. */
static long drain_by_moving(void) {
    void *page = untouched_pages(1);
    int node = 0, status = 0;
    *(volatile char *)page = 1;
    return result_of(syscall(SYS_move_pages, 0, 1, &page, &node, &status, 2 /* MPOL_MF_MOVE */));
}

/* MADV_COLD drains the CPU that it runs on. */
static void drain_cpu_by_cpu(void) {
    cpu_set_t allowed, one;
    char *page = untouched_pages(1);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
    for (int cpu = 0; cpu < sysconf(_SC_NPROCESSORS_CONF); cpu++) {
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        if (sched_setaffinity(0, sizeof one, &one) != 0) continue;
        *(volatile char *)page = 1;
        madvise(page, PAGE_BYTES, MADV_COLD);
    }
    sched_setaffinity(0, sizeof allowed, &allowed);
}

static void drain_all_cpus(void) {
    expect_to_sleep(2000);
    if (drain_by_moving() < 0) drain_cpu_by_cpu();
    expect_no_more_sleep();
}

/* No batch of any CPU holds a reference to a page of the test afterwards. */
MAYBE_UNUSED static void drain_lru(void) {
    settle();
    drain_all_cpus();
}

/* The same as a statement of a test. */
MAYBE_UNUSED static long lru_drain(void) {
    control->means[BATCH_IS_FILLED] = 0;
    drain_lru();
    return 0;
}

#endif
