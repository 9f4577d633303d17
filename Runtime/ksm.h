/*
 * KSM: ksmd merges two equal pages. Mappings that a test merges are MADV_MERGEABLE from the beginning; ksmd only runs
 * while a merge is asked for.
 */
#ifndef MUSTER_KSM_H
#define MUSTER_KSM_H

#include "knobs.h"
#include "looks.h"

#define KSM_FOLDER "/sys/kernel/mm/ksm/"

enum {
    /* A page has to be unchanged from one scan to the next before it is merged at all. */
    SCANS_WITHOUT_MERGE = 4,
    MOST_MILLISECONDS_OF_SCANS = 2000,
};

static bool have_one_frame(int process, int mapping, int page, int other_process, int other_mapping, int other_page) {
    long frame = look_frame_in(process, mapping, page);
    return frame > FRAME_OF_ZERO_PAGE && frame == look_frame_in(other_process, other_mapping, other_page);
}

/* Lets ksmd scan until both pages have one frame: 0; or until it is plain that they never will: -EAGAIN. */
MAYBE_UNUSED static long ksm_merge(
    int process, int mapping, int page, int other_process, int other_mapping, int other_page) {
    if (page < 0) page = 0;
    if (other_page < 0) other_page = 0;
    /* ksmd looks at pages that are on the LRU. */
    drain_lru();
    bool merged = have_one_frame(process, mapping, page, other_process, other_mapping, other_page);
    long last_scan = read_number(KSM_FOLDER "full_scans") + SCANS_WITHOUT_MERGE;
    uint64_t end = nanoseconds_now() + MOST_MILLISECONDS_OF_SCANS * UINT64_C(1000000);
    expect_to_sleep(MOST_MILLISECONDS_OF_SCANS + 10000);
    long result = write_file(KSM_FOLDER "run", "1");
    if (result < 0) give_up("ksmd cannot be started: %s", strerror((int)-result));
    while (!merged && read_number(KSM_FOLDER "full_scans") < last_scan && nanoseconds_now() < end) {
        sleep_milliseconds(2);
        progress();
        merged = have_one_frame(process, mapping, page, other_process, other_mapping, other_page);
    }
    /* Stops ksmd and keeps what it merged; returns when its scan is over. */
    write_file(KSM_FOLDER "run", "0");
    expect_no_more_sleep();
    if (!merged && nanoseconds_now() >= end) give_up("ksmd has too many other pages to scan");
    return merged || have_one_frame(process, mapping, page, other_process, other_mapping, other_page) ? 0 : -EAGAIN;
}

/* MARK: Around tests */

static const char *missing_ksm(void) {
    static const struct {
        const char *knob, *value;
    } settings[] = {
        {KSM_FOLDER "run", "0"},          {KSM_FOLDER "sleep_millisecs", "1"}, {KSM_FOLDER "pages_to_scan", "1000"},
        {KSM_FOLDER "use_zero_pages", "0"}, {KSM_FOLDER "advisor_mode", "none"}, {KSM_FOLDER "smart_scan", "0"},
        {KSM_FOLDER "merge_across_nodes", "1"},
    };
    if (access(KSM_FOLDER "run", F_OK) != 0) return "the kernel has no KSM";
    if (geteuid() != 0) return "needs root: KSM";
    if (!guard_knob(KSM_FOLDER "run")) return "the kernel's knobs cannot be guarded";
    for (size_t index = 0; index < sizeof settings / sizeof *settings; index++) {
        long result = set_knob(settings[index].knob, settings[index].value);
        if (result < 0 && result != -ENOENT && index < 3) return "the knobs of KSM cannot be set";
    }
    return NULL;
}

#define KSM_PART {missing_ksm, NULL, NULL}

#endif
