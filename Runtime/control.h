/*
 * What all actors of a test and its controller share: one block of memory, outside of everything that is tested.
 *
 * The block stands at a fixed address and is backed by a descriptor with a fixed number, so that it can be found again
 * after exec.
 */
#ifndef MUSTER_CONTROL_H
#define MUSTER_CONTROL_H

#include "base.h"

enum {
    MOST_ACTORS = 26,
    MOST_MAPPINGS = 64,
    MOST_REGISTERS = 256,
    MOST_EVENTS = 128,
    MOST_REFERENCES = 64,
    MOST_FILES = 16,
    MOST_LOOKS = 256,

    /* Descriptors with fixed numbers, which children inherit. */
    CONTROL_DESCRIPTOR = 90,
    FILE_DESCRIPTORS = 100,      /* + the file's index */
    REFERENCE_DESCRIPTORS = 150, /* + 2 * the reference's index, and the one behind it */
    USERFAULT_DESCRIPTORS = 300, /* + the mapping's index */
    DEVICE_DESCRIPTORS = 400,    /* as the devices need them */
};

/* Where the control block stands, and where mappings that are tested do. */
#define CONTROL_ADDRESS ((uintptr_t)0x300000000000)
#define SLOT_ADDRESS ((uintptr_t)0x100000000000)
/* Every mapping has a slot of its own, with nothing mapped on both sides of it. */
#define SLOT_BYTES ((uintptr_t)64 << 20)
/* mremap moves a mapping by this much. */
#define MOVE_BYTES ((uintptr_t)MOST_MAPPINGS * SLOT_BYTES)

/* What an actor is doing. */
enum actor_state {
    NOT_STARTED,
    RUNNING,
    AWAITING_EVENT, /* `waits_for` is the event */
    AWAITING_CHILD, /* `waits_for` is the actor */
    AWAITING_END,   /* of the thread `waits_for` */
    FINISHED,       /* at the end of its block, idle */
    EXITED,
    KILLED,
};

struct actor {
    _Atomic uint32_t state;
    _Atomic int pid, tid;
    _Atomic int waits_for;
    /* The statement that it is at, as an index into the actor's statements, from 0. */
    _Atomic int step;
    /* The signal that killed it; of an actor whose fork failed, `fork_failed` is set. */
    _Atomic int signal;
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
    bool huge;
    /* Processes that hold it, a bit each (the index of the process's first actor). */
    _Atomic uint32_t holders;
    /* Serializes uses by several actors. */
    _Atomic uint32_t lock;
    /* For the means: whatever it has to remember across processes. */
    long memory[16];
};

struct control {
    /* Changes with everything that an actor begins, ends or waits for. */
    _Atomic uint32_t activity;
    /* 0 until all processes of the start are there; then 1. */
    _Atomic uint32_t started;
    _Atomic uint32_t ready;
    struct actor actors[MOST_ACTORS];
    struct measured_register registers[MOST_REGISTERS];
    _Atomic uint32_t events[MOST_EVENTS];
    struct reference references[MOST_REFERENCES];
    /* Where each process has each mapping; 0 where it never mapped it. Behind munmap the address stays. */
    uintptr_t addresses[MOST_ACTORS][MOST_MAPPINGS];
    /* Frames at the start, of the first pages of the first process's mappings. */
    uint64_t frames_at_start[MOST_MAPPINGS][64];
    /* Until when, in nanoseconds, somebody may sleep in the kernel without being blocked there. */
    _Atomic uint64_t sleeps_until;
    /* Why the test cannot go on, which is nobody's outcome: a text for the report. */
    _Atomic int broken;
    char trouble[256];
    /* The delays of a run, in nanoseconds before each step of each actor; 0 for none. */
    uint32_t delays[MOST_ACTORS][64];
    /* The plan of the run: an index of the test's plans; -1 for none. */
    volatile int plan;
    /* What the last look at a reference came to. */
    volatile long coherence;
    /* For the means: what they share across processes, cleared before every run. */
    long means[256];
};

static struct control *control;

/* The actor that runs this code, and the actor that its process began with. */
static _Thread_local int self;
static _Thread_local int own_process;

static inline void progress(void) {
    atomic_fetch_add(&control->activity, 1);
    futex_wake(&control->activity);
}

/* Before a call that the runtime makes for a test and that may take long: the caller is not blocked meanwhile. */
MAYBE_UNUSED static void expect_to_sleep(unsigned milliseconds) {
    atomic_store(&control->sleeps_until, nanoseconds_now() + (uint64_t)milliseconds * 1000000);
    progress();
}

MAYBE_UNUSED static void expect_no_more_sleep(void) {
    atomic_store(&control->sleeps_until, 0);
    progress();
}

static void note_trouble_with(const char *format, va_list arguments) {
    char text[sizeof control->trouble];
    vsnprintf(text, sizeof text, format, arguments);
    if (control->trouble[0] == 0) memcpy(control->trouble, text, sizeof text);
    atomic_store(&control->broken, 1);
    progress();
}

/* Says that something around the test went wrong: the run has no outcome then. For the controller. */
__attribute__((format(printf, 1, 2))) MAYBE_UNUSED static void note_trouble(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    note_trouble_with(format, arguments);
    va_end(arguments);
}

/* Says that something around the test went wrong, which is nobody's outcome; who says it does nothing more. */
__attribute__((noreturn, format(printf, 1, 2))) MAYBE_UNUSED static void give_up(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    note_trouble_with(format, arguments);
    va_end(arguments);
    for (;;) pause();
}

#endif
