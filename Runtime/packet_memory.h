/*
 * AF_XDP: memory for packets, which is pinned for writing, for long. The device is a loopback interface, which sends a
 * packet that begins with the word to be read; a second socket receives it.
 *
 * Every reference has a network of its own, for an interface serves one such memory at a time. The reference's two
 * descriptors are the AF_XDP socket that has the memory and the socket that receives. Older kernels let nobody map the
 * rings of a socket that is in use: so every use sends by a socket of its own, which shares the memory. Nothing writes
 * to the memory: packets that arrive come to lie behind the beginning of a page.
 */
#ifndef MUSTER_PACKET_MEMORY_H
#define MUSTER_PACKET_MEMORY_H

#include "references.h"
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <linux/sockios.h>
#include <net/if.h>

enum {
    XDP_FAMILY = 44,
    XDP_LEVEL = 283,
    LOOPBACK_INTERFACE = 1,
    /* Nobody takes what the kernel says of packets that were sent: there is room for it. */
    PACKET_SLOTS = 1024,
    /* Longer than a header, and of no other packet's length. */
    PACKET_BYTES = 51,
};

/* Brings up the loopback interface of a network of our own. */
static long enter_own_network(void) {
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    if (unshare(CLONE_NEWNET) != 0) return -errno;
    int control_socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (control_socket < 0) return -errno;
    long result = status_of(ioctl(control_socket, SIOCSIFFLAGS, &request));
    close(control_socket);
    return result;
}

static int open_receiver(void) {
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = LOOPBACK_INTERFACE};
    struct timeval limit = {2, 0};
    int receiver = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
    if (receiver < 0) return -errno;
    setsockopt(receiver, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    long result = status_of(bind(receiver, (struct sockaddr *)&address, sizeof address));
    if (result == 0) return receiver;
    close(receiver);
    return (int)result;
}

/* Lets the loopback interface have a socket's memory. */
static long attach_memory(int owner) {
    static const int rings[] = {XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_TX_RING};
    struct sockaddr_xdp address = {
        .sxdp_family = XDP_FAMILY, .sxdp_flags = XDP_COPY, .sxdp_ifindex = LOOPBACK_INTERFACE};
    int slots = PACKET_SLOTS;
    for (int index = 0; index < 3; index++)
        if (setsockopt(owner, XDP_LEVEL, rings[index], &slots, sizeof slots) != 0) return -errno;
    return status_of(bind(owner, (struct sockaddr *)&address, sizeof address));
}

MAYBE_UNUSED static long take_packet_memory(int index, struct range range, bool huge) {
    struct xdp_umem_reg memory = {.addr = range.address, .len = range.bytes, .chunk_size = PAGE_BYTES};
    long result = enter_own_network();
    if (result < 0) give_up("no network of its own: %s", strerror((int)-result));
    int owner = socket(XDP_FAMILY, SOCK_RAW, 0);
    if (owner < 0) return -errno;
    if (setsockopt(owner, XDP_LEVEL, XDP_UMEM_REG, &memory, sizeof memory) != 0) {
        result = -errno;
        close(owner);
        return result;
    }
    int receiver = open_receiver();
    result = receiver < 0 ? receiver : attach_memory(owner);
    if (result < 0) give_up("AF_XDP on the loopback interface: %s", strerror((int)-result));
    note_reference(index, range, huge);
    place_descriptor(receiver, descriptor_of(index) + 1);
    return place_descriptor(owner, descriptor_of(index));
}

/* A socket in a reference's network that shares its memory, with its ring mapped. */
static int open_sender(int index, char **ring) {
    struct sockaddr_xdp address = {
        .sxdp_family = XDP_FAMILY, .sxdp_flags = XDP_SHARED_UMEM, .sxdp_ifindex = LOOPBACK_INTERFACE,
        .sxdp_shared_umem_fd = (uint32_t)descriptor_of(index)};
    int one = 1;
    int network = ioctl(descriptor_of(index) + 1, SIOCGSKNS);
    if (network < 0 || setns(network, CLONE_NEWNET) != 0) give_up("a packet's network is gone: %s", strerror(errno));
    close(network);
    int sender = socket(XDP_FAMILY, SOCK_RAW, 0);
    setsockopt(sender, XDP_LEVEL, XDP_TX_RING, &one, sizeof one);
    *ring = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, sender, XDP_PGOFF_TX_RING);
    if (*ring == MAP_FAILED || bind(sender, (struct sockaddr *)&address, sizeof address) != 0)
        give_up("AF_XDP's memory cannot be shared: %s", strerror(errno));
    return sender;
}

/* Sends what is at a place in the memory. */
static void send_packet(int index, uint64_t place) {
    struct xdp_mmap_offsets offsets;
    socklen_t size = sizeof offsets;
    char *ring;
    int sender = open_sender(index, &ring);
    if (getsockopt(sender, XDP_LEVEL, XDP_MMAP_OFFSETS, &offsets, &size) != 0)
        give_up("AF_XDP's ring cannot be used: %s", strerror(errno));
    *(struct xdp_desc *)(ring + offsets.tx.desc) = (struct xdp_desc){.addr = place, .len = PACKET_BYTES};
    atomic_store((_Atomic uint32_t *)(ring + offsets.tx.producer), 1);
    while (sendto(sender, NULL, 0, MSG_DONTWAIT, NULL, 0) != 0 && (errno == EAGAIN || errno == EINTR)) {}
    munmap(ring, PAGE_BYTES);
    close(sender);
}

/* The device reads a word of memory. */
MAYBE_UNUSED static long read_packet_memory(int index, int page, int word) {
    struct reference *reference = &control->references[index];
    uint16_t packet[PACKET_BYTES];
    long got;
    if (check_reference(index) != 0) return -EBADF;
    lock_reference(reference);
    send_packet(index, offset_in_reference(reference, page, word));
    do {
        got = recv(descriptor_of(index) + 1, packet, sizeof packet, 0);
    } while (got >= 0 && got != PACKET_BYTES);
    if (got < 0) give_up("a packet got lost: %s", strerror(errno));
    unlock_reference(reference);
    return packet[0];
}

MAYBE_UNUSED static long write_packet_memory(int index, int page, int word, uint16_t value) {
    (void)page, (void)word, (void)value;
    return check_reference(index) != 0 ? -EBADF : -EOPNOTSUPP;
}

/* The kernel lets go of the pages by a work item, a moment after the socket is closed. */
MAYBE_UNUSED static void close_packet_memory(int index) {
    close(descriptor_of(index));
    close(descriptor_of(index) + 1);
    sleep_milliseconds(15);
    progress();
}

static const char *missing_xdp(void) {
    int probe = socket(XDP_FAMILY, SOCK_RAW, 0);
    if (probe < 0) return errno == EPERM ? "AF_XDP is not allowed (needs root)" : "the kernel has no AF_XDP";
    close(probe);
    /* In a process of its own, for this cannot be undone. */
    int child = fork(), status = 0;
    if (child == 0) _exit(enter_own_network() == 0 ? 0 : 1);
    waitpid(child, &status, 0);
    return status == 0 ? NULL : "a network of its own is not allowed (needs root)";
}

#define XDP_PART {missing_xdp, NULL, NULL}

#endif
