/*
 * vmsplice(2): a pipe that refers to pages, for reading. The pipe's two ends are the reference's two descriptors.
 */
#ifndef MUSTER_PIPE_H
#define MUSTER_PIPE_H

#include "references.h"

enum {
    /* What a pipe has room for, unless an administrator allows more: a mebibyte. */
    SLOTS_OF_PIPE = 256,
    /* The pipes of a reference beyond its first, where one has not room enough. */
    MORE_PIPES = 3,
    MORE_PIPES_DESCRIPTORS = 800,
};

/* The reading end of a reference's pipe; the writing end is the next descriptor. */
static int pipe_of(int index, size_t pipe) {
    if (pipe == 0) return descriptor_of(index);
    return MORE_PIPES_DESCRIPTORS + 2 * (index * MORE_PIPES + (int)pipe - 1);
}

static long open_pipe(int index, size_t number) {
    int ends[2];
    if (number > MORE_PIPES) give_up("a reference would need more than %d pipes", MORE_PIPES + 1);
    if (pipe(ends) != 0) return -errno;
    long first = place_descriptor(ends[0], pipe_of(index, number));
    long second = place_descriptor(ends[1], pipe_of(index, number) + 1);
    return first ? first : second;
}

static void close_pipe(int index) {
    for (size_t number = 0; number <= MORE_PIPES; number++) {
        close(pipe_of(index, number));
        close(pipe_of(index, number) + 1);
    }
}

/* Lets a pipe refer to pages, to each of them `times` times. */
static long take_pipe(int index, struct range range, bool huge, int times) {
    size_t pages = range.bytes / PAGE_BYTES;
    if (huge && pages > 1) pages = range.bytes / HUGE_PAGE_BYTES * NAMED_PAGES_OF_HUGE_PAGE;
    size_t slots = pages * (size_t)times;
    long result = 0;
    for (size_t slot = 0; slot < slots && result == 0; slot++) {
        size_t number = slot / SLOTS_OF_PIPE;
        if (slot % SLOTS_OF_PIPE == 0) {
            result = open_pipe(index, number);
            if (result == 0 && slots - slot > 16)
                result = status_of(fcntl(pipe_of(index, number) + 1, F_SETPIPE_SZ, SLOTS_OF_PIPE * PAGE_BYTES));
            if (result != 0) break;
        }
        uintptr_t page = range.address + offset_of_page(huge, (int)(slot / (size_t)times));
        struct iovec piece = {(void *)page, PAGE_BYTES};
        long got = vmsplice(pipe_of(index, number) + 1, &piece, 1, SPLICE_F_NONBLOCK);
        if (got != PAGE_BYTES) result = got < 0 ? -errno : -EFAULT;
    }
    if (result == 0)
        note_reference(index, range, huge)->memory[0] = times;
    else
        close_pipe(index);
    return result;
}

/* Reads a word of what the pipe refers to, and leaves the pipe as it is: the pages are duplicated by tee(2) first. */
static long read_pipe(int index, int page, int word) {
    struct reference *reference = &control->references[index];
    int copy[2];
    if (check_reference(index) != 0) return -EBADF;
    size_t slot = (size_t)page * (size_t)reference->memory[0];
    int source = pipe_of(index, slot / SLOTS_OF_PIPE);
    slot %= SLOTS_OF_PIPE;
    size_t bytes = (slot + 1) * PAGE_BYTES;
    if (pipe(copy) != 0) return -errno;
    if (slot >= 16) fcntl(copy[1], F_SETPIPE_SZ, bytes);
    long result = result_of(tee(source, copy[1], bytes, SPLICE_F_NONBLOCK));
    char content[PAGE_BYTES];
    for (size_t each = 0; each <= slot && result >= 0; each++) {
        long got = read(copy[0], content, PAGE_BYTES);
        if (got != PAGE_BYTES) result = got < 0 ? -errno : -EIO;
    }
    close(copy[0]), close(copy[1]);
    return result < 0 ? result : *(uint16_t *)(content + word * WORD_STRIDE);
}

#define VMSPLICE_PART {NULL, NULL, NULL}

#endif
