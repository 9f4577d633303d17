/*
 * Whether a reference is on the pages that its owner's memory has there: a word that is stored on one side shows up on
 * the other one. This stores where other looks only look, so it is the last look of a run.
 */
#ifndef MUSTER_COHERENCE_H
#define MUSTER_COHERENCE_H

#include "looks.h"
#include "references.h"

enum { LAST_WORD = 3, MILLISECONDS_FOR_COHERENCE = 5000 };

/* A word of a process's memory, as the kernel reads or writes it for a debugger: without faults where a page is. */
static long read_memory_of(int process, uintptr_t address) {
    uint16_t word;
    char path[64];
    path_in_proc(path, process, "mem");
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    long got = memory < 0 ? -1 : pread(memory, &word, sizeof word, (off_t)address);
    if (memory >= 0) close(memory);
    return got == sizeof word ? word : NOTHING_THERE;
}

static bool write_memory_of(int process, uintptr_t address, uint16_t word) {
    char path[64];
    path_in_proc(path, process, "mem");
    int memory = open(path, O_WRONLY | O_CLOEXEC);
    long put = memory < 0 ? -1 : pwrite(memory, &word, sizeof word, (off_t)address);
    if (memory >= 0) close(memory);
    return put == sizeof word;
}

/* Where a page of a reference is now: a mapping may have moved since the reference was taken. */
static uintptr_t owners_address(int index, int page) {
    const struct reference *reference = &control->references[index];
    uintptr_t offset = reference->address - SLOT_ADDRESS;
    int mapping = (int)(offset / SLOT_BYTES % MOST_MAPPINGS);
    return address_of_mapping(running->references[index].process, mapping) + offset % SLOT_BYTES +
           offset_of_page(reference->huge, page);
}

/* A page of a reference that only reads. The store may make the owner's memory have another page: that tells nothing. */
static long shows_stores(int index, int page, uintptr_t address, uint16_t fresh) {
    const struct reference_declaration *declared = &running->references[index];
    uint64_t before = pagemap_entry_at(declared->process, address) & PAGEMAP_FRAME;
    if (!write_memory_of(declared->process, address + LAST_WORD * WORD_STRIDE, fresh)) return NOT_OBSERVABLE;
    uint64_t after = pagemap_entry_at(declared->process, address) & PAGEMAP_FRAME;
    if (!before || before != after) return NOT_OBSERVABLE;
    return declared->read(index, page, LAST_WORD) == fresh;
}

static long is_page_coherent(int index, int page) {
    const struct reference_declaration *declared = &running->references[index];
    uintptr_t address = owners_address(index, page), word = address + LAST_WORD * WORD_STRIDE;
    if (!(pagemap_entry_at(declared->process, address) & PAGEMAP_PRESENT)) return 0;
    long there = read_memory_of(declared->process, word), here = declared->read(index, page, LAST_WORD);
    uint16_t fresh = 1;
    while (fresh == there || fresh == here) fresh++;
    if (!declared->write) return shows_stores(index, page, address, fresh);
    long error = declared->write(index, page, LAST_WORD, fresh);
    if (error) return NOT_OBSERVABLE;
    return read_memory_of(declared->process, word) == fresh;
}

static long are_pages_coherent(int index) {
    for (int page = 0; page < running->references[index].pages; page++) {
        long is_coherent = is_page_coherent(index, page);
        if (is_coherent != 1) return is_coherent;
    }
    return 1;
}

/* Gets a reference's descriptors from a process that holds it. */
static bool borrow_reference(int index) {
    uint32_t holders = atomic_load(&control->references[index].holders);
    for (int process = 0; process < running->actors_count; process++) {
        if (!(holders & (1u << process)) || has_ended(process)) continue;
        int pid = atomic_load(&control->actors[process].pid);
        int first = copy_descriptor(pid, descriptor_of(index)), second = copy_descriptor(pid, descriptor_of(index) + 1);
        if (second >= 0) place_descriptor(second, descriptor_of(index) + 1);
        if (first >= 0 && place_descriptor(first, descriptor_of(index)) == 0) return true;
    }
    return false;
}

/* By the controller, for all pages of a reference. Another process does it: it may hang where actors do. */
static long look_coherent(int index) {
    const struct reference_declaration *declared = &running->references[index];
    if (!declared->read) return NOT_OBSERVABLE;
    if (!atomic_load(&control->references[index].holders) || has_ended(declared->process)) return 0;
    if (!borrow_reference(index)) return NOT_OBSERVABLE;
    control->coherence = NOT_OBSERVABLE;
    int looker = fork();
    if (looker == 0) {
        own_process = declared->process;
        control->coherence = are_pages_coherent(index);
        _exit(0);
    }
    close(descriptor_of(index));
    close(descriptor_of(index) + 1);
    for (int waited = 0; looker > 0 && waitpid(looker, NULL, WNOHANG) == 0; waited++) {
        if (waited == MILLISECONDS_FOR_COHERENCE) kill(looker, SIGKILL);
        sleep_milliseconds(1);
    }
    return control->coherence;
}

#endif
