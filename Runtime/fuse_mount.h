/*
 * Mounting the files of direct I/O, and starting the process that serves them.
 *
 * The mounts are attached nowhere: they last as long as the files on them are open.
 */
#ifndef MUSTER_FUSE_MOUNT_H
#define MUSTER_FUSE_MOUNT_H

#include "fuse_server.h"

/* Mounts a FUSE file system whose root is a file, for nobody but us: the mount, or a negative errno. */
static int mount_file(int device) {
    /* The same numbers on all processors. */
    enum { SET_STRING = 1, CREATE = 6 };
    char number[16];
    int context = (int)syscall(SYS_fsopen, "fuse", 1);
    if (context < 0) return -errno;
    snprintf(number, sizeof number, "%d", device);
    const char *options[][2] = {{"fd", number}, {"rootmode", "100666"}, {"user_id", "0"}, {"group_id", "0"}};
    long result = 0;
    for (int index = 0; index < 4 && result == 0; index++)
        result = status_of(syscall(SYS_fsconfig, context, SET_STRING, options[index][0], options[index][1], 0));
    if (result == 0) result = status_of(syscall(SYS_fsconfig, context, CREATE, NULL, NULL, 0));
    if (result == 0) result = result_of(syscall(SYS_fsmount, context, 1, 0));
    close(context);
    return (int)result;
}

/* Becomes root of a name space of its own, which an ordinary user needs to mount anything. */
static long enter_own_user_name_space(void) {
    char text[64];
    unsigned user = geteuid(), group = getegid();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return -errno;
    snprintf(text, sizeof text, "0 %u 1", user);
    long result = write_file("/proc/self/uid_map", text);
    write_file("/proc/self/setgroups", "deny");
    snprintf(text, sizeof text, "0 %u 1", group);
    if (result == 0) result = write_file("/proc/self/gid_map", text);
    return result;
}

/* Opens the files in a process of its own, for opening waits for the server, and hands them to the controller. */
__attribute__((noreturn)) static void open_files(const int *mounts) {
    int files[FUSE_CONNECTIONS];
    long result = 0;
    for (int index = 0; index < FUSE_CONNECTIONS && result == 0; index++) {
        char path[64];
        struct stat attributes;
        snprintf(path, sizeof path, "/proc/self/fd/%d", mounts[index]);
        files[index] = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
        if (files[index] < 0 || fstat(files[index], &attributes) != 0) result = -errno;
        /* The first descriptor that is closed asks for FLUSH, and learns that nobody needs to. */
        close(dup(files[index]));
    }
    struct iovec piece = {&result, sizeof result};
    union {
        char bytes[CMSG_SPACE(sizeof files)];
        struct cmsghdr alignment;
    } space;
    memset(&space, 0, sizeof space);
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    if (result == 0) {
        message.msg_control = space.bytes;
        message.msg_controllen = sizeof space.bytes;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        *header = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(sizeof files), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(header), files, sizeof files);
    }
    sendmsg(server.orders, &message, 0);
    _exit(0);
}

/* The server's process, from its beginning. Reports a result, with the open files, to the other end of its socket. */
__attribute__((noreturn)) static void run_server(int orders) {
    int mounts[FUSE_CONNECTIONS];
    long result = 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setsid();
    server.orders = orders;
    if (geteuid() != 0) result = enter_own_user_name_space();
    for (int index = 0; index < FUSE_CONNECTIONS && result == 0; index++) {
        server.devices[index] = open("/dev/fuse", O_RDWR | O_NONBLOCK | O_CLOEXEC);
        result = server.devices[index] < 0 ? -errno : (mounts[index] = mount_file(server.devices[index]));
        if (result > 0) result = 0;
    }
    if (result < 0) {
        send(orders, &result, sizeof result, 0);
        _exit(0);
    }
    int opener = fork();
    if (opener == 0) open_files(mounts);
    while (opener > 0 && waitpid(opener, NULL, WNOHANG) == 0) {
        bool any = false;
        for (int index = 0; index < FUSE_CONNECTIONS; index++) any = read_request(index) || any;
        if (!any) sched_yield();
    }
    for (int index = 0; index < FUSE_CONNECTIONS; index++) close(mounts[index]);
    serve();
}

/* Takes the open files from the server that has just been forked: 0 or a negative errno. */
static long receive_files(void) {
    long result = 0;
    struct iovec piece = {&result, sizeof result};
    union {
        char bytes[CMSG_SPACE(FUSE_CONNECTIONS * sizeof(int))];
        struct cmsghdr alignment;
    } space;
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = space.bytes, .msg_controllen = sizeof space.bytes};
    if (recvmsg(FUSE_SERVER, &message, 0) != sizeof result) return -EPIPE;
    if (result < 0) return result;
    int files[FUSE_CONNECTIONS];
    memcpy(files, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof files);
    for (int index = 0; index < FUSE_CONNECTIONS; index++) place_descriptor(files[index], FUSE_FILES + index);
    return 0;
}

static const char *start_server(void) {
    int ends[2];
    if (access("/dev/fuse", F_OK) != 0) return "no /dev/fuse: the kernel module fuse is not there";
    if (access("/dev/fuse", R_OK | W_OK) != 0) return "/dev/fuse may not be opened (needs root)";
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return "no sockets";
    place_descriptor(ends[0], FUSE_SERVER);
    int pid = fork();
    if (pid == 0) {
        close(FUSE_SERVER);
        run_server(ends[1]);
    }
    close(ends[1]);
    long result = pid < 0 ? -EAGAIN : receive_files();
    if (result == 0) return NULL;
    close(FUSE_SERVER);
    if (result == -EPERM) return "a FUSE file system may not be mounted (needs root, or user name spaces)";
    return "a FUSE file system cannot be mounted";
}

#endif
