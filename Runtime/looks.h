/*
 * Looks at pages, which are no accesses: /proc/PID/pagemap, /proc/kpageflags, /proc/kpagecount and smaps.
 *
 * Every look has a form for the caller's own memory and one, with `_in`, for another process's. A process that is gone
 * has nothing mapped.
 */
#ifndef MUSTER_LOOKS_H
#define MUSTER_LOOKS_H

#include "settle.h"

/* An entry of pagemap. Bits that a kernel does not know stay 0. */
#define PAGEMAP_FRAME ((UINT64_C(1) << 55) - 1)
#define PAGEMAP_SOFT_DIRTY (UINT64_C(1) << 55)
#define PAGEMAP_USERFAULT_WP (UINT64_C(1) << 57)
#define PAGEMAP_SWAPPED (UINT64_C(1) << 62)
#define PAGEMAP_PRESENT (UINT64_C(1) << 63)
/* Of an entry that is swapped: where. Types from the second on are markers and migrations, not swap devices. */
#define PAGEMAP_SWAP_TYPE UINT64_C(31)
enum { FIRST_TYPE_THAT_IS_NO_SWAP = 20 };

/* Bits of an entry of kpageflags. */
#define FLAG_REFERENCED (UINT64_C(1) << 2)
#define FLAG_HUGE_PAGE (UINT64_C(1) << 22)
#define FLAG_ZERO_PAGE (UINT64_C(1) << 24)

enum { FRAME_OF_ZERO_PAGE = 1 };

/* MARK: Files of /proc */

static void path_in_proc(char path[64], int process, const char *name) {
    snprintf(path, 64, "/proc/%d/%s", atomic_load(&control->actors[process].pid), name);
}

/* One 64-bit entry of a table; 0 where there is none. */
static uint64_t entry_of_table(const char *path, uint64_t index) {
    uint64_t entry = 0;
    int table = open(path, O_RDONLY | O_CLOEXEC);
    if (table < 0) return 0;
    if (pread(table, &entry, sizeof entry, (off_t)(index * sizeof entry)) != sizeof entry) entry = 0;
    close(table);
    return entry;
}

static uint64_t pagemap_entry_at(int process, uintptr_t address) {
    char path[64];
    path_in_proc(path, process, "pagemap");
    return entry_of_table(path, address / PAGE_BYTES);
}

static uint64_t pagemap_entry(int process, int mapping, int page) {
    return pagemap_entry_at(process, address_of_page(process, mapping, page));
}

static uint64_t flags_of_entry(uint64_t entry) {
    if (!(entry & PAGEMAP_PRESENT)) return 0;
    return entry_of_table("/proc/kpageflags", entry & PAGEMAP_FRAME);
}

/* What smaps says of the VMA around an address, in kilobytes. */
struct smaps_entry {
    long size, resident, referenced, huge;
};

/* False where nothing is mapped. */
static bool smaps_entry_at(int process, uintptr_t address, struct smaps_entry *found) {
    char path[64], line[512];
    bool inside = false;
    path_in_proc(path, process, "smaps");
    FILE *file = fopen(path, "re");
    if (!file) return false;
    memset(found, 0, sizeof *found);
    while (fgets(line, sizeof line, file)) {
        unsigned long start, end;
        long kilobytes;
        char name[64];
        if (sscanf(line, "%lx-%lx ", &start, &end) == 2) {
            if (inside) break;
            inside = address >= start && address < end;
        } else if (inside && sscanf(line, "%63[^:]: %ld kB", name, &kilobytes) == 2) {
            if (!strcmp(name, "Size")) found->size = kilobytes;
            if (!strcmp(name, "Rss")) found->resident = kilobytes;
            if (!strcmp(name, "Referenced")) found->referenced = kilobytes;
            if (!strcmp(name, "AnonHugePages") || !strcmp(name, "ShmemPmdMapped") || !strcmp(name, "FilePmdMapped"))
                found->huge += kilobytes;
        }
    }
    fclose(file);
    return inside || found->size;
}

/* MARK: Frames */

/* The frame's number; 0 where nothing is present. */
static long look_frame_in(int process, int mapping, int page) {
    uint64_t entry = pagemap_entry(process, mapping, page);
    if (!(entry & PAGEMAP_PRESENT)) return 0;
    if (flags_of_entry(entry) & FLAG_ZERO_PAGE) return FRAME_OF_ZERO_PAGE;
    return (long)(entry & PAGEMAP_FRAME);
}

MAYBE_UNUSED static long look_frame(int mapping, int page) { return look_frame_in(own_process, mapping, page); }

/* How many entries map the frame. Those of the zero page are not counted by the kernel. */
static long look_mapcount_in(int process, int mapping, int page) {
    uint64_t entry = pagemap_entry(process, mapping, page);
    if (!(entry & PAGEMAP_PRESENT) || (flags_of_entry(entry) & FLAG_ZERO_PAGE)) return 0;
    return (long)entry_of_table("/proc/kpagecount", entry & PAGEMAP_FRAME);
}

MAYBE_UNUSED static long look_mapcount(int mapping, int page) { return look_mapcount_in(own_process, mapping, page); }

/* MARK: Page-table entries */

MAYBE_UNUSED static long look_present_in(int process, int mapping, int page) {
    return (pagemap_entry(process, mapping, page) & PAGEMAP_PRESENT) != 0;
}

MAYBE_UNUSED static long look_present(int mapping, int page) { return look_present_in(own_process, mapping, page); }

MAYBE_UNUSED static long look_swapped_in(int process, int mapping, int page) {
    uint64_t entry = pagemap_entry(process, mapping, page);
    return (entry & PAGEMAP_SWAPPED) && (entry & PAGEMAP_SWAP_TYPE) < FIRST_TYPE_THAT_IS_NO_SWAP;
}

MAYBE_UNUSED static long look_swapped(int mapping, int page) { return look_swapped_in(own_process, mapping, page); }

MAYBE_UNUSED static long look_soft_dirty_in(int process, int mapping, int page) {
    return (pagemap_entry(process, mapping, page) & PAGEMAP_SOFT_DIRTY) != 0;
}

MAYBE_UNUSED static long look_soft_dirty(int mapping, int page) {
    return look_soft_dirty_in(own_process, mapping, page);
}

/* All bits of the entry but the frame's number. */
MAYBE_UNUSED static long look_pagemap_bits_in(int process, int mapping, int page) {
    return (long)((pagemap_entry(process, mapping, page) & ~PAGEMAP_FRAME) >> 55);
}

/*
 * Whether the entry is young. smaps only has a sum for the whole VMA, and counts pages whose frame is marked as
 * referenced, too: what that leaves open is not observable.
 */
MAYBE_UNUSED static long look_young_in(int process, int mapping, int page) {
    struct smaps_entry vma;
    uintptr_t address = address_of_page(process, mapping, page);
    uint64_t entry = pagemap_entry_at(process, address);
    if (!(entry & PAGEMAP_PRESENT) || !smaps_entry_at(process, address, &vma)) return 0;
    /* smaps passes over the zero page. */
    if (flags_of_entry(entry) & FLAG_ZERO_PAGE) return NOT_OBSERVABLE;
    if (vma.referenced == 0) return 0;
    if (vma.referenced < vma.resident) return NOT_OBSERVABLE;
    return flags_of_entry(entry) & FLAG_REFERENCED ? NOT_OBSERVABLE : 1;
}

MAYBE_UNUSED static long look_young(int mapping, int page) { return look_young_in(own_process, mapping, page); }

/* MARK: PAGEMAP_SCAN */

/* The ioctl's argument, which headers before 6.7 do not have. */
struct pagemap_scan_request {
    uint64_t size, flags, start, end, walk_end, regions, regions_count, most_pages;
    uint64_t inverted, required, any_of, returned;
};

struct pagemap_region {
    uint64_t start, end, categories;
};

#define PAGEMAP_SCAN_IOCTL _IOWR('f', 16, struct pagemap_scan_request)
enum { CATEGORY_WRITTEN = 1 << 1, CATEGORY_HUGE = 1 << 6 };

/* Whether any of the pages is in a category: 1, 0 or a negative errno; -ENOTTY where there is no such ioctl. */
static long scan_pagemap(int process, struct range range, uint64_t category) {
    char path[64];
    struct pagemap_region region;
    struct pagemap_scan_request request = {
        .size = sizeof request, .start = range.address, .end = range.address + range.bytes,
        .regions = (uintptr_t)&region, .regions_count = 1, .required = category, .returned = category};
    path_in_proc(path, process, "pagemap");
    int pagemap = open(path, O_RDONLY | O_CLOEXEC);
    if (pagemap < 0) return -errno;
    long result = result_of(ioctl(pagemap, PAGEMAP_SCAN_IOCTL, &request));
    close(pagemap);
    return result > 0 ? 1 : result;
}

MAYBE_UNUSED static long look_pagemap_scan_in(int process, int mapping, int page) {
    return scan_pagemap(process, range_in(process, mapping, page), CATEGORY_WRITTEN);
}

MAYBE_UNUSED static long look_pagemap_scan(int mapping, int page) {
    return look_pagemap_scan_in(own_process, mapping, page);
}

/* Whether the page is mapped by a huge entry. */
MAYBE_UNUSED static long look_huge_in(int process, int mapping, int page) {
    struct smaps_entry vma;
    uintptr_t address = address_of_page(process, mapping, page);
    uint64_t entry = pagemap_entry_at(process, address);
    if (!(entry & PAGEMAP_PRESENT)) return 0;
    if (running->mappings[mapping].backing == HUGETLB) return 1;
    long scanned = scan_pagemap(process, (struct range){address, PAGE_BYTES}, CATEGORY_HUGE);
    if (scanned >= 0) return scanned;
    uint64_t flags = flags_of_entry(entry);
    if (flags & FLAG_ZERO_PAGE) return (flags & FLAG_HUGE_PAGE) != 0;
    if (!smaps_entry_at(process, address, &vma) || vma.huge == 0) return 0;
    return vma.huge == vma.resident ? 1 : NOT_OBSERVABLE;
}

MAYBE_UNUSED static long look_huge(int mapping, int page) { return look_huge_in(own_process, mapping, page); }

/* Whether all of a mapping's memory is mapped by huge entries, in the caller's memory. */
MAYBE_UNUSED static bool is_backed_by_huge_page(int mapping) {
    for (int page = 0; page < running->mappings[mapping].pages; page += NAMED_PAGES_OF_HUGE_PAGE)
        if (look_huge(mapping, page) != 1) return false;
    return true;
}

/* MARK: Processes */

/* What a process has in memory, in kilobytes; exact, unlike the counters of /proc/PID/status. */
MAYBE_UNUSED static long final_resident_kilobytes(int process) {
    char path[64], text[4096];
    path_in_proc(path, process, "smaps_rollup");
    if (read_file(path, text, sizeof text) <= 0) return 0;
    const char *resident = strstr(text, "Rss:");
    return resident ? atol(resident + 4) : 0;
}

/* MARK: What is missing */

/* The entry of a page of the controller's own that was just written. */
static uint64_t entry_of_fresh_page(void) {
    volatile char *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return 0;
    *page = 1;
    uint64_t entry = entry_of_table("/proc/self/pagemap", (uintptr_t)page / PAGE_BYTES);
    munmap((void *)page, PAGE_BYTES);
    return entry;
}

static const char *missing_frame_numbers(void) {
    uint64_t entry = entry_of_fresh_page();
    if (!(entry & PAGEMAP_PRESENT)) return "/proc/PID/pagemap cannot be read";
    return (entry & PAGEMAP_FRAME) && access("/proc/kpageflags", R_OK) == 0 ? NULL : "needs root: numbers of frames";
}

static const char *missing_mapping_counts(void) {
    if (access("/proc/kpagecount", F_OK) != 0) return "the kernel has no /proc/kpagecount";
    if (access("/proc/kpagecount", R_OK) != 0) return "needs root: /proc/kpagecount";
    return missing_frame_numbers();
}

#define FRAME_NUMBERS_PART {missing_frame_numbers, NULL, NULL}
#define MAPPING_COUNTS_PART {missing_mapping_counts, NULL, NULL}

#endif
