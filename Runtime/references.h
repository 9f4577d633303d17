/*
 * References of the test language: names for descriptors that refer to pages, which children inherit.
 *
 * Whatever the means is, a name is open in a process exactly when the descriptor REFERENCE_DESCRIPTORS + 2 * index is,
 * so that inheriting, closing and passing on are the kernel's own. Every means has a header with
 * take_…(index, …), read_…(index, page, word), write_…(index, page, word, value) and close_…(index).
 */
#ifndef MUSTER_REFERENCES_H
#define MUSTER_REFERENCES_H

#include "memory.h"

static int descriptor_of(int reference) { return REFERENCE_DESCRIPTORS + 2 * reference; }

static bool is_open(int descriptor) { return fcntl(descriptor, F_GETFD) >= 0; }

/* Puts a descriptor where the name's is; children inherit it. */
static long place_descriptor(int descriptor, int place) {
    if (descriptor == place) return 0;
    long result = status_of(dup2(descriptor, place));
    close(descriptor);
    return result;
}

/* A copy of another process's descriptor, or a negative errno. */
MAYBE_UNUSED static int copy_descriptor(int pid, int descriptor) {
    int process = (int)syscall(SYS_pidfd_open, pid, 0);
    if (process < 0) return -errno;
    long result = result_of(syscall(SYS_pidfd_getfd, process, descriptor, 0));
    close(process);
    return (int)result;
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
    atomic_store(&reference->holders, 1u << own_process);
    return reference;
}

/* MARK: Passing on */

/*
 * Some descriptors no socket takes. A means that has such ones says how else they get to another process: `keep` hands
 * copies of both to somebody, and `take` gets them from there to their places in this process.
 */
static struct {
    long (*keep)(int index);
    void (*take)(int index);
} keeping;

/* Sockets through which names are passed to a process, made before the test starts: one pair a process. */
static int mailbox_of(int process) { return DEVICE_DESCRIPTORS + 2 * process; }

/* Takes what was sent to this process, and gives it its place. */
static void receive_references(void) {
    for (;;) {
        int index;
        struct iovec piece = {&index, sizeof index};
        union {
            char bytes[CMSG_SPACE(2 * sizeof(int))];
            struct cmsghdr alignment;
        } space;
        struct msghdr message = {
            .msg_iov = &piece, .msg_iovlen = 1, .msg_control = space.bytes, .msg_controllen = sizeof space.bytes};
        if (recvmsg(mailbox_of(own_process), &message, MSG_DONTWAIT) != sizeof index) return;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        atomic_fetch_or(&control->references[index].holders, 1u << own_process);
        if (!header && keeping.take) keeping.take(index);
        if (!header || header->cmsg_type != SCM_RIGHTS) continue;
        size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        int descriptors[2];
        memcpy(descriptors, CMSG_DATA(header), count * sizeof(int));
        for (size_t each = 0; each < count; each++)
            place_descriptor(descriptors[each], descriptor_of(index) + (int)each);
    }
}

/* Before every use of a name: -EBADF where this process does not have it. */
static long check_reference(int index) {
    if (!is_open(descriptor_of(index))) receive_references();
    return is_open(descriptor_of(index)) ? 0 : -EBADF;
}

MAYBE_UNUSED static long send_reference(int index, int process) {
    long error = check_reference(index);
    if (error) return error;
    int descriptors[2] = {descriptor_of(index), descriptor_of(index) + 1};
    int count = is_open(descriptors[1]) ? 2 : 1;
    struct iovec piece = {&index, sizeof index};
    union {
        char bytes[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr alignment;
    } space;
    memset(&space, 0, sizeof space);
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = space.bytes,
        .msg_controllen = CMSG_SPACE((size_t)count * sizeof(int))};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
    memcpy(CMSG_DATA(header), descriptors, (size_t)count * sizeof(int));
    /* From now on the receiver keeps it alive, whether it has looked into its mailbox or not. */
    uint32_t before = atomic_fetch_or(&control->references[index].holders, 1u << process);
    long result = status_of(sendmsg(mailbox_of(process) + 1, &message, 0));
    if (result == -EINVAL && keeping.keep) {
        message.msg_control = NULL;
        message.msg_controllen = 0;
        result = keeping.keep(index);
        if (result == 0) result = status_of(sendmsg(mailbox_of(process) + 1, &message, 0));
    }
    if (result < 0 && !(before & (1u << process)))
        atomic_fetch_and(&control->references[index].holders, ~(1u << process));
    return result;
}

/* MARK: Letting go */

/* Lets go of a name in this process; the last holder's going ends the reference at once. */
static long close_reference(int index) {
    if (!is_open(descriptor_of(index))) receive_references();
    if (!is_open(descriptor_of(index))) return -EBADF;
    uint32_t before = atomic_fetch_and(&control->references[index].holders, ~(1u << own_process));
    if ((before & ~(1u << own_process)) == 0) {
        running->references[index].close(index);
    } else {
        close(descriptor_of(index));
        close(descriptor_of(index) + 1);
    }
    return 0;
}

/* What exit does to the process's references. */
MAYBE_UNUSED static void close_all_references(void) {
    for (int index = 0; index < running->references_count; index++) close_reference(index);
}

/* exit: the process ends with all its threads. */
__attribute__((noreturn)) MAYBE_UNUSED static void exit_process(void) {
    close_all_references();
    end_actors(own_process, NOBODY, EXITED, 0);
    progress();
    syscall(SYS_exit_group, 0);
    __builtin_unreachable();
}

#endif
