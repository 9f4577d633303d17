/*
 * Mappings: where they are, how they are made before the test starts, and what a processor does with them.
 */
#ifndef MUSTER_MEMORY_H
#define MUSTER_MEMORY_H

#include "actors.h"

/* Advice that headers do not have yet, with the release that brought it. */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* 5.14 */
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24 /* 5.18 */
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* 6.1 */
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* 6.13 */
#define MADV_GUARD_REMOVE 103
#endif

/* Pages of a mapping: `page` is -1 for all of them. */
struct range {
    uintptr_t address;
    size_t bytes;
};

/*
 * The bytes that stand for a small page of the test. A memory cgroup charges much beside the test's pages, and in
 * batches (of 64 pages a processor since 6.1): where a test has one, each page is a block of real ones, beside which the
 * rest is little. The last one of the block is the one that is looked at: what fails for want of memory fails before it.
 */
static size_t bytes_of_page(void) { return running->memcg_actor < 0 ? PAGE_BYTES : (size_t)512 * PAGE_BYTES; }

/* Whether each four pages of a mapping are the first ones of 512, which a huge page is or can become. */
static bool is_huge(int mapping) {
    const struct mapping_declaration *declared = &running->mappings[mapping];
    return declared->huge || declared->collapsible || declared->backing == HUGETLB;
}

/* The bytes that a mapping really has. */
static size_t bytes_of_mapping(int mapping) {
    size_t pages = (size_t)running->mappings[mapping].pages;
    if (is_huge(mapping)) return (pages + NAMED_PAGES_OF_HUGE_PAGE - 1) / NAMED_PAGES_OF_HUGE_PAGE * HUGE_PAGE_BYTES;
    return pages * bytes_of_page();
}

/* How far a page is from its mapping's first. */
static size_t offset_of_page(bool huge, int page) {
    if (!huge) return (size_t)(page + 1) * bytes_of_page() - PAGE_BYTES;
    return (size_t)(page / NAMED_PAGES_OF_HUGE_PAGE) * HUGE_PAGE_BYTES +
           (size_t)(page % NAMED_PAGES_OF_HUGE_PAGE) * PAGE_BYTES;
}

/* Where a process has a mapping; for one that it never mapped the slot, where nothing is. */
static uintptr_t address_of_mapping(int process, int mapping) {
    uintptr_t address = control->addresses[process][mapping];
    return address ? address : SLOT_ADDRESS + (uintptr_t)mapping * SLOT_BYTES;
}

static uintptr_t address_of_page(int process, int mapping, int page) {
    return address_of_mapping(process, mapping) + offset_of_page(is_huge(mapping), page < 0 ? 0 : page);
}

/* The pages that an address of the test language means, in a process's memory. */
static struct range range_in(int process, int mapping, int page) {
    size_t bytes = is_huge(mapping) ? PAGE_BYTES : bytes_of_page();
    if (page >= 0) return (struct range){address_of_page(process, mapping, page) + PAGE_BYTES - bytes, bytes};
    return (struct range){address_of_mapping(process, mapping), bytes_of_mapping(mapping)};
}

/* The same in the memory of whoever runs this. */
static struct range range_of(int mapping, int page) { return range_in(own_process, mapping, page); }

static volatile uint16_t *word_at(uintptr_t page_address, int word) {
    return (volatile uint16_t *)(page_address + (uintptr_t)word * WORD_STRIDE);
}

/* Writes a word into a page of the test: into all real pages that stand for it. */
static void store_into_page(int mapping, int page, int word, uint16_t value) {
    struct range range = range_of(mapping, page);
    for (size_t offset = 0; offset < range.bytes; offset += PAGE_BYTES) *word_at(range.address + offset, word) = value;
}

/* MARK: Making mappings */

/* Maps what a declaration says, at the mapping's slot, in the memory of whoever runs this. */
static void map_pages(int mapping) {
    const struct mapping_declaration *declared = &running->mappings[mapping];
    uintptr_t address = SLOT_ADDRESS + (uintptr_t)mapping * SLOT_BYTES;
    int protection = declared->readonly ? PROT_READ : PROT_READ | PROT_WRITE;
    int flags = MAP_FIXED_NOREPLACE | (declared->shared ? MAP_SHARED : MAP_PRIVATE);
    int file = -1;
    if (declared->backing == ANONYMOUS) flags |= MAP_ANONYMOUS;
    if (declared->backing == HUGETLB) flags |= MAP_ANONYMOUS | MAP_HUGETLB;
    if (declared->file >= 0) file = FILE_DESCRIPTORS + declared->file;
    size_t bytes = bytes_of_mapping(mapping);
    void *got = mmap((void *)address, bytes, protection, flags, file, 0);
    if (got == MAP_FAILED) give_up("'%s' cannot be mapped: %s", declared->name, strerror(errno));
    if (got != (void *)address) give_up("'%s' cannot be mapped: its address is taken", declared->name);
    if (declared->huge)
        madvise(got, bytes, MADV_HUGEPAGE);
    else if (!declared->collapsible && declared->backing == ANONYMOUS)
        madvise(got, bytes, MADV_NOHUGEPAGE);
    if (declared->mergeable) madvise(got, bytes, MADV_MERGEABLE);
    control->addresses[own_process][mapping] = address;
}

/* Writes the first word of every page that has a name. */
static void write_first_words(int mapping) {
    const struct mapping_declaration *declared = &running->mappings[mapping];
    for (int page = 0; page < declared->pages; page++)
        store_into_page(mapping, page, 0, declared->value);
}

/* MARK: The processor */

MAYBE_UNUSED static void store(int mapping, int page, int word, uint16_t value) {
    int first = page < 0 ? 0 : page, end = page < 0 ? running->mappings[mapping].pages : page + 1;
    for (int each = first; each < end; each++) store_into_page(mapping, each, word, value);
}

MAYBE_UNUSED static long load(int mapping, int page, int word) {
    struct range range = range_of(mapping, page < 0 ? 0 : page);
    uint16_t value = 0;
    for (size_t offset = 0; offset < range.bytes; offset += PAGE_BYTES) value = *word_at(range.address + offset, word);
    return value;
}

/* MARK: Calls on mappings */

MAYBE_UNUSED static long unmap(int mapping, int page) {
    struct range range = range_of(mapping, page);
    return status_of(munmap((void *)range.address, range.bytes));
}

/* mremap(2) to a place that nothing else ever has. */
MAYBE_UNUSED static long move(int mapping, int page) {
    struct range range = range_of(mapping, page);
    uintptr_t target = range.address + MOVE_BYTES;
    void *got = mremap(
        (void *)range.address, range.bytes, range.bytes, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)target);
    if (got == MAP_FAILED) return -errno;
    if (page <= 0) control->addresses[own_process][mapping] += MOVE_BYTES;
    return 0;
}

MAYBE_UNUSED static long protect(int mapping, int page, int protection) {
    struct range range = range_of(mapping, page);
    return status_of(mprotect((void *)range.address, range.bytes, protection));
}

MAYBE_UNUSED static long lock(int mapping, int page) {
    struct range range = range_of(mapping, page);
    return status_of(mlock((void *)range.address, range.bytes));
}

MAYBE_UNUSED static long advise(int mapping, int page, int advice) {
    struct range range = range_of(mapping, page);
    return status_of(madvise((void *)range.address, range.bytes, advice));
}

/* A look that no kernel allows. */
MAYBE_UNUSED static long look_at_what_only_a_model_shows(int mapping, int page) {
    (void)mapping, (void)page;
    return NOT_OBSERVABLE;
}

#endif
