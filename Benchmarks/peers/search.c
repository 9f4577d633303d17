/* A plain search through a model that generate.py wrote as C: every state kept whole, nothing clever.
 *
 *   generate.py t4 core > t4.core.h
 *   cc -O3 -DCORE='"t4.core.h"' [-DRENAME] search.c -o search && ./search
 *
 * With RENAME, frames are renamed by first appearance, as in SPIN's model. Prints the number of states and of
 * transitions and then one outcome a line: the registers by name, in the order of the model. It is the judge of what the
 * outcomes are, not a competitor. Ends with status 1 when a reference count goes wrong or memory runs out.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int broken;
#define MUST(condition) do { if (!(condition)) broken = 1; } while (0)
#include CORE
#include "outcomes.h"

/* An open-addressing table of indexes into the list of states, 0 for an empty slot. */
static Model *states;
static uint32_t *table;
static size_t count, capacity = 1 << 16, slots = 1 << 18;

static void *resized(void *block, size_t bytes) {
    void *larger = realloc(block, bytes);
    if (!larger) {
        fprintf(stderr, "search: out of memory\n");
        exit(1);
    }
    return larger;
}

static size_t slot_of(const Model *state) {
    uint64_t hash = 14695981039346656037u;
    const unsigned char *bytes = (const unsigned char *)state;
    for (size_t i = 0; i < sizeof *state; i++) hash = (hash ^ bytes[i]) * 1099511628211u;
    size_t slot = (hash ^ hash >> 29) & (slots - 1);
    while (table[slot] && memcmp(&states[table[slot] - 1], state, sizeof *state)) slot = (slot + 1) & (slots - 1);
    return slot;
}

static void grow(void) {
    if (count == capacity) states = resized(states, (capacity *= 2) * sizeof *states);
    if (count * 2 < slots) return;
    slots *= 2;
    table = resized(table, slots * sizeof *table);
    memset(table, 0, slots * sizeof *table);
    for (size_t i = 0; i < count; i++) table[slot_of(&states[i])] = i + 1;
}

static void add(const Model *state) {
    size_t slot = slot_of(state);
    if (table[slot]) return;
    states[count] = *state;
    table[slot] = ++count;
    grow();
}

int main(void) {
    size_t transitions = 0;
    states = resized(NULL, capacity * sizeof *states);
    table = resized(NULL, slots * sizeof *table);
    memset(table, 0, slots * sizeof *table);
    Model next;
    initialise(&next);
    add(&next);
    for (size_t i = 0; i < count; i++) {
        for (int thread = 0; thread < THREADS; thread++) {
            next = states[i];
            if (!step(&next, thread)) continue;
            transitions++;
#ifdef RENAME
            rename_frames(&next);
#endif
            if (broken) {
                fprintf(stderr, "search: a count went wrong\n");
                return 1;
            }
            note_outcome(&next);
            add(&next);
        }
    }
    printf("states %zu\ntransitions %zu\n", count, transitions);
    print_outcomes();
    return 0;
}
