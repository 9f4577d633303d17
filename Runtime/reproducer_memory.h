/*
 * Mappings whose pages are pages: in place of what memory.h has for tests with huge pages and memory cgroups, too.
 */
#ifndef MUSTER_REPRODUCER_MEMORY_H
#define MUSTER_REPRODUCER_MEMORY_H

#include "references.h"

static bool is_huge(int mapping) {
    (void)mapping;
    return false;
}

static size_t bytes_of_mapping(int mapping) { return (size_t)running->mappings[mapping].pages * PAGE_BYTES; }

static size_t offset_of_page(bool huge, int page) {
    (void)huge;
    return (size_t)page * PAGE_BYTES;
}

static uintptr_t address_of_page(int process, int mapping, int page) {
    return address_of_mapping(process, mapping) + (uintptr_t)(page < 0 ? 0 : page) * PAGE_BYTES;
}

/* Pages in a process's memory: `page` is -1 for all of the mapping. */
static struct range range_in(int process, int mapping, int page) {
    if (page >= 0) return (struct range){address_of_page(process, mapping, page), PAGE_BYTES};
    return (struct range){address_of_mapping(process, mapping), bytes_of_mapping(mapping)};
}

static void store_into_page(int mapping, int page, int word, uint16_t value) {
    *word_at(address_of_page(own_process, mapping, page), word) = value;
}

static long load(int mapping, int page, int word) {
    return *word_at(address_of_page(own_process, mapping, page), word);
}

/* How far a word is from the first byte of a reference. */
static size_t offset_in_reference(const struct reference *reference, int page, int word) {
    (void)reference;
    return (size_t)(page < 0 ? 0 : page) * PAGE_BYTES + (size_t)word * WORD_STRIDE;
}

#endif
