/*
 * Direct I/O in flight: read(2) into memory and write(2) from it, with O_DIRECT, begun asynchronously (io_submit).
 *
 * The reference's descriptor is the file's; every use of the reference in the test's text is a request of its own,
 * of one word. A page of the range that no request transfers has one that nobody ever completes, so that it is referred
 * to as well. What is in flight ends when the reference does. A process that exits, or executes another program, waits
 * for what it has in flight itself: that is the kernel's doing.
 */
#ifndef MUSTER_DIRECT_IO_H
#define MUSTER_DIRECT_IO_H

#include "fuse_mount.h"
#include <linux/aio_abi.h>

/* What a request transfers. A request of a read that goes the other way shows what its reference's page contains. */
struct request_place {
    int page, word;
    bool reversed;
};

/* A reference's memory: the context of asynchronous I/O and who has it, then its requests. */
enum { AIO_CONTEXT, AIO_OWNER, REQUESTS_COUNT, FIRST_REQUEST, MOST_PLACES = ANSWERED - FIRST_REQUEST, HOLDING = 64 };

struct place_in_flight {
    int8_t page, word;
    uint8_t connection;
    bool writes, done;
};

_Static_assert(sizeof(struct place_in_flight) <= sizeof(long), "a request's state has to fit into a word of memory");

static struct place_in_flight *place_of(struct reference *reference, int number) {
    return (struct place_in_flight *)&reference->memory[FIRST_REQUEST + number];
}

/* Has the server do something for a reference, whose lock is held. */
static long order_from_server(struct fuse_order order) {
    struct reference *reference = &control->references[order.reference];
    _Atomic uint32_t *answered = (_Atomic uint32_t *)&reference->memory[ANSWERED];
    atomic_store(answered, 0);
    if (send(FUSE_SERVER, &order, sizeof order, 0) != sizeof order)
        give_up("the server of direct I/O is gone: %s", strerror(errno));
    while (!atomic_load(answered)) {
        futex_wait(answered, 0, 10);
        progress();
    }
    return reference->memory[ANSWER];
}

/* A connection for a write of its own. */
static int claim_connection(int index) {
    for (int connection = 1; connection < FUSE_CONNECTIONS; connection++) {
        long nobody = 0;
        if (__atomic_compare_exchange_n(
                &control->means[FUSE_CLAIMS + connection], &nobody, index + 1, false, __ATOMIC_SEQ_CST,
                __ATOMIC_SEQ_CST))
            return connection;
    }
    give_up("more than %d writes are queued at once", FUSE_CONNECTIONS - 1);
}

/* Begins a transfer of one word; a negative errno when its page cannot be had. */
static long submit_request(int index, int number, int connection, bool writes, uintptr_t address) {
    struct iocb request = {
        .aio_lio_opcode = writes ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD,
        .aio_fildes = (uint32_t)(FUSE_FILES + connection),
        .aio_buf = address,
        .aio_nbytes = sizeof(uint16_t),
        .aio_offset = (int64_t)file_offset_of(index, number),
    };
    struct iocb *requests[] = {&request};
    struct io_event event;
    struct timespec none = {0, 0};
    aio_context_t context = (aio_context_t)control->references[index].memory[AIO_CONTEXT];
    if (syscall(SYS_io_submit, context, 1, requests) != 1) return -errno;
    long ended = syscall(SYS_io_getevents, context, 0, 1, &event, &none);
    if (ended == 1) return event.res < 0 ? (long)event.res : -EIO;
    return 0;
}

static void end_requests(int index) {
    struct reference *reference = &control->references[index];
    order_from_server((struct fuse_order){.kind = ABANDON, .reference = index});
    if (reference->memory[AIO_OWNER] == own_process) syscall(SYS_io_destroy, reference->memory[AIO_CONTEXT]);
}

/* Whether a request refers to a page; any page of a huge one stands for all of it. */
static bool is_transferred(const struct request_place *places, int count, bool huge, int page) {
    for (int number = 0; number < count; number++) {
        int place = places[number].page < 0 ? 0 : places[number].page;
        if (huge ? place / NAMED_PAGES_OF_HUGE_PAGE == page / NAMED_PAGES_OF_HUGE_PAGE : place == page) return true;
    }
    return false;
}

static long submit_requests(
    int index, struct range range, bool huge, bool writes, const struct request_place *places, int count) {
    struct reference *reference = &control->references[index];
    long result = 0;
    for (int number = 0; number < count && result == 0; number++) {
        struct place_in_flight *place = place_of(reference, number);
        bool request_writes = writes != places[number].reversed;
        *place = (struct place_in_flight){
            .page = (int8_t)(places[number].page < 0 ? 0 : places[number].page),
            .word = (int8_t)places[number].word,
            .writes = request_writes,
            .connection = (uint8_t)(request_writes ? claim_connection(index) : 0),
        };
        result = submit_request(
            index, number, place->connection, request_writes,
            range.address + offset_in_reference(reference, place->page, place->word));
    }
    int step = huge ? NAMED_PAGES_OF_HUGE_PAGE : 1;
    for (int page = 0; offset_of_page(huge, page) < range.bytes && result == 0; page += step)
        if (!is_transferred(places, count, huge, page))
            result = submit_request(
                index, HOLDING + page, 0, writes, range.address + offset_in_reference(reference, page, 3));
    return result;
}

static long take_direct(
    int index, struct range range, bool huge, bool writes, const struct request_place *places, int count) {
    aio_context_t context = 0;
    if (count > MOST_PLACES) give_up("more than %d requests of one transfer", MOST_PLACES);
    if (syscall(SYS_io_setup, 256, &context) != 0) give_up("io_setup: %s", strerror(errno));
    struct reference *reference = note_reference(index, range, huge);
    reference->memory[AIO_CONTEXT] = (long)context;
    reference->memory[AIO_OWNER] = own_process;
    reference->memory[REQUESTS_COUNT] = count;
    order_from_server((struct fuse_order){.kind = WATCH, .reference = index, .process = own_process});
    long result = submit_requests(index, range, huge, writes, places, count);
    if (result == 0) return status_of(dup2(FUSE_FILES, descriptor_of(index)));
    end_requests(index);
    return result;
}

MAYBE_UNUSED static long take_direct_read(
    int index, struct range range, bool huge, const struct request_place *places, int count) {
    return take_direct(index, range, huge, false, places, count);
}

MAYBE_UNUSED static long take_direct_write(
    int index, struct range range, bool huge, const struct request_place *places, int count) {
    return take_direct(index, range, huge, true, places, count);
}

/* Has the server carry out the next request for a word. A write that was fetched stays in flight. */
static long transfer_directly(int index, bool writes, int page, int word, uint16_t value) {
    struct reference *reference = &control->references[index];
    if (check_reference(index) != 0) return -EBADF;
    lock_reference(reference);
    for (int number = 0; number < reference->memory[REQUESTS_COUNT]; number++) {
        struct place_in_flight *place = place_of(reference, number);
        if (place->done || place->writes != writes || place->page != (page < 0 ? 0 : page) || place->word != word)
            continue;
        place->done = true;
        long result = order_from_server((struct fuse_order){
            .kind = writes ? FETCH : COMPLETE, .reference = index, .request = number,
            .connection = place->connection, .value = value});
        unlock_reference(reference);
        return result;
    }
    give_up("no request in flight transfers word %d of page %d", word, page);
}

/* The data of a read arrive. */
MAYBE_UNUSED static long write_direct_read(int index, int page, int word, uint16_t value) {
    return transfer_directly(index, false, page, word, value);
}

/* The device takes the data of a write. */
MAYBE_UNUSED static long read_direct_write(int index, int page, int word) {
    return transfer_directly(index, true, page, word, 0);
}

/* What the page that a read goes into contains, by a request of the other direction. */
MAYBE_UNUSED static long read_direct_read(int index, int page, int word) {
    return transfer_directly(index, true, page, word, 0);
}

static void close_direct(int index) {
    end_requests(index);
    close(descriptor_of(index));
}

MAYBE_UNUSED static void close_direct_read(int index) { close_direct(index); }
MAYBE_UNUSED static void close_direct_write(int index) { close_direct(index); }

/* MARK: The parts */

static const char *missing_direct_io(void) {
    static bool started;
    static const char *answer;
    if (!started) answer = start_server();
    started = true;
    return answer;
}

static void end_all_requests(void) {
    order_from_server((struct fuse_order){.kind = ABANDON_ALL});
}

/* Whether direct I/O pins pages: fork copies a pinned page for the child, and the parent's stays the device's. */
static bool direct_io_pins(void) {
    static int answer = -1;
    if (answer >= 0) return answer;
    void *memory = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uintptr_t page = (uintptr_t)memory;
    struct request_place place = {0, 1, false};
    atomic_store(&control->actors[0].pid, getpid());
    *word_at(page, 0) = 1;
    if (take_direct_read(0, (struct range){page, PAGE_BYTES}, false, &place, 1) != 0) return false;
    int child = fork();
    if (child == 0) for (;;) pause();
    *word_at(page, 0) = 2;
    write_direct_read(0, 0, 1, 3);
    answer = *word_at(page, 1) == 3;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close_direct(0);
    atomic_store(&control->actors[0].pid, 0);
    munmap(memory, PAGE_BYTES);
    return answer;
}

MAYBE_UNUSED static const char *missing_direct_io_pins(void) {
    const char *answer = missing_direct_io();
    if (answer || direct_io_pins()) return answer;
    return "direct I/O does not pin pages on this kernel, it takes plain references to them";
}

MAYBE_UNUSED static const char *missing_direct_io_gets(void) {
    const char *answer = missing_direct_io();
    if (answer || !direct_io_pins()) return answer;
    return "direct I/O pins pages on this kernel, it takes no plain references to them";
}

#define DIRECT_IO_PART {missing_direct_io, NULL, end_all_requests}
#define DIRECT_IO_PINS_PART {missing_direct_io_pins, NULL, NULL}
#define DIRECT_IO_GETS_PART {missing_direct_io_gets, NULL, NULL}

#endif
