/*
 * io_uring's fixed buffers: pages pinned for writing, for long. The device is the kernel, which copies between the
 * pinned pages and a memfd.
 *
 * The reference's two descriptors are the ring and the memfd. Every use maps the ring for its own moment, so that a ring
 * that was inherited, sent or kept across exec is like one's own. A ring always reaches the pages that were registered,
 * whoever uses it.
 */
#ifndef MUSTER_IO_URING_H
#define MUSTER_IO_URING_H

#include "references.h"
#include <linux/io_uring.h>

/* Where the fields of a ring are, in a reference's memory. */
enum { SUBMISSION_TAIL, SUBMISSION_ARRAY, COMPLETION_HEAD, COMPLETION_TAIL, COMPLETIONS };

static int make_ring(struct io_uring_params *parameters) {
    memset(parameters, 0, sizeof *parameters);
    return (int)syscall(SYS_io_uring_setup, 1, parameters);
}

/*
 * Registers pages as one buffer. Where a block of pages stands for one, each is a buffer of its own, so that the one
 * that cannot be pinned says why.
 */
static long register_buffers(int ring, struct range range) {
    static struct iovec buffers[1024];
    size_t count = running->memcg_actor < 0 ? 1 : range.bytes / PAGE_BYTES;
    if (count > sizeof buffers / sizeof *buffers) give_up("too many pages to pin under a memory limit");
    for (size_t buffer = 0; buffer < count; buffer++)
        buffers[buffer] = (struct iovec){(void *)(range.address + buffer * (range.bytes / count)), range.bytes / count};
    return status_of(syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, buffers, count));
}

/* Pins pages as a ring's fixed buffer. */
MAYBE_UNUSED static long take_fixed_buffer(int index, struct range range, bool huge) {
    struct io_uring_params parameters;
    int ring = make_ring(&parameters);
    if (ring < 0) return -errno;
    long result = register_buffers(ring, range);
    int transfers = result == 0 ? memfd_create("transfers", MFD_CLOEXEC) : -1;
    if (result == 0 && transfers < 0) give_up("memfd_create: %s", strerror(errno));
    if (result < 0) {
        close(ring);
        return result;
    }
    struct reference *reference = note_reference(index, range, huge);
    reference->memory[SUBMISSION_TAIL] = parameters.sq_off.tail;
    reference->memory[SUBMISSION_ARRAY] = parameters.sq_off.array;
    reference->memory[COMPLETION_HEAD] = parameters.cq_off.head;
    reference->memory[COMPLETION_TAIL] = parameters.cq_off.tail;
    reference->memory[COMPLETIONS] = parameters.cq_off.cqes;
    place_descriptor(transfers, descriptor_of(index) + 1);
    return place_descriptor(ring, descriptor_of(index));
}

/* One request: submits it, and waits until it is done. A ring of one entry needs one page for each of its two parts. */
static long submit_to_ring(int ring, const struct reference *reference, const struct io_uring_sqe *request) {
    char *fields = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
    void *requests = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
    if (fields == MAP_FAILED || requests == MAP_FAILED) give_up("the ring cannot be mapped: %s", strerror(errno));
    _Atomic uint32_t *tail = (_Atomic uint32_t *)(fields + reference->memory[SUBMISSION_TAIL]);
    _Atomic uint32_t *done = (_Atomic uint32_t *)(fields + reference->memory[COMPLETION_HEAD]);
    _Atomic uint32_t *arrived = (_Atomic uint32_t *)(fields + reference->memory[COMPLETION_TAIL]);
    struct io_uring_cqe *completions = (struct io_uring_cqe *)(fields + reference->memory[COMPLETIONS]);
    memcpy(requests, request, sizeof *request);
    *(uint32_t *)(fields + reference->memory[SUBMISSION_ARRAY]) = 0;
    atomic_fetch_add(tail, 1);
    unsigned to_submit = 1;
    while (atomic_load(arrived) == atomic_load(done)) {
        long submitted = syscall(SYS_io_uring_enter, ring, to_submit, 1, IORING_ENTER_GETEVENTS, NULL, 0);
        if (submitted < 0 && errno != EINTR && errno != EAGAIN) give_up("io_uring_enter: %s", strerror(errno));
        if (submitted > 0) to_submit = 0;
    }
    /* A ring of one entry has room for two completions. */
    long result = completions[atomic_load(done) & 1].res;
    atomic_fetch_add(done, 1);
    munmap(requests, PAGE_BYTES);
    munmap(fields, PAGE_BYTES);
    return result;
}

/* Moves a word between the buffer and the memfd's beginning. */
static long transfer_fixed_buffer(int index, int opcode, int page, int word) {
    struct reference *reference = &control->references[index];
    size_t offset = offset_in_reference(reference, page, word);
    struct io_uring_sqe request = {
        .opcode = (uint8_t)opcode,
        .buf_index = running->memcg_actor < 0 ? 0 : (uint16_t)(offset / PAGE_BYTES),
        .fd = descriptor_of(index) + 1,
        .addr = reference->address + offset,
        .len = sizeof(uint16_t),
    };
    long moved = submit_to_ring(descriptor_of(index), reference, &request);
    if (moved >= 0 && moved != sizeof(uint16_t)) return -EIO;
    return moved < 0 ? moved : 0;
}

/* The device reads a word of memory. */
MAYBE_UNUSED static long read_fixed_buffer(int index, int page, int word) {
    uint16_t value;
    if (check_reference(index) != 0) return -EBADF;
    lock_reference(&control->references[index]);
    long result = transfer_fixed_buffer(index, IORING_OP_WRITE_FIXED, page, word);
    if (result == 0 && pread(descriptor_of(index) + 1, &value, sizeof value, 0) != sizeof value) result = -EIO;
    unlock_reference(&control->references[index]);
    return result < 0 ? result : value;
}

/* The device writes a word of memory. */
MAYBE_UNUSED static long write_fixed_buffer(int index, int page, int word, uint16_t value) {
    long result = 0;
    if (check_reference(index) != 0) return -EBADF;
    lock_reference(&control->references[index]);
    if (pwrite(descriptor_of(index) + 1, &value, sizeof value, 0) != sizeof value) result = -errno;
    if (result == 0) result = transfer_fixed_buffer(index, IORING_OP_READ_FIXED, page, word);
    unlock_reference(&control->references[index]);
    return result;
}

/* Lets go of the pages. Closing the ring alone would do so some time later. */
MAYBE_UNUSED static void close_fixed_buffer(int index) {
    int ring = descriptor_of(index);
    while (syscall(SYS_io_uring_register, ring, IORING_UNREGISTER_BUFFERS, NULL, 0) != 0 && errno == EINTR) {}
    close(ring);
    close(ring + 1);
}

static const char *missing_io_uring(void) {
    struct io_uring_params parameters;
    int ring = make_ring(&parameters);
    if (ring >= 0) {
        close(ring);
        return NULL;
    }
    if (errno == ENOSYS) return "the kernel has no io_uring";
    if (errno != EPERM) return "io_uring does not work here";
    char disabled[16];
    if (read_file("/proc/sys/kernel/io_uring_disabled", disabled, sizeof disabled) > 0 && disabled[0] != '0')
        return disabled[0] == '1' ? "io_uring is forbidden: kernel.io_uring_disabled is 1 (needs root)"
                                  : "io_uring is forbidden: kernel.io_uring_disabled is 2";
    return "io_uring is forbidden here (by seccomp, as containers do?)";
}

/* Whatever may be locked in memory is to be had without asking. */
static void allow_locked_memory(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_MEMLOCK, &limit);
}

#define IO_URING_PART {missing_io_uring, allow_locked_memory, NULL}

#endif
