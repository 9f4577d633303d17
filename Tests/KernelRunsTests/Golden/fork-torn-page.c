// SPDX-License-Identifier: Apache-2.0
/*
 * fork-torn-page: Can the early copy of a pinned page be torn by a thread that goes on storing?
 * Fork copies a pinned page word by word while another thread stores: the child may have the second
 * store without the first.
 *
 * The test, in Muster's language; the functions below do what it says:
 *
 *     test fork-torn-page
 *
 *     map x: anonymous private = 0
 *
 *     process parent {
 *         buffer = io_uring_register(x)
 *         thread writer {
 *             *x = 1
 *             *x.1 = 2
 *         }
 *         fork child {
 *             first = *x
 *             second = *x.1
 *         }
 *     }
 *
 *     never child:first == 0 && child:second == 2
 *
 * Which kernels are affected, by the model of their rules:
 *
 *     good; coherence broken   before 5.9
 *     bad; snapshot broken     5.9 to before 5.10.1; 5.10.150 and later; Debian's 5.10; Debian's
 *                              6.1; Debian's 6.12; Debian's 7.2
 *
 * Build and run:
 *
 *     cc -O1 -static -pthread -o reproducer fork-torn-page.c
 *     ./reproducer [RUNS]
 *
 * It needs io_uring (5.1); where that is missing, it says so and is skipped.
 *
 * Nothing orders all of its steps: it runs until the bad outcome is seen, 10000 times or 10 seconds
 * unless RUNS says otherwise, in every other run as the model came to it. That nothing was seen
 * proves nothing.
 *
 * It exits with 0 when the kernel is good, 1 when it is bad, 4 when that cannot be told.
 *
 * Printed when good, for example:
 *
 *     # parent:buffer = 0
 *     # child:first = 0
 *     # child:second = 0
 *
 * Printed when bad, for example:
 *
 *     # parent:buffer = 0
 *     # child:first = 0
 *     # child:second = 2
 *
 * Made by "muster emit".
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <pthread.h>
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
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { parent, writer, child, ACTORS }; /* processes and threads */
enum { buffer_of_parent, REFERENCES }; /* references to pages */
enum { parent_buffer, child_first, child_second, REGISTERS }; /* what is kept */

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

/* In words of 16 bits: how far pages are from each other, and the words of a page that are used. */
enum { WORD = WORD_STRIDE / 2 };

/* What the test does; how is further below. */
static void keep(int index, long value);
static long fork_actor(int actor);
static void start_thread(int actor);
static long take_fixed_buffer(int index, struct range range, bool huge);
static long value_of(int index);
static void take_turn(int step);
static struct range range_at(volatile uint16_t *first, int count);
static void tell(const char *name, long value, const char *expected);

static void run_parent(void) {
    take_turn(0);
    /* buffer = io_uring_register(x) */
    keep(parent_buffer, take_fixed_buffer(buffer_of_parent, range_at(x, 1), false));
    take_turn(1);
    start_thread(writer);
    take_turn(2);
    fork_actor(child);
}

static void run_writer(void) {
    take_turn(0);
    *x = 1;
    take_turn(1);
    x[1 * WORD] = 2;
}

static void run_child(void) {
    take_turn(0);
    keep(child_first, *x);
    take_turn(1);
    keep(child_second, x[1 * WORD]);
}

/* never child:first == 0 && child:second == 2 */
static bool is_bad(void) {
    return value_of(child_first) == 0 && value_of(child_second) == 2;
}

/* What came of it, and what a good kernel gives. */
static void tell_outcome(void) {
    tell("parent:buffer", value_of(parent_buffer), "0");
    tell("child:first", value_of(child_first), "0 or 1");
    tell("child:second", value_of(child_second), "0 or 2");
}

/* ---- What the test is made of ---- */

#define NOTHING_THERE (LONG_MIN + 1)

/* 0, or the negative errno of a system call that gave -1. */
static long status_of(long returned) { return returned < 0 ? -errno : 0; }

#define NANOSECONDS_OF_SECOND UINT64_C(1000000000)

static uint64_t nanoseconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NANOSECONDS_OF_SECOND + (uint64_t)now.tv_nsec;
}

/* Reads a small file whole, with a 0 byte behind it; the bytes read, or a negative errno. */
static long read_file(const char *path, char *text, size_t size) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -errno;
    size_t length = 0;
    long got = 0;
    while (length + 1 < size && (got = read(file, text + length, size - 1 - length)) > 0)
            length += (size_t)got;
    long error = got < 0 ? -errno : 0;
    close(file);
    if (error) return error;
    text[length] = 0;
    return (long)length;
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
    /* The statement that it is at, as an index into the actor's statements, from 0. */
    _Atomic int step;
    _Atomic int fork_failed;
};

struct measured_register {
    _Atomic int written;
    _Atomic long value;
};

/* A reference of the test language, for as long as the test runs. */
struct reference {
    /* Where its pages were in the memory that it was taken through. */
    uintptr_t address;
    size_t bytes;
    /* For the means: whatever it has to remember across processes. */
    long memory[16];
};

struct control {
    /* Changes with everything that an actor begins, ends or waits for. */
    _Atomic uint32_t activity;
    struct actor actors[ACTORS];
    struct measured_register registers[REGISTERS];
    struct reference references[REFERENCES];
    /* Why the test cannot go on, which is nobody's outcome: a text for the report. */
    _Atomic int broken;
    char trouble[256];
    /* The plan of the run: an index of the test's plans; -1 for none. */
    volatile int plan;
};

static struct control *control;

/* The actor that runs this code, and the actor that its process began with. */
static _Thread_local int self;
static _Thread_local int own_process;

static void progress(void) {
    atomic_fetch_add(&control->activity, 1);
    futex_wake(&control->activity);
}

static void note_trouble_with(const char *format, va_list arguments) {
    char text[sizeof control->trouble];
    vsnprintf(text, sizeof text, format, arguments);
    if (control->trouble[0] == 0) memcpy(control->trouble, text, sizeof text);
    atomic_store(&control->broken, 1);
    progress();
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

/* An order in which statements are to begin in some runs of a test with races. */
struct plan_step {
    int actor, step;
};

struct plan {
    int steps_count;
    const struct plan_step *steps;
};

struct actor_declaration {
    int process; /* the actor that its process begins with */
    bool thread;
    int steps;
    void (*run)(void);
};

static const struct actor_declaration actors[] = {
    [parent] = {.process = parent, .thread = false, .steps = 3, .run = run_parent},
    [writer] = {.process = parent, .thread = true, .steps = 2, .run = run_writer},
    [child] = {.process = child, .thread = false, .steps = 2, .run = run_child},
};

/* The order of the statements in which the model comes to the outcome: who, and which one. */
static const struct plan_step order[] = {
    {parent, 0},
    {parent, 1},
    {parent, 2},
    {writer, 0},
    {writer, 1},
    {child, 0},
    {child, 1},
};

static const struct plan plans[] = {{7, order}};

enum { STACK_BYTES = 256 << 10 };

static char thread_stacks[ACTORS][STACK_BYTES] __attribute__((aligned(PAGE_BYTES)));

/* Whether a statement has begun. */
static bool has_begun(const struct plan_step *step) {
    const struct actor *actor = &control->actors[step->actor];
    uint32_t state = atomic_load(&actor->state);
    return (state != NOT_STARTED && atomic_load(&actor->step) >= step->step) || state >= FINISHED;
}

enum { PATIENCE_NANOSECONDS = 2000000 };

/*
 * Waits for what comes before a step in the run's plan. It may never come: then nobody follows the
 * plan any more.
 */
static void follow_plan(int step) {
    const struct plan *plan = &plans[control->plan];
    uint64_t end = nanoseconds_now() + PATIENCE_NANOSECONDS;
    for (int index = 0; index < plan->steps_count; index++) {
        const struct plan_step *before = &plan->steps[index];
        if (before->actor == self && before->step == step) return;
        while (!has_begun(before) && control->plan >= 0) {
            if (nanoseconds_now() > end) control->plan = -1;
            sched_yield();
        }
        if (control->plan < 0) return;
    }
}

/* Keeps what a statement came to. */
static void keep(int index, long value) {
    atomic_store(&control->registers[index].value, value);
    atomic_store(&control->registers[index].written, 1);
}

static void begin(int actor) {
    self = actor;
    own_process = actors[actor].process;
    atomic_store(&control->actors[actor].pid, getpid());
    atomic_store(&control->actors[actor].tid, (int)syscall(SYS_gettid));
    atomic_store(&control->actors[actor].state, RUNNING);
    progress();
}

/* Runs an actor's statements from one on; then it stays, idle, until the test is over. */
__attribute__((noreturn)) static void run_to_the_end(int actor) {
    actors[actor].run();
    atomic_store(&control->actors[self].state, FINISHED);
    progress();
    futex_wake(&control->actors[actor].state);
    for (;;) pause();
}

/* A child whose fork failed. */
static void forget_child(int child) {
    atomic_store(&control->actors[child].fork_failed, 1);
    atomic_store(&control->actors[child].state, NOT_STARTED);
    progress();
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

static void *run_thread(void *actor_index) {
    int actor = (int)(intptr_t)actor_index;
    begin(actor);
    run_to_the_end(actor);
}

static void start_thread(int actor) {
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, thread_stacks[actor], STACK_BYTES);
    atomic_store(&control->actors[actor].state, RUNNING);
    int error = pthread_create(&thread, &attributes, run_thread, (void *)(intptr_t)actor);
    if (error) give_up("a thread cannot be started: %s", strerror(error));
    /* Until it is there, or a fork right after would copy a process with a half-made thread. */
    while (!atomic_load(&control->actors[actor].tid)) sched_yield();
}

static int descriptor_of(int reference) { return REFERENCE_DESCRIPTORS + 2 * reference; }

/* Puts a descriptor where the name's is; children inherit it. */
static long place_descriptor(int descriptor, int place) {
    if (descriptor == place) return 0;
    long result = status_of(dup2(descriptor, place));
    close(descriptor);
    return result;
}

/* Notes what a reference refers to; the taker's process holds it then. */
static struct reference *note_reference(int index, struct range range, bool huge) {
    struct reference *reference = &control->references[index];
    reference->address = range.address;
    reference->bytes = range.bytes;
    (void)huge;
    return reference;
}

/*
 * io_uring's fixed buffers: pages pinned for writing, for long. The device is the kernel, which
 * copies between the pinned pages and a memfd.
 *
 * The reference's two descriptors are the ring and the memfd. Every use maps the ring for its own
 * moment, so that a ring that was inherited, sent or kept across exec is like one's own. A ring
 * always reaches the pages that were registered, whoever uses it.
 */

/* Where the fields of a ring are, in a reference's memory. */
enum { SUBMISSION_TAIL, SUBMISSION_ARRAY, COMPLETION_HEAD, COMPLETION_TAIL, COMPLETIONS };

static int make_ring(struct io_uring_params *parameters) {
    memset(parameters, 0, sizeof *parameters);
    return (int)syscall(SYS_io_uring_setup, 1, parameters);
}

/*
 * Registers pages as one buffer. Where a block of pages stands for one, each is a buffer of its
 * own, so that the one that cannot be pinned says why.
 */
static long register_buffers(int ring, struct range range) {
    static struct iovec buffers[1024];
    size_t count = -1 < 0 ? 1 : range.bytes / PAGE_BYTES;
    if (count > sizeof buffers / sizeof *buffers)
            give_up("too many pages to pin under a memory limit");
    for (size_t buffer = 0; buffer < count; buffer++)
        buffers[buffer] = (struct iovec){(void *)(range.address + buffer * (range.bytes / count)),
                range.bytes / count};
    return status_of(syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, buffers, count));
}

/* Pins pages as a ring's fixed buffer. */
static long take_fixed_buffer(int index, struct range range, bool huge) {
    struct io_uring_params parameters;
    int ring = make_ring(&parameters);
    if (ring < 0) return -errno;
    long result = register_buffers(ring, range);
    int transfers = result == 0 ? memfd_create("transfers", MFD_CLOEXEC) : -1;
    if (result == 0 && transfers < 0) give_up("memfd_create: %s", strerror(errno));
    if (result < 0) {
        close(ring);
        return result;
    }
    struct reference *reference = note_reference(index, range, huge);
    reference->memory[SUBMISSION_TAIL] = parameters.sq_off.tail;
    reference->memory[SUBMISSION_ARRAY] = parameters.sq_off.array;
    reference->memory[COMPLETION_HEAD] = parameters.cq_off.head;
    reference->memory[COMPLETION_TAIL] = parameters.cq_off.tail;
    reference->memory[COMPLETIONS] = parameters.cq_off.cqes;
    place_descriptor(transfers, descriptor_of(index) + 1);
    return place_descriptor(ring, descriptor_of(index));
}

static const char *missing_io_uring(void) {
    struct io_uring_params parameters;
    int ring = make_ring(&parameters);
    if (ring >= 0) {
        close(ring);
        return NULL;
    }
    if (errno == ENOSYS) return "the kernel has no io_uring";
    if (errno != EPERM) return "io_uring does not work here";
    char disabled[16];
    if (read_file("/proc/sys/kernel/io_uring_disabled", disabled, sizeof disabled) > 0
            && disabled[0] != '0')
        return disabled[0] == '1'
                ? "io_uring is forbidden: kernel.io_uring_disabled is 1 (needs root)"
                                  : "io_uring is forbidden: kernel.io_uring_disabled is 2";
    return "io_uring is forbidden here (by seccomp, as containers do?)";
}

/* Whatever may be locked in memory is to be had without asking. */
static void allow_locked_memory(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_MEMLOCK, &limit);
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
        if (pid && !actors[actor].thread) kill(pid, SIGKILL);
    }
    /* Parents come first: then their children are ours. */
    for (int actor = 0; actor < ACTORS; actor++) {
        int pid = atomic_load(&control->actors[actor].pid);
        if (!pid || actors[actor].thread) continue;
        while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR) {}
    }
}

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

/*
 * Begins a statement: in some runs when it is its turn in the order that the model found, else
 * after some time.
 */
static void take_turn(int step) {
    if (control->plan >= 0)
        follow_plan(step);
    else
        dawdle();
    atomic_store(&control->actors[self].step, step);
}

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
        uint32_t activity = atomic_load(&control->activity);
        if (atomic_load(&control->broken) || all_are_done()) return true;
        if (nanoseconds_now() > end) return false;
        futex_wait(&control->activity, activity, LONGEST_SLEEP);
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
        printf("ok 1 %s # SKIP %s\n", name, reason);
    else
        printf("%s 1 %s\n", verdict == GOOD ? "ok" : "not ok", name);
    return (int)verdict;
}

/* ---- Running it ---- */

/* Why the test cannot run here; NULL where it can. */
static const char *why_not(void) {
    const char *reason = missing_io_uring();
    return reason;
}

/* The memory that is there when the test begins. */
static void prepare_memory(void) {
    /* map x: anonymous private = 0 */
    map_memory((void *)x, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    *x = 0;
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
    begin(actor);
    prepare_memory();
    run_to_the_end(actor);
}

/* Runs the test once, in fresh processes. */
static enum verdict run_once(void) {
    enum verdict verdict = UNKNOWN;
    memset((void *)control, 0, sizeof *control);
    static bool follows;
    follows = !follows;
    control->plan = follows ? 0 : -1;
    for (int actor = 0; actor < ACTORS; actor++) control->actors[actor].step = -1;
    allow_locked_memory();
    start_process(parent);
    if (wait_until_done() && !control->broken) {
        verdict = is_bad() ? BAD : GOOD;
        if (verdict == BAD) tell_outcome();
    }
    kill_everybody();
    return verdict;
}

int main(int argc, char **argv) {
    printf("TAP version 13\n1..1\n");
    share_memory();
    const char *reason = why_not();
    if (reason) return finish("fork-torn-page", UNKNOWN, reason);
    long runs = argc > 1 ? atol(argv[1]) : 10000, run = 0;
    uint64_t end = nanoseconds_now() + SECONDS_FOR_ALL_RUNS * NANOSECONDS_OF_SECOND;
    enum verdict verdict;
    do verdict = run_once();
    while (verdict == GOOD && ++run < runs && nanoseconds_now() < end);
    printf("# %ld runs\n", run + (verdict == BAD));
    return finish("fork-torn-page", verdict, control->trouble);
}
