/*
 * The device behind direct I/O: files on FUSE file systems of our own, and the process that serves them.
 *
 * A request of direct I/O stays in flight until the server answers it, and the pages that it transfers stay referred to
 * by the kernel. The kernel takes the data of a write when the server reads the request, and stores the data of a read
 * when the server answers: so requests are the server's to time.
 *
 * Requests of one file are read in the order in which they came. Hence several connections: one for reads, whose order
 * does not matter, and one for each write in flight. The server alone has the devices open: when it dies, however that
 * comes about, the kernel aborts whatever is in flight, and nobody hangs. It shares no memory with what is tested.
 */
#ifndef MUSTER_FUSE_SERVER_H
#define MUSTER_FUSE_SERVER_H

#include "references.h"
#include <linux/fuse.h>

enum {
    /* The first serves reads; of the others each serves one write at a time. */
    FUSE_CONNECTIONS = 16,
    /* Open files, one a connection; and the socket on which the server takes orders. */
    FUSE_FILES = DEVICE_DESCRIPTORS + 64,
    FUSE_SERVER = FUSE_FILES + FUSE_CONNECTIONS,
    MOST_REQUESTS = 512,
    FUSE_BUFFER_BYTES = 64 << 10,
    /* In the control block's memory for means: which reference has a connection, its index and 1. */
    FUSE_CLAIMS = 128,
};

#define FUSE_FILE_BYTES ((uint64_t)1 << 40)

/* A request of a reference is known by the place in the file that it reads or writes. */
static uint64_t file_offset_of(int reference, int request) {
    return ((uint64_t)reference << 8 | (uint64_t)request) << 12;
}

static int reference_at(uint64_t file_offset) { return (int)(file_offset >> 20); }

static long claim_of(int connection) { return control->means[FUSE_CLAIMS + connection]; }

/* What actors order. The answer goes into the reference's memory. */
struct fuse_order {
    enum { WATCH, COMPLETE, FETCH, ABANDON, ABANDON_ALL } kind;
    int reference, request;
    int process;
    int connection;
    uint16_t value;
};

/* Where the answer to an order is, in a reference's memory: whether it is there, and what it is. */
enum { ANSWERED = 14, ANSWER = 15 };

/* MARK: The server */

struct fuse_request {
    uint64_t unique;
    uint64_t file_offset;
    int connection;
    bool in_flight;
    uint16_t data;
};

static struct {
    int devices[FUSE_CONNECTIONS];
    int orders;
    struct fuse_request requests[MOST_REQUESTS];
    /* For a reference with something in flight the process that began it, and 1. */
    int watched[MOST_REFERENCES];
    char buffer[FUSE_BUFFER_BYTES];
} server;

static long answer_request(int connection, uint64_t unique, int error, const void *data, size_t bytes) {
    struct fuse_out_header header = {.len = (uint32_t)(sizeof header + bytes), .error = error, .unique = unique};
    struct iovec pieces[] = {{&header, sizeof header}, {(void *)data, bytes}};
    return status_of(writev(server.devices[connection], pieces, bytes ? 2 : 1));
}

static void answer_init(int connection, uint64_t unique, const struct fuse_init_in *asked) {
    struct fuse_init_out answer = {
        .major = FUSE_KERNEL_VERSION,
        .minor = asked->minor < 31 ? asked->minor : 31,
        .max_readahead = PAGE_BYTES,
        .flags = FUSE_ASYNC_DIO,
        .max_background = MOST_REQUESTS,
        .congestion_threshold = MOST_REQUESTS,
        .max_write = PAGE_BYTES,
        .time_gran = 1,
    };
    answer_request(connection, unique, 0, &answer, sizeof answer);
}

static void answer_attributes(int connection, uint64_t unique) {
    struct fuse_attr_out answer = {.attr_valid = UINT32_MAX};
    answer.attr.ino = FUSE_ROOT_ID;
    answer.attr.size = FUSE_FILE_BYTES;
    answer.attr.mode = S_IFREG | 0666;
    answer.attr.nlink = 1;
    answer.attr.blksize = PAGE_BYTES;
    answer_request(connection, unique, 0, &answer, sizeof answer);
}

/* Keeps a transfer's request until it is time for it. */
static void keep_request(int connection, const struct fuse_in_header *header) {
    const struct fuse_read_in *read_in = (const void *)(header + 1);
    const struct fuse_write_in *write_in = (const void *)(header + 1);
    bool writes = header->opcode == FUSE_WRITE;
    for (int index = 0; index < MOST_REQUESTS; index++) {
        struct fuse_request *request = &server.requests[index];
        if (request->in_flight) continue;
        *request = (struct fuse_request){
            .unique = header->unique,
            .file_offset = writes ? write_in->offset : read_in->offset,
            .connection = connection,
            .in_flight = true,
        };
        if (writes) memcpy(&request->data, write_in + 1, sizeof request->data);
        return;
    }
    answer_request(connection, header->unique, -EIO, NULL, 0);
}

/* Reads one request, if there is any; those that transfer nothing are answered at once. */
static bool read_request(int connection) {
    long got = read(server.devices[connection], server.buffer, sizeof server.buffer);
    const struct fuse_in_header *header = (const void *)server.buffer;
    if (got < (long)sizeof *header) return got < 0 && errno == EINTR;
    struct fuse_open_out opened = {.open_flags = FOPEN_DIRECT_IO};
    switch (header->opcode) {
    case FUSE_INIT: answer_init(connection, header->unique, (const void *)(header + 1)); break;
    case FUSE_GETATTR: answer_attributes(connection, header->unique); break;
    case FUSE_OPEN: answer_request(connection, header->unique, 0, &opened, sizeof opened); break;
    case FUSE_RELEASE: answer_request(connection, header->unique, 0, NULL, 0); break;
    case FUSE_READ:
    case FUSE_WRITE: keep_request(connection, header); break;
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT: break;
    default: answer_request(connection, header->unique, -ENOSYS, NULL, 0);
    }
    return true;
}

static struct fuse_request *find_request(const struct fuse_order *order) {
    while (read_request(order->connection)) {}
    for (int index = 0; index < MOST_REQUESTS; index++)
        if (server.requests[index].in_flight &&
            server.requests[index].file_offset == file_offset_of(order->reference, order->request))
            return &server.requests[index];
    return NULL;
}

/* Ends what a reference has in flight, by errors: nothing is stored. -1 stands for all references. */
static void abandon(int reference) {
    for (int connection = 0; connection < FUSE_CONNECTIONS; connection++) {
        if (reference >= 0 && connection > 0 && claim_of(connection) != reference + 1) continue;
        while (read_request(connection)) {}
        control->means[FUSE_CLAIMS + connection] = 0;
    }
    for (int index = 0; index < MOST_REQUESTS; index++) {
        struct fuse_request *request = &server.requests[index];
        if (!request->in_flight || (reference >= 0 && reference_at(request->file_offset) != reference)) continue;
        answer_request(request->connection, request->unique, -EIO, NULL, 0);
        request->in_flight = false;
    }
    for (int index = 0; index < MOST_REFERENCES; index++)
        if (reference < 0 || index == reference) server.watched[index] = 0;
}

static long do_order(const struct fuse_order *order) {
    struct fuse_request *request;
    switch (order->kind) {
    case WATCH: server.watched[order->reference] = order->process + 1; return 0;
    case ABANDON: abandon(order->reference); return 0;
    case ABANDON_ALL: abandon(-1); return 0;
    case FETCH: request = find_request(order); return request ? request->data : -EIO;
    case COMPLETE:
        request = find_request(order);
        if (!request) return -EIO;
        request->in_flight = false;
        return answer_request(order->connection, request->unique, 0, &order->value, sizeof order->value);
    }
    return -EINVAL;
}

/*
 * Whether a process has begun to exit, and so given up its memory. That stays until its direct I/O is done: so the end
 * of the last process that holds a reference has to end what is in flight, or it would wait for ever.
 *
 * The link says so without taking part in the memory. Whoever reads /proc/PID/stat does for a moment: if the process
 * exits just then, the reader is the last, and it is the server that would wait for what only the server can end.
 */
static bool is_exiting(int pid) {
    char path[64], target[256];
    snprintf(path, sizeof path, "/proc/%d/exe", pid);
    return readlink(path, target, sizeof target) < 0 && errno == ENOENT;
}

/* Whether there is anything to watch; ends what nobody can wait for any more. */
static bool watch_holders(void) {
    bool any = false;
    for (int index = 0; index < MOST_REFERENCES; index++) {
        if (!server.watched[index]) continue;
        uint32_t holders = atomic_load(&control->references[index].holders);
        /* A test that never passes on, closes or exits keeps no account of who holds what. */
        if (!holders) holders = 1u << (server.watched[index] - 1);
        bool held = false;
        for (int actor = 0; actor < MOST_ACTORS; actor++) {
            int pid = atomic_load(&control->actors[actor].pid);
            if ((holders & (1u << actor)) && !(pid && is_exiting(pid))) held = true;
        }
        if (!held) abandon(index);
        any = any || held;
    }
    return any;
}

__attribute__((noreturn)) static void serve(void) {
    struct pollfd orders = {.fd = server.orders, .events = POLLIN};
    for (;;) {
        struct fuse_order order;
        poll(&orders, 1, watch_holders() ? 5 : -1);
        while (recv(server.orders, &order, sizeof order, MSG_DONTWAIT) == sizeof order) {
            struct reference *reference = &control->references[order.reference];
            reference->memory[ANSWER] = do_order(&order);
            atomic_store((_Atomic uint32_t *)&reference->memory[ANSWERED], 1);
            futex_wake((_Atomic uint32_t *)&reference->memory[ANSWERED]);
        }
    }
}

#endif
