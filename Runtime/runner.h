/*
 * The controller: runs each test as often as it should, each run in fresh processes, and prints a line for each.
 *
 *     muster 1 RELEASE TESTS
 *     test INDEX ran RUNS NANOSECONDS | COUNT r REGISTERS… a FATES… l LOOKS… | …
 *     test INDEX missing REASON
 *     test INDEX broken REASON
 *     done TESTS
 */
#ifndef MUSTER_RUNNER_H
#define MUSTER_RUNNER_H

#include "coherence.h"
#include "exec.h"
#include "files.h"
#include "looks.h"
#include "references.h"
#include "settle.h"

struct options {
    long runs;                /* of a test whose steps are not all ordered */
    long milliseconds;        /* for all runs of one test */
    long limit_milliseconds;  /* for one run */
    bool frames;
    bool list_only;
    const char *only;         /* indices of tests, with commas; NULL for all */
    unsigned seed;
};

static struct options options = {.runs = 1000, .milliseconds = 2000, .limit_milliseconds = 20000, .seed = 1};

/* One outcome of a run. */
struct outcome {
    long count;
    long registers[MOST_REGISTERS];
    long fates[MOST_ACTORS];
    long looks[MOST_LOOKS];
};

enum { MOST_OUTCOMES = 256 };
static struct outcome outcomes[MOST_OUTCOMES];
static int outcomes_count;

/* MARK: Random numbers, the same in every run of the program */

static uint64_t random_state;

static uint32_t random_number(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 32);
}

/* MARK: Starting a run */

static void stay_on_cpu(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
}

static void go_anywhere(void) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
}

static long cpus_online(void) {
    static long count;
    if (!count) count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count;
}

/* The first CPU that this process may use; guests begin with 0, hosts may not. */
static int first_cpu(void) {
    static int first = -1;
    if (first >= 0) return first;
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        for (int cpu = 0; cpu < CPU_SETSIZE && first < 0; cpu++)
            if (CPU_ISSET(cpu, &set)) first = cpu;
    if (first < 0) first = 0;
    return first;
}

/* Steps wait a little at random, so that runs differ; most steps not at all. */
static void choose_delays(void) {
    memset(control->delays, 0, sizeof control->delays);
    control->plan = -1;
    if (running->ordered) return;
    if (running->plans_count && random_number() % 3) control->plan = (int)(random_number() % (uint32_t)running->plans_count);
    for (int actor = 0; actor < running->actors_count; actor++)
        for (int step = 0; step < running->actors[actor].steps && step < 64; step++)
            if (random_number() % 3 == 0) control->delays[actor][step] = random_number() % (1u << (random_number() % 17));
}

static void prepare_first_memory(void) {
    for (int mapping = 0; mapping < running->mappings_count; mapping++)
        if (running->mappings[mapping].at_start) map_pages(mapping);
    for (int mapping = 0; mapping < running->mappings_count; mapping++)
        if (running->mappings[mapping].at_start && running->mappings[mapping].written) write_first_words(mapping);
}

static void note_frames_at_start(void);
static void settle_start(void);

/* The beginning of a process that starts with the test. */
__attribute__((noreturn)) static void start_process(int actor, bool first) {
    catch_fatal_signals();
    if (running->ordered)
        stay_on_cpu(first_cpu());
    else if (random_number() % 4 == 0)
        stay_on_cpu((int)(random_number() % (uint32_t)cpus_online()));
    begin(actor);
    if (first) {
        prepare_first_memory();
        settle_start();
        note_frames_at_start();
    }
    atomic_fetch_add(&control->ready, 1);
    progress();
    while (!atomic_load(&control->started)) futex_wait(&control->started, 0, 0);
    run_to_the_end(actor, 0);
}

static int make_mailboxes(void) {
    for (int actor = 0; actor < running->actors_count; actor++) {
        int pair[2];
        if (running->actors[actor].thread) continue;
        if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0) return -errno;
        place_descriptor(pair[0], mailbox_of(actor));
        place_descriptor(pair[1], mailbox_of(actor) + 1);
    }
    return 0;
}

static void close_mailboxes(void) {
    for (int actor = 0; actor < running->actors_count; actor++) {
        close(mailbox_of(actor));
        close(mailbox_of(actor) + 1);
    }
}

/* MARK: Waiting for the end of a run */

/* Whether an actor is in the kernel and asleep; false also where it is gone. */
static bool is_asleep(int pid, int tid) {
    char path[80], text[512];
    snprintf(path, sizeof path, "/proc/%d/task/%d/stat", pid, tid);
    if (read_file(path, text, sizeof text) <= 0) return false;
    const char *state = strrchr(text, ')');
    return state && state[1] && (state[2] == 'S' || state[2] == 'D' || state[2] == 'I');
}

/* Notes processes that died without saying so: killed by the kernel. */
static void notice_deaths(void) {
    for (int index = 0; index < running->actors_count; index++) {
        struct actor *actor = &control->actors[index];
        uint32_t state = atomic_load(&actor->state);
        int pid = atomic_load(&actor->pid);
        if (running->actors[index].thread || state == NOT_STARTED || state >= EXITED || !pid || !is_zombie(pid)) continue;
        end_actors(index, NOBODY, KILLED, SIGKILL);
    }
}

/* Whether an actor cannot go on by itself, as far as the control block tells. */
static bool is_waiting(int index) {
    struct actor *actor = &control->actors[index];
    uint32_t state = atomic_load(&actor->state);
    int waits_for = atomic_load(&actor->waits_for);
    /* It has said one of the two and not yet the other: it is on its way. */
    if (state >= AWAITING_EVENT && state <= AWAITING_END && waits_for < 0) return false;
    switch (state) {
    case NOT_STARTED:
    case FINISHED: return true;
    case EXITED:
    case KILLED: return running->actors[index].thread || is_zombie(atomic_load(&actor->pid));
    case AWAITING_EVENT: return !atomic_load(&control->events[waits_for]);
    case AWAITING_CHILD: {
        /* A child that has ended, or whose fork failed, does not keep anybody waiting for long. */
        int pid = atomic_load(&control->actors[waits_for].pid);
        return pid && !has_ended(waits_for) && !is_zombie(pid);
    }
    case AWAITING_END: return atomic_load(&control->actors[waits_for].state) < FINISHED;
    default: return false;
    }
}

static bool all_wait(void) {
    for (int index = 0; index < running->actors_count; index++)
        if (!is_waiting(index)) return false;
    return true;
}

/*
 * Whether every actor that has not ended is asleep in the kernel. Also those that wait by the control block: one that
 * has said so and is still on its way into the kernel may hold a lock there that another one sleeps for.
 */
static bool all_sleep(void) {
    for (int index = 0; index < running->actors_count; index++) {
        struct actor *actor = &control->actors[index];
        uint32_t state = atomic_load(&actor->state);
        /* A child whose parent is not back from fork is wherever its parent is. */
        if (state == NOT_STARTED || !atomic_load(&actor->tid)) continue;
        if (state >= EXITED && is_waiting(index)) continue;
        if (!is_asleep(atomic_load(&actor->pid), atomic_load(&actor->tid))) return false;
    }
    return true;
}

/* Blocked is who was asleep in this many looks, a while apart: on a busy machine one pause says nothing. */
enum { SHORTEST_POLL = 100000, LONGEST_POLL = 10000000, LOOKS_UNTIL_BLOCKED = 25 };

/* When a run has taken too long. */
static uint64_t end_of_run(void) { return nanoseconds_now() + (uint64_t)options.limit_milliseconds * 1000000; }

/* Waits until nobody can go on: true; false when the time is over. */
static bool wait_until_quiet(void) {
    uint64_t now = nanoseconds_now(), end = end_of_run();
    uint64_t nap = SHORTEST_POLL;
    int looks_asleep = 0;
    for (; now < end; now = nanoseconds_now()) {
        uint32_t activity = atomic_load(&control->activity);
        if (atomic_load(&control->broken)) return true;
        if (all_wait() && atomic_load(&control->activity) == activity) return true;
        futex_wait(&control->activity, activity, nap);
        if (atomic_load(&control->activity) != activity) {
            nap = SHORTEST_POLL;
            looks_asleep = 0;
            continue;
        }
        nap = nap * 2 < LONGEST_POLL ? nap * 2 : LONGEST_POLL;
        notice_deaths();
        if (now < atomic_load(&control->sleeps_until) || !all_sleep())
            looks_asleep = 0;
        else if (nap == LONGEST_POLL && ++looks_asleep == LOOKS_UNTIL_BLOCKED)
            return true;
    }
    return false;
}

/* MARK: Looking at the end of a run */

/* A word as a load by the process would give it, without being one. */
static long final_content(const struct final_look *look) {
    if (has_ended(look->process) || !control->addresses[look->process][look->mapping]) return NOTHING_THERE;
    uintptr_t address = address_of_page(look->process, look->mapping, look->page) + (uintptr_t)look->word * WORD_STRIDE;
    int pid = atomic_load(&control->actors[look->process].pid);
    if (!pid) return NOTHING_THERE;
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%d/maps", pid);
    FILE *maps = fopen(path, "re");
    if (!maps) return NOTHING_THERE;
    bool readable = false;
    while (fgets(line, sizeof line, maps)) {
        unsigned long first, end;
        char protection[8];
        if (sscanf(line, "%lx-%lx %7s", &first, &end, protection) == 3 && first <= address && address < end)
            readable = protection[0] == 'r';
    }
    fclose(maps);
    if (!readable) return NOTHING_THERE;
    snprintf(path, sizeof path, "/proc/%d/mem", pid);
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    uint16_t word;
    long got = memory < 0 ? -1 : pread(memory, &word, sizeof word, (off_t)address);
    if (memory >= 0) close(memory);
    return got == sizeof word ? word : NOTHING_THERE;
}

static long look_at_end(const struct final_look *look) {
    bool is_of_process = look->kind != LOOK_FILE && look->kind != LOOK_COHERENT && look->kind != LOOK_START;
    if (is_of_process && (has_ended(look->process) || !atomic_load(&control->actors[look->process].pid)))
        return NOTHING_THERE;
    bool mapped_once = is_of_process && look->kind != LOOK_RESIDENT && control->addresses[look->process][look->mapping];
    switch (look->kind) {
    case LOOK_FILE: return read_from_file(look->mapping, look->page, look->word);
    case LOOK_CONTENT: return final_content(look);
    case LOOK_START: return (long)control->frames_at_start[look->mapping][look->page];
    case LOOK_FRAME: return mapped_once ? look_frame_in(look->process, look->mapping, look->page) : 0;
    case LOOK_MAPPED: return mapped_once ? look_present_in(look->process, look->mapping, look->page) : 0;
    case LOOK_YOUNG: return mapped_once ? look_young_in(look->process, look->mapping, look->page) : 0;
    case LOOK_SOFT_DIRTY: return mapped_once ? look_soft_dirty_in(look->process, look->mapping, look->page) : 0;
    case LOOK_PAGEMAP: return mapped_once ? (long)(pagemap_entry(look->process, look->mapping, look->page) >> 55) : 0;
    case LOOK_RESIDENT: return final_resident_kilobytes(look->process);
    case LOOK_COHERENT: return look_coherent(look->mapping);
    }
    return NOT_OBSERVABLE;
}

static void note_frames_at_start(void) {
    if (!running->looks_at_frames) return;
    for (int mapping = 0; mapping < running->mappings_count; mapping++)
        for (int page = 0; page < running->mappings[mapping].pages && page < 64; page++)
            if (running->mappings[mapping].at_start)
                control->frames_at_start[mapping][page] = (uint64_t)look_frame(mapping, page);
}

/* A huge mapping that was written has huge pages, or the test would be another one. */
static void check_huge_pages(void) {
    for (int mapping = 0; mapping < running->mappings_count; mapping++) {
        const struct mapping_declaration *declared = &running->mappings[mapping];
        if (declared->huge && declared->at_start && declared->written && !is_backed_by_huge_page(mapping))
            give_up("'%s' got no huge page", declared->name);
    }
}

static void settle_start(void) {
    check_huge_pages();
    if (running->looks_at_frames || running->ordered) {
        settle();
        drain_lru();
    }
}

/* What was kept in a register; NOTHING_THERE where the test did not get so far. */
static long value_of(int index) {
    struct measured_register *kept = &control->registers[index];
    return atomic_load(&kept->written) ? atomic_load(&kept->value) : NOTHING_THERE;
}

static long fate_of(int index) {
    struct actor *actor = &control->actors[index];
    switch (atomic_load(&actor->state)) {
    case NOT_STARTED: return 'n';
    case RUNNING: return atomic_load(&actor->tid) ? 'b' : 'n';
    case FINISHED:
    case EXITED: return 'f';
    case KILLED: return 'k' | (long)atomic_load(&actor->signal) << 8;
    default: return atomic_load(&actor->pid) ? 'b' : 'n';
    }
}

/* The name of a frame within a run: 2, 3, … in the order in which frames are asked for; 0 and 1 stay. */
static long name_of_frame(long frame, long *frames, int *frames_count) {
    if (frame == NOTHING_THERE || frame == NOT_OBSERVABLE || frame == 0 || frame == 1) return frame;
    for (int index = 0; index < *frames_count; index++)
        if (frames[index] == frame) return index + 2;
    frames[*frames_count] = frame;
    return 2 + (*frames_count)++;
}

/* Two runs that differ in nothing but which frames they happened to get have the same outcome. */
static void name_frames(struct outcome *outcome) {
    static long frames[MOST_REGISTERS + MOST_LOOKS];
    int count = 0;
    for (const int *index = running->frame_registers; *index >= 0; index++)
        outcome->registers[*index] = name_of_frame(outcome->registers[*index], frames, &count);
    for (int index = 0; index < running->looks_count; index++) {
        int kind = running->looks[index].kind;
        if (kind == LOOK_FRAME || kind == LOOK_START)
            outcome->looks[index] = name_of_frame(outcome->looks[index], frames, &count);
        if (kind == LOOK_RESIDENT && !running->ordered) outcome->looks[index] = NOT_OBSERVABLE;
    }
}

/* When to look: to read a word maps its page, which other looks would see, and words are stored to see coherence. */
static int turn_of(const struct final_look *look) {
    if (look->kind == LOOK_COHERENT) return 2;
    return look->kind == LOOK_CONTENT || look->kind == LOOK_FILE;
}

static void look_at_end_of_run(struct outcome *outcome) {
    for (int turn = 0; turn < 3; turn++)
        for (int index = 0; index < running->looks_count; index++)
            if (turn_of(&running->looks[index]) == turn)
                outcome->looks[index] = look_at_end(&running->looks[index]);
}

static void note_outcome(void) {
    static struct outcome seen;
    memset(&seen, 0, sizeof seen);
    for (int index = 0; index < running->actors_count; index++) seen.fates[index] = fate_of(index);
    for (int index = 0; index < running->registers_count; index++) seen.registers[index] = value_of(index);
    look_at_end_of_run(&seen);
    name_frames(&seen);
    for (int index = 0; index < outcomes_count; index++) {
        long count = outcomes[index].count;
        seen.count = count;
        if (memcmp(&seen, &outcomes[index], sizeof seen) == 0) {
            outcomes[index].count++;
            return;
        }
    }
    if (outcomes_count == MOST_OUTCOMES) {
        snprintf(control->trouble, sizeof control->trouble, "more than %d different outcomes", MOST_OUTCOMES);
        atomic_store(&control->broken, 1);
        return;
    }
    seen.count = 1;
    outcomes[outcomes_count++] = seen;
}

/* MARK: A run */

/* Kills all processes of the run, and waits until they are gone. */
static void kill_everybody(void) {
    for (int index = 0; index < running->actors_count; index++) {
        int pid = atomic_load(&control->actors[index].pid);
        if (pid > 1 && !running->actors[index].thread) kill(pid, SIGKILL);
    }
    uint64_t end = nanoseconds_now() + 5000000000u;
    for (int index = 0; index < running->actors_count; index++) {
        int pid = atomic_load(&control->actors[index].pid);
        if (pid <= 1 || running->actors[index].thread) continue;
        while (waitpid(pid, NULL, __WALL | WNOHANG) == 0 || (errno == ECHILD && kill(pid, 0) == 0 && !is_zombie(pid))) {
            if (nanoseconds_now() > end) return;
            sched_yield();
        }
    }
    while (waitpid(-1, NULL, __WALL | WNOHANG) > 0) {}
}

static void do_around(bool before) {
    for (int index = 0; index < running->needs_count; index++) {
        const struct feature_part *part = &feature_parts[running->needs[index]];
        void (*function)(void) = before ? part->before_run : part->after_run;
        if (function) function();
    }
}

static void run_once(void) {
    memset((void *)control, 0, sizeof *control);
    for (int index = 0; index < MOST_ACTORS; index++) {
        atomic_store(&control->actors[index].waits_for, -1);
        atomic_store(&control->actors[index].step, -1);
    }
    choose_delays();
    make_files();
    do_around(true);
    if (!atomic_load(&control->broken) && make_mailboxes() != 0) {
        snprintf(control->trouble, sizeof control->trouble, "no sockets: %s", strerror(errno));
        atomic_store(&control->broken, 1);
    }
    uint32_t processes = 0;
    for (int index = 0; index < running->actors_count && !atomic_load(&control->broken); index++) {
        if (running->actors[index].parent >= 0) continue;
        random_number();
        int pid = fork();
        if (pid == 0) start_process(index, index == 0);
        if (pid < 0) {
            snprintf(control->trouble, sizeof control->trouble, "no process: %s", strerror(errno));
            atomic_store(&control->broken, 1);
        }
        atomic_store(&control->actors[index].pid, pid);
        processes++;
        /* The first one's memory is there before another one begins. */
        while (atomic_load(&control->ready) < processes && !atomic_load(&control->broken)) {
            uint32_t activity = atomic_load(&control->activity);
            if (atomic_load(&control->ready) < processes) futex_wait(&control->activity, activity, SHORTEST_POLL);
            if (is_zombie(pid)) {
                snprintf(control->trouble, sizeof control->trouble, "a process died before the test began");
                atomic_store(&control->broken, 1);
            }
        }
    }
    if (!atomic_load(&control->broken)) {
        atomic_store(&control->started, 1);
        futex_wake(&control->started);
        bool quiet = wait_until_quiet();
        if (!quiet && !atomic_load(&control->broken)) {
            snprintf(
                control->trouble, sizeof control->trouble, "not over after %ld ms", options.limit_milliseconds);
            atomic_store(&control->broken, 1);
        }
        if (!atomic_load(&control->broken)) note_outcome();
    }
    kill_everybody();
    do_around(false);
    close_mailboxes();
    close_files();
}

/* MARK: Printing */

static void print_value(long value) {
    if (value == NOTHING_THERE)
        printf(" -");
    else if (value == NOT_OBSERVABLE)
        printf(" ?");
    else
        printf(" %ld", value);
}

static void print_outcome(const struct outcome *outcome) {
    printf(" | %ld r", outcome->count);
    for (int index = 0; index < running->registers_count; index++) print_value(outcome->registers[index]);
    printf(" a");
    for (int index = 0; index < running->actors_count; index++) {
        printf(" %c", (char)outcome->fates[index]);
        if ((char)outcome->fates[index] == 'k') printf("%ld", outcome->fates[index] >> 8);
    }
    printf(" l");
    for (int index = 0; index < running->looks_count; index++) print_value(outcome->looks[index]);
}

/* Why a test cannot run here; NULL where it can. */
static const char *why_not(const struct test *test) {
    static const char *answers[FEATURES];
    static bool asked[FEATURES];
    if (test->missing) return test->missing;
    for (int index = 0; index < test->needs_count; index++) {
        enum feature feature = test->needs[index];
        if (!asked[feature] && feature_parts[feature].missing) answers[feature] = feature_parts[feature].missing();
        asked[feature] = true;
        if (answers[feature]) return answers[feature];
    }
    return NULL;
}

static void run_test(int index, const struct test *test) {
    running = test;
    running_index = index;
    outcomes_count = 0;
    random_state = 0x9e3779b97f4a7c15u ^ ((uint64_t)options.seed << 32) ^ (uint64_t)index;
    const char *missing = why_not(test);
    if (missing) {
        printf("test %d missing %s\n", index, missing);
        return;
    }
    uint64_t start = nanoseconds_now(), end = start + (uint64_t)options.milliseconds * 1000000;
    long runs = 0, wanted = test->ordered ? 1 : options.runs;
    while (runs < wanted && (runs == 0 || nanoseconds_now() < end)) {
        run_once();
        if (atomic_load(&control->broken)) break;
        runs++;
    }
    if (atomic_load(&control->broken)) {
        printf("test %d broken %s\n", index, control->trouble);
        return;
    }
    printf("test %d ran %ld %llu", index, runs, (unsigned long long)(nanoseconds_now() - start));
    for (int each = 0; each < outcomes_count; each++) print_outcome(&outcomes[each]);
    printf("\n");
}

/* MARK: The program */

static void make_control(void) {
    int memory = memfd_create("muster-control", 0);
    if (memory < 0 || ftruncate(memory, sizeof(struct control)) != 0 || dup2(memory, CONTROL_DESCRIPTOR) < 0) {
        perror("muster: no memory to share");
        exit(70);
    }
    close(memory);
    control = mmap(
        (void *)CONTROL_ADDRESS, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE,
        CONTROL_DESCRIPTOR, 0);
    if (control == MAP_FAILED) {
        perror("muster: no memory to share");
        exit(70);
    }
}

/* Whether a list such as `3,17,20` names an index. */
static bool is_named(const char *list, int index) {
    if (!list) return true;
    for (const char *place = list; place; place = strchr(place, ',') ? strchr(place, ',') + 1 : NULL)
        if (atoi(place) == index) return true;
    return false;
}

static void read_options(int count, char **words) {
    for (int index = 1; index + 1 < count; index += 2) {
        const char *name = words[index], *value = words[index + 1];
        if (!strcmp(name, "--runs")) options.runs = atol(value);
        if (!strcmp(name, "--milliseconds")) options.milliseconds = atol(value);
        if (!strcmp(name, "--limit")) options.limit_milliseconds = atol(value);
        if (!strcmp(name, "--frames")) options.frames = atoi(value);
        if (!strcmp(name, "--seed")) options.seed = (unsigned)atol(value);
        if (!strcmp(name, "--only")) options.only = value;
    }
}

static int run_tests(const struct test *tests, int count) {
    struct utsname kernel;
    uname(&kernel);
    setvbuf(stdout, NULL, _IOLBF, 1 << 16);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    make_control();
    printf("muster 1 %s %d\n", kernel.release, count);
    int done = 0;
    for (int index = 0; index < count; index++) {
        if (!is_named(options.only, index)) continue;
        run_test(index, &tests[index]);
        fflush(stdout);
        done++;
    }
    printf("done %d\n", done);
    fflush(stdout);
    return 0;
}

#endif
