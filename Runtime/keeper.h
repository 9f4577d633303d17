/*
 * Passing on descriptors that no socket takes, as those of io_uring since 6.7: a process of ours keeps copies until the
 * run is over, so that the receiver finds them even when the sender is gone. Copies go from process to process by
 * pidfd_getfd(2).
 */
#ifndef MUSTER_KEEPER_H
#define MUSTER_KEEPER_H

#include "references.h"

enum {
    /* The socket on which the keeper takes orders. */
    KEEPER = DEVICE_DESCRIPTORS + 57,
    /* In the control block's memory for means. */
    KEEPER_PID = 170,
    /* In a reference's memory: whether it is kept, and the keeper's two descriptors. */
    IS_KEPT = 12,
    FIRST_KEPT = 13,
    MOST_DESCRIPTORS = 1024,
};

/* What to keep, and whose; a negative reference stands for dropping everything. */
struct keeping_order {
    int reference, pid;
};

/* Where Yama restricts ptrace(2), which copying descriptors needs the right to. */
static void let_others_copy(void) {
    enum { SET_PTRACER = 0x59616d61 };
    prctl(SET_PTRACER, -1L, 0, 0, 0);
}

__attribute__((noreturn)) static void run_keeper(int orders) {
    struct keeping_order order;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    let_others_copy();
    for (int descriptor = 3; descriptor < MOST_DESCRIPTORS; descriptor++)
        if (descriptor != orders) close(descriptor);
    while (recv(orders, &order, sizeof order, 0) == sizeof order) {
        for (int descriptor = 3; descriptor < MOST_DESCRIPTORS && order.reference < 0; descriptor++)
            if (descriptor != orders) close(descriptor);
        if (order.reference < 0) continue;
        struct reference *reference = &control->references[order.reference];
        for (int each = 0; each < 2; each++)
            reference->memory[FIRST_KEPT + each] = copy_descriptor(order.pid, descriptor_of(order.reference) + each);
        atomic_store((_Atomic uint32_t *)&reference->memory[IS_KEPT], 1);
        futex_wake((_Atomic uint32_t *)&reference->memory[IS_KEPT]);
    }
    _exit(0);
}

/* Gives the keeper copies of this process's descriptors of a reference. */
static long keep_reference(int index) {
    struct reference *reference = &control->references[index];
    struct keeping_order order = {index, getpid()};
    _Atomic uint32_t *is_kept = (_Atomic uint32_t *)&reference->memory[IS_KEPT];
    let_others_copy();
    atomic_store(is_kept, 0);
    if (send(KEEPER, &order, sizeof order, 0) != sizeof order) give_up("the keeper is gone: %s", strerror(errno));
    while (!atomic_load(is_kept)) {
        futex_wait(is_kept, 0, 10);
        progress();
    }
    if (reference->memory[FIRST_KEPT] < 0)
        give_up("a descriptor cannot be passed on: %s", strerror((int)-reference->memory[FIRST_KEPT]));
    return 0;
}

static void take_kept_reference(int index) {
    for (int each = 0; each < 2; each++) {
        int kept = (int)control->references[index].memory[FIRST_KEPT + each];
        int descriptor = kept < 0 ? -1 : copy_descriptor((int)control->means[KEEPER_PID], kept);
        if (descriptor >= 0) place_descriptor(descriptor, descriptor_of(index) + each);
    }
}

/* Also in a new image behind exec. */
__attribute__((constructor)) static void offer_keeping(void) {
    keeping.keep = keep_reference;
    keeping.take = take_kept_reference;
}

/* By the controller before a run: there is a keeper. */
static void begin_keeping(void) {
    static int keeper;
    int ends[2];
    if (!keeper && socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0) {
        place_descriptor(ends[0], KEEPER);
        keeper = fork();
        if (keeper == 0) run_keeper(ends[1]);
        close(ends[1]);
    }
    control->means[KEEPER_PID] = keeper;
    offer_keeping();
}

/* By the controller when a run is over. */
static void end_keeping(void) {
    struct keeping_order order = {.reference = -1};
    send(KEEPER, &order, sizeof order, 0);
}

#define KEEPER_PART {NULL, begin_keeping, end_keeping}

#endif
