/*
 * Memory cgroups, version 2 or 1: a folder for what a test is charged.
 */
#ifndef MUSTER_CGROUPS_H
#define MUSTER_CGROUPS_H

#include "knobs.h"

/* Where memory cgroups are, and which version; found once. */
static const char *cgroups;
static bool cgroups_are_version_1;

static bool find_cgroups(void) {
    char controllers[256];
    if (cgroups) return true;
    if (read_file("/sys/fs/cgroup/cgroup.controllers", controllers, sizeof controllers) > 0 &&
        strstr(controllers, "memory")) {
        write_file("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
        cgroups = "/sys/fs/cgroup";
    } else if (access("/sys/fs/cgroup/memory/memory.limit_in_bytes", F_OK) == 0 ||
               access("/sys/fs/cgroup/memory/memory.usage_in_bytes", F_OK) == 0) {
        cgroups = "/sys/fs/cgroup/memory";
        cgroups_are_version_1 = true;
    }
    return cgroups != NULL;
}

/* A file of one of our cgroups. Two controllers on one machine have different ones. */
static void path_in_cgroup(char path[192], const char *name, const char *file) {
    snprintf(path, 192, "%s/muster-%s%s%s", cgroups, name, *file ? "/" : "", file);
}

static long write_in_cgroup(const char *name, const char *file, const char *text) {
    char path[192];
    path_in_cgroup(path, name, file);
    return write_file(path, text);
}

static long read_in_cgroup(const char *name, const char *file) {
    char path[192];
    path_in_cgroup(path, name, file);
    return read_number(path);
}

/* Makes a cgroup, which goes at the end. By the controller only. */
static bool make_cgroup(const char *name) {
    static char noted[192];
    char path[192];
    path_in_cgroup(path, name, "");
    if (mkdir(path, 0755) != 0 && errno != EEXIST) return false;
    if (!strcmp(path, noted)) return true;
    strcpy(noted, path);
    return put_back_at_end(REMOVE_FOLDER, path, "");
}

/* Removes a cgroup whose processes are gone; the last of them may need a moment. */
MAYBE_UNUSED static bool remove_cgroup(const char *name) {
    char path[192];
    struct timespec pause = {0, 1000000};
    path_in_cgroup(path, name, "");
    for (int tries = 0; tries < 2000; tries++) {
        if (rmdir(path) == 0) return true;
        if (errno != EBUSY) return false;
        nanosleep(&pause, NULL);
    }
    return false;
}

/* The caller's memory is charged to the cgroup from now on. */
static long enter_cgroup(const char *name) { return write_in_cgroup(name, "cgroup.procs", "0"); }

/* A process is charged to none of ours from now on. */
static long move_out_of_cgroups(int pid) {
    char path[192], text[16];
    snprintf(path, sizeof path, "%s/cgroup.procs", cgroups);
    snprintf(text, sizeof text, "%d", pid);
    return write_file(path, text);
}

static long bytes_charged(const char *name) {
    return read_in_cgroup(name, cgroups_are_version_1 ? "memory.usage_in_bytes" : "memory.current");
}

static long limit_cgroup(const char *name, long bytes) {
    char text[32] = "-1";
    if (bytes >= 0 || !cgroups_are_version_1) snprintf(text, sizeof text, bytes < 0 ? "max" : "%ld", bytes);
    return write_in_cgroup(name, cgroups_are_version_1 ? "memory.limit_in_bytes" : "memory.max", text);
}

#endif
