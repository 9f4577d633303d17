/*
 * Knobs of the kernel (files of /proc/sys and /sys) that runs change, and that are put back at the end.
 *
 * A guardian, a process in a session of its own, keeps the list of what is to be put back, and does it when the
 * controller ends, however it ends. Two controllers do not change knobs at once: the second one waits.
 */
#ifndef MUSTER_KNOBS_H
#define MUSTER_KNOBS_H

#include "test.h"
#include <sys/file.h>
#include <sys/swap.h>

enum { MOST_REPAIRS = 64, MILLISECONDS_BETWEEN_TRIES = 50, MILLISECONDS_BETWEEN_NOTES = 5000 };

/* One thing to be put back. Smaller than what a pipe takes at once. */
struct repair {
    enum { WRITE_TEXT, STOP_SWAPPING, REMOVE_FOLDER, END_OF_LIST } kind;
    char path[192];
    char text[128];
};

/* The controller's side. */
static int guardian_pipe = -1, knobs_lock = -1, controller_pid;
static pid_t guardian;
static char changed_knobs[MOST_REPAIRS][192];
static int changed_knobs_count;

/* MARK: The guardian */

static void put_back(const struct repair *repair) {
    long result = 0;
    /* Processes that are being killed may still use what goes: for a while it is tried again. */
    for (int attempt = 0; attempt < 200; attempt++) {
        if (repair->kind == WRITE_TEXT) result = write_file(repair->path, repair->text);
        if (repair->kind == STOP_SWAPPING) result = status_of(swapoff(repair->path));
        if (repair->kind == REMOVE_FOLDER) result = status_of(rmdir(repair->path));
        if (result == 0 || result == -ENOENT || (result == -EINVAL && repair->kind == STOP_SWAPPING)) return;
        sleep_milliseconds(10);
    }
    fprintf(stderr, "muster: %s was not put back: %s\n", repair->path, strerror((int)-result));
}

/* Actors that outlive the controller would never end, and hold what is to be put back. */
static void kill_actors(void) {
    for (int index = 0; index < MOST_ACTORS; index++) {
        int pid = atomic_load(&control->actors[index].pid);
        if (pid > 1) kill(pid, SIGKILL);
    }
}

__attribute__((noreturn)) static void guard(int source, int controller) {
    static struct repair repairs[MOST_REPAIRS];
    int count = 0;
    setsid();
    for (int signal_number = 1; signal_number < NSIG; signal_number++) signal(signal_number, SIG_IGN);
    for (int descriptor = 0; descriptor < 1024; descriptor++)
        if (descriptor != 2 && descriptor != source && descriptor != controller && descriptor != knobs_lock)
            close(descriptor);
    struct pollfd waits[2] = {{source, POLLIN, 0}, {controller, POLLIN, 0}};
    bool killed = false, over = false;
    while (!over) {
        poll(waits, 2, -1);
        killed = waits[1].revents != 0;
        struct repair repair;
        /* What was sent before the controller ended is still there. */
        while (!over) {
            long got = read(source, &repair, sizeof repair);
            if (got == 0 || (got < 0 && killed) || (got > 0 && repair.kind == END_OF_LIST)) over = true;
            if (got < 0 || over) break;
            if (count < MOST_REPAIRS) repairs[count++] = repair;
        }
    }
    if (killed) kill_actors();
    while (count > 0) put_back(&repairs[--count]);
    flock(knobs_lock, LOCK_UN);
    _exit(0);
}

/* At the controller's ordinary end: everything is back when it returns. */
static void put_knobs_back(void) {
    struct repair end = {.kind = END_OF_LIST};
    if (getpid() != controller_pid || guardian_pipe < 0) return;
    /* The pipe's other holders, if any, may live on. */
    if (write(guardian_pipe, &end, sizeof end) != sizeof end) return;
    close(guardian_pipe);
    guardian_pipe = -1;
    changed_knobs_count = 0;
    waitpid(guardian, NULL, 0);
}

static bool lock_knobs(void) {
    knobs_lock = open("/run/muster-knobs.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (knobs_lock < 0) knobs_lock = open("/tmp/muster-knobs.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (knobs_lock < 0) return false;
    for (unsigned waited = 0; flock(knobs_lock, LOCK_EX | LOCK_NB) != 0; waited += MILLISECONDS_BETWEEN_TRIES) {
        if (errno != EWOULDBLOCK && errno != EINTR) return false;
        /* Who hears nothing for long takes us for hung. */
        if (waited % MILLISECONDS_BETWEEN_NOTES == 0) {
            printf("note it waited for another run that had changed the kernel's knobs\n");
            fflush(stdout);
        }
        sleep_milliseconds(MILLISECONDS_BETWEEN_TRIES);
    }
    return true;
}

/* Starts the guardian, once. */
static bool has_guardian(void) {
    int ends[2];
    if (guardian_pipe >= 0) return true;
    if (!lock_knobs() || pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return false;
    int controller = (int)syscall(SYS_pidfd_open, getpid(), 0);
    controller_pid = getpid();
    guardian = fork();
    if (guardian == 0) guard(ends[0], controller);
    close(ends[0]);
    close(controller);
    if (guardian < 0) {
        close(ends[1]);
        return false;
    }
    guardian_pipe = ends[1];
    atexit(put_knobs_back);
    return true;
}

/* Has something put back at the end. What was asked for last is put back first. By the controller only. */
static bool put_back_at_end(int kind, const char *path, const char *text) {
    struct repair repair = {.kind = kind};
    snprintf(repair.path, sizeof repair.path, "%s", path);
    snprintf(repair.text, sizeof repair.text, "%s", text);
    return has_guardian() && write(guardian_pipe, &repair, sizeof repair) == sizeof repair;
}

/* MARK: Knobs */

/* A knob's value; of those that show all choices, the one in brackets. */
static bool read_knob(const char *path, char *value, size_t size) {
    if (read_file(path, value, size) <= 0) return false;
    char *open_bracket = strchr(value, '['), *close_bracket = strchr(value, ']');
    if (open_bracket && close_bracket) {
        *close_bracket = 0;
        memmove(value, open_bracket + 1, (size_t)(close_bracket - open_bracket));
    }
    value[strcspn(value, "\n")] = 0;
    return true;
}

/* Has a knob put back at the end; actors may then write to it as they like. By the controller only. */
static bool guard_knob(const char *path) {
    char value[128];
    for (int index = 0; index < changed_knobs_count; index++)
        if (!strcmp(changed_knobs[index], path)) return true;
    if (changed_knobs_count == MOST_REPAIRS || !read_knob(path, value, sizeof value)) return false;
    if (!put_back_at_end(WRITE_TEXT, path, value)) return false;
    snprintf(changed_knobs[changed_knobs_count++], sizeof changed_knobs[0], "%s", path);
    return true;
}

/* Changes a knob until the end: 0 or a negative errno. By the controller only. */
MAYBE_UNUSED static long set_knob(const char *path, const char *value) {
    char now[128];
    if (access(path, F_OK) != 0) return -ENOENT;
    if (read_knob(path, now, sizeof now) && !strcmp(now, value)) return 0;
    return guard_knob(path) ? write_file(path, value) : -EPERM;
}

MAYBE_UNUSED static long read_number(const char *path) {
    char text[64];
    return read_knob(path, text, sizeof text) ? atol(text) : -1;
}

#endif
