/*
 * vmsplice(2): a pipe that refers to pages, for reading. The pipe's two ends are the reference's two descriptors.
 */
#ifndef MUSTER_PIPE_H
#define MUSTER_PIPE_H

#include "references.h"

/* Lets a pipe refer to pages, each of them `times` times. */
static long take_pipe(int index, struct range range, bool huge, int times) {
    int ends[2];
    size_t slots = range.bytes / PAGE_BYTES * (size_t)times;
    if (huge && range.bytes >= HUGE_PAGE_BYTES) slots = range.bytes / HUGE_PAGE_BYTES * NAMED_PAGES_OF_HUGE_PAGE;
    if (pipe(ends) != 0) return -errno;
    if (slots > 16 && fcntl(ends[1], F_SETPIPE_SZ, slots * PAGE_BYTES) < 0) {
        long error = -errno;
        close(ends[0]), close(ends[1]);
        return error;
    }
    long result = 0;
    for (size_t slot = 0; slot < slots && result == 0; slot++) {
        size_t page = slot / (size_t)times;
        struct iovec piece = {(void *)(range.address + offset_of_page(huge, (int)page)), PAGE_BYTES};
        long got = vmsplice(ends[1], &piece, 1, SPLICE_F_NONBLOCK);
        if (got != PAGE_BYTES) result = got < 0 ? -errno : -EFAULT;
    }
    if (result == 0) {
        note_reference(index, range, huge)->memory[0] = times;
        result = place_descriptor(ends[0], descriptor_of(index));
        long second = place_descriptor(ends[1], descriptor_of(index) + 1);
        if (result == 0) result = second;
    } else {
        close(ends[0]), close(ends[1]);
    }
    return result;
}

/* Reads a word of what the pipe refers to, and leaves the pipe as it is: the pages are duplicated by tee(2) first. */
static long read_pipe(int index, int page, int word) {
    struct reference *reference = &control->references[index];
    int source = descriptor_of(index), copy[2];
    if (check_reference(index) != 0) return -EBADF;
    size_t slot = (size_t)(page < 0 ? 0 : page) * (size_t)reference->memory[0];
    size_t bytes = (slot + 1) * PAGE_BYTES;
    if (pipe(copy) != 0) return -errno;
    if (slot + 1 > 16) fcntl(copy[1], F_SETPIPE_SZ, bytes);
    long result = result_of(tee(source, copy[1], bytes, SPLICE_F_NONBLOCK));
    char content[PAGE_BYTES];
    for (size_t each = 0; each <= slot && result >= 0; each++) {
        long got = read(copy[0], content, PAGE_BYTES);
        if (got != PAGE_BYTES) result = got < 0 ? -errno : -EIO;
    }
    close(copy[0]), close(copy[1]);
    if (result < 0) return result;
    return *(uint16_t *)(content + word * WORD_STRIDE);
}

static void close_pipe(int index) {
    close(descriptor_of(index));
    close(descriptor_of(index) + 1);
}

#define VMSPLICE_PART {NULL, NULL, NULL}

#endif
