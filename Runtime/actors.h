/*
 * Actors: processes and threads, how they begin, wait for each other and end.
 */
#ifndef MUSTER_ACTORS_H
#define MUSTER_ACTORS_H

#include "test.h"

enum { STACK_BYTES = 256 << 10 };

static char thread_stacks[MOST_ACTORS][STACK_BYTES] __attribute__((aligned(PAGE_BYTES)));

static void set_state(enum actor_state state, int waits_for) {
    struct actor *actor = &control->actors[self];
    uint32_t before = atomic_load(&actor->state);
    atomic_store(&actor->waits_for, waits_for);
    do {
        /* Another thread of the process ended it: what comes next does not count any more. */
        while (before >= EXITED) pause();
    } while (!atomic_compare_exchange_weak(&actor->state, &before, state));
    progress();
}

/* Whether a statement has begun. */
static bool has_begun(const struct plan_step *step) {
    const struct actor *actor = &control->actors[step->actor];
    uint32_t state = atomic_load(&actor->state);
    return (state != NOT_STARTED && atomic_load(&actor->step) >= step->step) || state >= FINISHED;
}

enum { PATIENCE_NANOSECONDS = 2000000 };

/* Waits for what comes before a step in the run's plan. It may never come: then nobody follows the plan any more. */
static void follow_plan(int step) {
    const struct plan *plan = &running->plans[control->plan];
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

/* Every statement of an actor begins with it. */
static inline void at(int step) {
    struct actor *actor = &control->actors[self];
    if (control->plan >= 0) follow_plan(step);
    atomic_store(&actor->step, step);
    atomic_fetch_add(&control->activity, 1);
    uint32_t delay = step < 64 ? control->delays[self][step] : 0;
    if (delay) {
        uint64_t end = nanoseconds_now() + delay;
        while (nanoseconds_now() < end) {}
    }
}

/* Keeps what a statement came to. */
static inline void keep(int index, long value) {
    atomic_store(&control->registers[index].value, value);
    atomic_store(&control->registers[index].written, 1);
}

MAYBE_UNUSED static void signal_event(int event) {
    atomic_store(&control->events[event], 1);
    futex_wake(&control->events[event]);
    progress();
}

MAYBE_UNUSED static void await_event(int event) {
    if (atomic_load(&control->events[event])) return;
    set_state(AWAITING_EVENT, event);
    while (!atomic_load(&control->events[event])) futex_wait(&control->events[event], 0, 0);
    set_state(RUNNING, -1);
}

enum { NOBODY = -1 };

/* Notes how a process's actors end that have begun: all of them, or all but one. What has ended stays as it is. */
static void end_actors(int process, int except, enum actor_state state, int signal_number) {
    for (int index = 0; index < running->actors_count; index++) {
        struct actor *actor = &control->actors[index];
        uint32_t before = atomic_load(&actor->state);
        if (running->actors[index].process != process || index == except) continue;
        if (before == NOT_STARTED || before >= EXITED) continue;
        atomic_store(&actor->signal, signal_number);
        atomic_store(&actor->state, state);
    }
}

/* MARK: Accesses that kill */

static void report_fatal_signal(int signal_number, siginfo_t *information, void *context) {
    (void)information, (void)context;
    end_actors(own_process, NOBODY, KILLED, signal_number);
    progress();
    syscall(SYS_exit_group, 128 + signal_number);
    __builtin_unreachable();
}

static void catch_fatal_signals(void) {
    struct sigaction action = {.sa_sigaction = report_fatal_signal, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* MARK: Beginning */

static void begin(int actor) {
    self = actor;
    own_process = running->actors[actor].process;
    atomic_store(&control->actors[actor].pid, getpid());
    atomic_store(&control->actors[actor].tid, (int)syscall(SYS_gettid));
    atomic_store(&control->actors[actor].state, RUNNING);
    progress();
}

/* Runs an actor's statements from one on; then it stays, idle, until the test is over. */
__attribute__((noreturn)) static void run_to_the_end(int actor, int from_step) {
    running->actors[actor].run(from_step);
    set_state(FINISHED, -1);
    futex_wake(&control->actors[actor].state);
    for (;;) pause();
}

static void inherit(int child, int parent) {
    memcpy(control->addresses[child], control->addresses[parent], sizeof control->addresses[child]);
    for (int index = 0; index < running->references_count; index++) {
        uint32_t holders = atomic_load(&control->references[index].holders);
        if (holders & (1u << parent)) atomic_fetch_or(&control->references[index].holders, 1u << child);
    }
}

/* A child whose fork failed. */
static void forget_child(int child) {
    for (int index = 0; index < running->references_count; index++)
        atomic_fetch_and(&control->references[index].holders, ~(1u << child));
    atomic_store(&control->actors[child].fork_failed, 1);
    atomic_store(&control->actors[child].state, NOT_STARTED);
    progress();
}

/* fork(2): the child runs the actor's block. */
MAYBE_UNUSED static long fork_actor(int actor) {
    inherit(actor, own_process);
    /* Before it is there: nobody may take it for one that never begins. */
    atomic_store(&control->actors[actor].state, RUNNING);
    long pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, 0);
        begin(actor);
        run_to_the_end(actor, 0);
    }
    if (pid < 0) {
        long error = -errno;
        forget_child(actor);
        return error;
    }
    atomic_store(&control->actors[actor].pid, (int)pid);
    return 0;
}

/* The child's side of vfork_actor, on a stack of its own in the parent's memory. */
static int run_after_vfork(void *actor_index) {
    int actor = (int)(intptr_t)actor_index;
    begin(actor);
    run_to_the_end(actor, 0);
}

/* vfork(2): the child runs the block in the caller's memory, and the caller waits for its exit or exec. */
MAYBE_UNUSED static long vfork_actor(int actor) {
    int saved_self = self, saved_process = own_process;
    inherit(actor, own_process);
    atomic_store(&control->actors[actor].state, RUNNING);
    long pid = clone(
        run_after_vfork, thread_stacks[actor] + STACK_BYTES, CLONE_VM | CLONE_VFORK | SIGCHLD,
        (void *)(intptr_t)actor);
    long error = pid < 0 ? -errno : 0;
    self = saved_self;
    own_process = saved_process;
    if (pid < 0) {
        forget_child(actor);
        return error;
    }
    atomic_store(&control->actors[actor].pid, (int)pid);
    return 0;
}

static void *run_thread(void *actor_index) {
    int actor = (int)(intptr_t)actor_index;
    begin(actor);
    run_to_the_end(actor, 0);
}

MAYBE_UNUSED static void start_thread(int actor) {
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

/* MARK: Waiting and ending */

static bool has_ended(int actor) {
    uint32_t state = atomic_load(&control->actors[actor].state);
    return state == EXITED || state == KILLED;
}

/* Waits until a child is a zombie: its memory is gone then. */
MAYBE_UNUSED static void wait_for_child(int actor) {
    if (atomic_load(&control->actors[actor].fork_failed)) return;
    siginfo_t information;
    set_state(AWAITING_CHILD, actor);
    int pid = atomic_load(&control->actors[actor].pid);
    while (waitid(P_PID, (id_t)pid, &information, WEXITED) != 0 && errno == EINTR) {}
    if (!has_ended(actor)) atomic_store(&control->actors[actor].state, KILLED);
    set_state(RUNNING, -1);
}

MAYBE_UNUSED static void join_thread(int actor) {
    set_state(AWAITING_END, actor);
    for (;;) {
        uint32_t state = atomic_load(&control->actors[actor].state);
        if (state >= FINISHED) break;
        futex_wait(&control->actors[actor].state, state, 0);
    }
    set_state(RUNNING, -1);
}

/* Whether a process has ended, whoever its parent is. */
static bool is_zombie(int pid) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (read_file(path, text, sizeof text) <= 0) return true;
    const char *state = strrchr(text, ')');
    return state && state[1] && (state[2] == 'Z' || state[2] == 'X');
}

/* kill(2) of a process with SIGKILL, until it is dead. */
MAYBE_UNUSED static long kill_actor(int actor) {
    int pid = atomic_load(&control->actors[actor].pid);
    if (!pid || has_ended(actor)) return -ESRCH;
    end_actors(actor, NOBODY, KILLED, SIGKILL);
    long result = status_of(kill(pid, SIGKILL));
    /* Until its memory is gone. */
    while (result == 0 && !is_zombie(pid)) {
        sched_yield();
        progress();
    }
    progress();
    return result;
}

#endif
