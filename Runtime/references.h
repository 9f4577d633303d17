/*
 * References of the test language: names for descriptors that refer to pages, which children inherit.
 *
 * Whatever the means is, a name is open in a process exactly when the descriptor REFERENCE_DESCRIPTORS + 2 * index is,
 * so that inheriting, closing and passing on are the kernel's own. The means is told apart by `enum means`.
 */
#ifndef MUSTER_REFERENCES_H
#define MUSTER_REFERENCES_H

#include "memory.h"

/* How a reference is taken for real. */
enum means {
    PIPE,             /* vmsplice */
    FIXED_BUFFER,     /* io_uring */
    DIRECT_READ,      /* read(2) into the pages, with O_DIRECT, in flight */
    DIRECT_WRITE,     /* write(2) from the pages, with O_DIRECT, queued */
    VFIO_READ,        /* a mapping of the IOMMU that the device may only read */
    VFIO_WRITE,
    PACKET_MEMORY,    /* AF_XDP */
    DMA_BUFFER,       /* udmabuf, of a memfd: `file` */
};

struct reference_declaration {
    const char *name;
    enum means means;
    int file;
};

static int descriptor_of(int reference) { return REFERENCE_DESCRIPTORS + 2 * reference; }

static bool is_open(int descriptor) { return fcntl(descriptor, F_GETFD) >= 0; }

/* Puts a descriptor where the name's is; children inherit it. */
static long place_descriptor(int descriptor, int place) {
    if (descriptor == place) return 0;
    long result = status_of(dup2(descriptor, place));
    close(descriptor);
    return result;
}

/* One user at a time. */
static void lock_reference(struct reference *reference) {
    while (atomic_exchange(&reference->lock, 1)) sched_yield();
}

static void unlock_reference(struct reference *reference) { atomic_store(&reference->lock, 0); }

/* Where a page's word is behind the first byte of a reference. */
static size_t offset_in_reference(const struct reference *reference, int page, int word) {
    return offset_of_page(reference->huge, page < 0 ? 0 : page) + (size_t)word * WORD_STRIDE;
}

/* Notes what a reference refers to; the taker's process holds it then. */
static struct reference *note_reference(int index, struct range range, bool huge) {
    struct reference *reference = &control->references[index];
    reference->address = range.address;
    reference->bytes = range.bytes;
    reference->huge = huge;
    return reference;
}

#endif
