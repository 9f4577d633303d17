/*
 * vmsplice(2): a pipe that refers to pages, for reading. The pipe's two ends are the reference's two descriptors.
 *
 * In place of what pipe.h has, for references to a few pages, once each, which one pipe has room for.
 */
#ifndef MUSTER_REPRODUCER_PIPE_H
#define MUSTER_REPRODUCER_PIPE_H

#include "pipe.h"

/* Lets a pipe refer to pages. */
static long take_pipe(int index, struct range range) {
    struct iovec pages = {(void *)range.address, range.bytes};
    int ends[2];
    if (pipe(ends) != 0) return -errno;
    long got = vmsplice(ends[1], &pages, 1, SPLICE_F_NONBLOCK);
    if (got != (long)range.bytes) {
        long error = got < 0 ? -errno : -EFAULT;
        close(ends[0]), close(ends[1]);
        return error;
    }
    note_reference(index, range, false);
    place_descriptor(ends[0], descriptor_of(index));
    return place_descriptor(ends[1], descriptor_of(index) + 1);
}

/* Reads a word of what the pipe refers to, and leaves the pipe as it is: the pages are duplicated by tee(2) first. */
static long read_pipe(int index, int page, int word) {
    char content[PAGE_BYTES];
    int copy[2];
    if (check_reference(index) != 0) return -EBADF;
    if (pipe(copy) != 0) return -errno;
    long result = result_of(tee(descriptor_of(index), copy[1], (size_t)(page + 1) * PAGE_BYTES, SPLICE_F_NONBLOCK));
    for (int each = 0; each <= page && result >= 0; each++)
        if (read(copy[0], content, PAGE_BYTES) != PAGE_BYTES) result = -EIO;
    close(copy[0]), close(copy[1]);
    return result < 0 ? result : *(uint16_t *)(content + word * WORD_STRIDE);
}

static void close_pipe(int index) {
    close(descriptor_of(index));
    close(descriptor_of(index) + 1);
}

#endif
