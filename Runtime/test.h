/*
 * What the controller has to know of a test. Tests are generated: see `tests` at the end of the generated file.
 */
#ifndef MUSTER_TEST_H
#define MUSTER_TEST_H

#include "control.h"

/* What a test needs of the kernel and its surroundings. Each has a function that says what is missing. */
enum feature {
    NEEDS_VMSPLICE,
    NEEDS_IO_URING,
    NEEDS_KEEPER, /* somebody who keeps descriptors that no socket takes */
    NEEDS_DIRECT_IO,      /* FUSE, opened O_DIRECT, asynchronously */
    NEEDS_DIRECT_IO_PINS, /* direct I/O pins pages: FOLL_PIN */
    NEEDS_DIRECT_IO_GETS, /* direct I/O takes plain references: FOLL_GET */
    NEEDS_VFIO,
    NEEDS_IOMMU_DIRTY_TRACKING,
    NEEDS_RDMA,
    NEEDS_XDP,
    NEEDS_UDMABUF,
    NEEDS_USERFAULTFD,
    NEEDS_USERFAULTFD_WP,
    NEEDS_SOFT_DIRTY,
    NEEDS_PAGEMAP_SCAN,
    NEEDS_FRAME_NUMBERS,
    NEEDS_MAPPING_COUNTS,
    NEEDS_YOUNG_BITS,
    NEEDS_SWAP,
    NEEDS_KSM,
    NEEDS_HUGE_PAGES,
    NEEDS_COLLAPSE,
    NEEDS_HUGETLB,
    NEEDS_MIGRATION,
    NEEDS_MEMORY_CGROUP,
    NEEDS_LRU_BATCHES,
    NEEDS_FORCED_ACCESS,
    NEEDS_REMOTE_ACCESS,
    NEEDS_FILE_RECLAIM,
    NEEDS_LIMITED_SWAP,
    NEEDS_DISK_FILE,
    NEEDS_NOTHING_TO_BE_THERE, /* what no kernel has; `missing` of the test says what */
    FEATURES,
};

/* What a part of the runtime does around tests. Any of it may be NULL. */
struct feature_part {
    /* Why the feature is missing here; NULL when it is there. Asked once, by the controller, before the first test. */
    const char *(*missing)(void);
    /* By the controller before every run of a test that needs it, before the test's processes begin. */
    void (*before_run)(void);
    /* By the controller when all processes of the run are gone. */
    void (*after_run)(void);
};

/* The parts, by feature; the generated file has those that its tests need. */
static const struct feature_part feature_parts[FEATURES];

struct mapping_declaration {
    const char *name;
    int pages;
    enum { ANONYMOUS, FROM_FILE, FROM_MEMFD, HUGETLB } backing;
    int file; /* the index of the file; -1 for none */
    bool shared, huge, readonly;
    bool collapsible; /* small pages at the beginning of memory that one huge page can take the place of */
    bool mergeable; /* KSM is to merge its pages: MADV_MERGEABLE from the beginning */
    bool at_start; /* mapped by the first process before it starts */
    bool written;  /* with `value` in the first word of every page */
    uint16_t value;
};

struct file_declaration {
    const char *name;
    bool memfd;
    int pages;
    int values_count;
    const uint16_t *values;
};

/* What is looked at when the test is over. */
struct final_look {
    enum {
        LOOK_FRAME,      /* the frame: 0 for none, 1 for the zero page */
        LOOK_START,      /* the frame that was there at the start */
        LOOK_CONTENT,    /* a word of memory */
        LOOK_FILE,       /* a word of a file: `mapping` is the file's index */
        LOOK_MAPPED,     /* whether the page-table entry is present */
        LOOK_YOUNG,
        LOOK_SOFT_DIRTY,
        LOOK_COHERENT,   /* of the reference `mapping` */
        LOOK_PAGEMAP,    /* all bits of pagemap but the frame number */
        LOOK_RESIDENT,   /* kilobytes of the process that are resident */
    } kind;
    int process; /* the actor that the process began with */
    int mapping, page, word;
};

struct reference_declaration {
    const char *name;
    /* The process in whose memory its pages are, and how many they are. */
    int process, pages;
    /* Reads and stores a word of a page through it. NULL where its means cannot, or only at the test's own moments. */
    long (*read)(int index, int page, int word);
    long (*write)(int index, int page, int word, uint16_t value);
    /* Lets go of the pages at once, for the last process that holds the reference; closes its descriptors. */
    void (*close)(int index);
};

/* An order in which statements are to begin in some runs of a test with races. */
struct plan_step {
    int actor, step;
};

struct plan {
    int steps_count;
    const struct plan_step *steps;
};

struct actor_declaration {
    const char *name;
    int process; /* the actor that its process begins with */
    int parent;  /* -1 for one that starts with the test */
    bool thread;
    int steps;
    void (*run)(int from_step);
};

struct test {
    const char *name;
    int actors_count;
    const struct actor_declaration *actors;
    int mappings_count;
    const struct mapping_declaration *mappings;
    int files_count;
    const struct file_declaration *files;
    int registers_count, events_count;
    /* Registers that hold frames, by their indices, and -1 behind the last. */
    const int *frame_registers;
    int references_count;
    const struct reference_declaration *references;
    int looks_count;
    const struct final_look *looks;
    int needs_count;
    const enum feature *needs;
    int plans_count;
    const struct plan *plans;
    /* Why it cannot run on any kernel; NULL where it can. */
    const char *missing;
    /* Whether every pair of steps is ordered, so that one run shows all there is. */
    bool ordered;
    /* Whether frames are looked at: then frames that are freed are kept from being used again. */
    bool looks_at_frames;
    int hugepages;   /* of the pool; -1 for as many as it needs */
    int swap_pages;  /* places in swap; -1 for as many as there are */
    int pin_bias;    /* 0 for the kernel's own */
    int memcg_actor; /* -1 for none */
    int memcg_pages;
};

/* The test that runs. */
static const struct test *running;
static int running_index;

#endif
