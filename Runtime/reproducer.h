/*
 * What a stand-alone reproducer judges and tells its one test with. What is declared here takes the place of what the
 * other headers declare under the same name.
 */
#ifndef MUSTER_REPRODUCER_H
#define MUSTER_REPRODUCER_H

#include "runner.h"

/* Verdicts are exit statuses, as selftests of the kernel have them. */
enum verdict { GOOD = 0, BAD = 1, UNKNOWN = 4 };

enum { SECONDS_FOR_ALL_RUNS = 10, LONGEST_SLEEP = 10000000 /* nanoseconds */ };

/* Lets the others get ahead by some random time, now and then. */
static void dawdle(void) {
    static _Thread_local unsigned seed;
    if (!seed) seed = (unsigned)nanoseconds_now() * (unsigned)(self + 1) | 1;
    if (rand_r(&seed) % 3 != 0) return;
    uint64_t end = nanoseconds_now() + (uint64_t)rand_r(&seed) % (1u << rand_r(&seed) % 17);
    while (nanoseconds_now() < end) {}
}

/* Begins a statement: in some runs when it is its turn in the order that the model found, else after some time. */
static void take_turn(int step) {
    if (control->plan >= 0)
        follow_plan(step);
    else
        dawdle();
    atomic_store(&control->actors[self].step, step);
}

/* MARK: Preparing */

/* Maps memory of the test at its place. */
static void map_memory(void *place, size_t bytes, int protection, int flags, int file) {
    if (mmap(place, bytes, protection, flags | MAP_FIXED_NOREPLACE, file, 0) != place)
        give_up("mmap: %s", strerror(errno));
}

/* In words of 16 bits: how far pages are from each other, and the words of a page that are used. */
enum { PAGE = PAGE_BYTES / 2, WORD = WORD_STRIDE / 2 };

static struct range range_at(volatile uint16_t *first, int count) {
    return (struct range){(uintptr_t)first, (size_t)count * PAGE_BYTES};
}

/* MARK: What came of it */

static bool was_killed(int actor) { return atomic_load(&control->actors[actor].state) == KILLED; }

static bool was_forked(int actor) { return atomic_load(&control->actors[actor].state) != NOT_STARTED; }

static bool is_blocked(int actor) {
    uint32_t state = atomic_load(&control->actors[actor].state);
    return state != NOT_STARTED && state < FINISHED;
}

/* A word of a process's memory in the end. */
static long final_word(int process, volatile uint16_t *word) {
    uint16_t value;
    struct iovec here = {&value, sizeof value}, there = {(void *)word, sizeof value};
    if (has_ended(process)) return NOTHING_THERE;
    long got = process_vm_readv(atomic_load(&control->actors[process].pid), &here, 1, &there, 1, 0);
    return got == sizeof value ? value : NOTHING_THERE;
}

static volatile uint16_t *word_of(int process, int mapping, int page, int word) {
    return word_at(address_of_page(process, mapping, page), word);
}

/* The frame behind a page in the end; 0 where nothing is mapped. */
static long final_frame(int process, int mapping, int page) {
    return has_ended(process) ? 0 : look_frame_in(process, mapping, page);
}

static bool has_moved(int process, int mapping, int page) {
    long then = (long)control->frames_at_start[mapping][page], now = final_frame(process, mapping, page);
    return then && now && then != now;
}

static bool is_same_frame(long first, long second) { return first && first == second; }

/* MARK: Comparing */

/* Nothing compares to what is not there. */
static bool is_there(long value) { return value > NOTHING_THERE; }

static bool are_equal(long first, long second) { return is_there(first) && first == second; }

static bool differ(long first, long second) { return is_there(first) && is_there(second) && first != second; }

static bool is_less(long first, long second) { return is_there(first) && is_there(second) && first < second; }

/* MARK: Telling */

static void tell(const char *name, long value, const char *expected) {
    printf("#   %s = ", name);
    if (!is_there(value))
        printf("nothing");
    else if (value < 0)
        printf("%ld (%s)", value, strerror((int)-value));
    else
        printf("%ld", value);
    if (expected) printf(" (good: %s)", expected);
    printf("\n");
}

/* Who did not come to the end. */
static void tell_fates(void) {
    for (int actor = 0; actor < running->actors_count; actor++) {
        if (was_killed(actor))
            printf("#   %s was killed: %s\n", running->actors[actor].name, strsignal(atomic_load(&control->actors[actor].signal)));
        if (is_blocked(actor)) printf("#   %s waits for ever\n", running->actors[actor].name);
    }
}

/* MARK: Running */

/* Whether nobody has anything left to do. */
static bool all_are_done(void) {
    for (int actor = 0; actor < running->actors_count; actor++)
        if (is_blocked(actor)) return false;
    return true;
}

/* When a run has taken too long. */
static uint64_t end_of_run(void) {
    enum { SECONDS_FOR_ONE_RUN = 10 };
    return nanoseconds_now() + SECONDS_FOR_ONE_RUN * NANOSECONDS_OF_SECOND;
}

/* Waits until nobody has anything left to do: false when it took too long. */
static bool wait_until_done(void) {
    uint64_t end = end_of_run();
    for (;;) {
        uint32_t activity = atomic_load(&control->activity);
        if (atomic_load(&control->broken) || all_are_done()) return true;
        if (nanoseconds_now() > end) return false;
        futex_wait(&control->activity, activity, LONGEST_SLEEP);
    }
}

/* Ends all processes of the test, and waits until they are gone. */
static void kill_everybody(void) {
    for (int actor = 0; actor < running->actors_count; actor++) {
        int pid = atomic_load(&control->actors[actor].pid);
        if (pid && !running->actors[actor].thread) kill(pid, SIGKILL);
    }
    /* Parents come first: then their children are ours. */
    for (int actor = 0; actor < running->actors_count; actor++) {
        int pid = atomic_load(&control->actors[actor].pid);
        if (!pid || running->actors[actor].thread) continue;
        while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR) {}
    }
}

/* Memory that all processes of the test share, outside of what is tested. */
static void share_memory(void) {
    control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (control == MAP_FAILED) {
        perror("no memory to share");
        exit(UNKNOWN);
    }
    /* Grandchildren whose parent is gone are to be waited for. */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* The last words: what they are, and the status to exit with. */
static int finish(const char *name, enum verdict verdict, const char *reason) {
    if (verdict == UNKNOWN && !*reason) reason = "it did not come to an end";
#ifdef MUSTER_KSELFTEST
    if (verdict == UNKNOWN)
        printf("ok 1 %s # SKIP %s\n", name, reason);
    else
        printf("%s 1 %s\n", verdict == GOOD ? "ok" : "not ok", name);
#else
    if (verdict == UNKNOWN)
        printf("%s: cannot be told here: %s\n", name, reason);
    else
        printf("%s: %s\n", name, verdict == GOOD ? "good" : "BAD");
#endif
    return (int)verdict;
}

#endif
