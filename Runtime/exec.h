/*
 * exec: the process's memory is replaced by a fresh image of this program, which goes on behind the statement.
 */
#ifndef MUSTER_EXEC_H
#define MUSTER_EXEC_H

#include "actors.h"

/* Goes on with the actor's statements from `step` on, in a new image. */
MAYBE_UNUSED static void exec_and_go_on_from(int step) {
    char actor[16], from[16], test[16];
    snprintf(actor, sizeof actor, "%d", self);
    snprintf(from, sizeof from, "%d", step);
    snprintf(test, sizeof test, "%d", running_index);
    char *words[] = {"muster-actor", test, actor, from, NULL};
    /* The other threads end with the memory. */
    end_actors(own_process, self, EXITED, 0);
    memset(control->addresses[own_process], 0, sizeof control->addresses[own_process]);
    execv("/proc/self/exe", words);
    give_up("exec failed: %s", strerror(errno));
}

/* In the new image: finds the control block again and goes on. Returns where this is no such image. */
static void go_on_after_exec(int count, char **words, const struct test *tests) {
    if (count != 4 || strcmp(words[0], "muster-actor") != 0) return;
    control = mmap(
        (void *)CONTROL_ADDRESS, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE,
        CONTROL_DESCRIPTOR, 0);
    if (control == MAP_FAILED) _exit(70);
    running_index = atoi(words[1]);
    running = &tests[running_index];
    catch_fatal_signals();
    int actor = atoi(words[2]);
    begin(actor);
    run_to_the_end(actor, atoi(words[3]));
}

#endif
