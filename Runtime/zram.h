/*
 * A swap device in compressed memory: zram.
 */
#ifndef MUSTER_ZRAM_H
#define MUSTER_ZRAM_H

#include "knobs.h"
#include <sys/sysmacros.h>

/* The first page of a swap device is its header. */
enum { ZRAM_BYTES = 64 << 20, ZRAM_PAGES = ZRAM_BYTES / PAGE_BYTES - 1 };

/* The beginning of a swap device, as mkswap(8) writes it. */
struct swap_header {
    char boot_sector[1024];
    uint32_t version, last_page, bad_pages;
    char unused[PAGE_BYTES - 1024 - 3 * sizeof(uint32_t) - 10];
    char magic[10];
} __attribute__((packed));

/* With places for so many pages. */
static long write_swap_header(const char *device, uint32_t pages) {
    static struct swap_header header = {.version = 1};
    header.last_page = pages;
    memcpy(header.magic, "SWAPSPACE2", sizeof header.magic);
    int file = open(device, O_WRONLY | O_CLOEXEC);
    if (file < 0) return -errno;
    long result = status_of(write(file, &header, sizeof header));
    if (result == 0) result = status_of(fsync(file));
    close(file);
    return result;
}

/* The device's file, where nothing else made one. */
static void make_device_file(int number, const char *device) {
    char path[64], text[32];
    unsigned major_number, minor_number;
    snprintf(path, sizeof path, "/sys/block/zram%d/dev", number);
    if (access(device, F_OK) == 0 || read_file(path, text, sizeof text) <= 0) return;
    if (sscanf(text, "%u:%u", &major_number, &minor_number) == 2)
        mknod(device, S_IFBLK | 0600, makedev(major_number, minor_number));
}

/* Our device, once there is one. */
static char swap_device[64];

/* Makes a zram device of our own and swaps to it before all others; it goes at the end. NULL, or what is missing. */
static const char *start_swapping(void) {
    char path[64], text[32];
    char *device = swap_device;
    long number = read_number("/sys/class/zram-control/hot_add");
    if (number < 0) return "zram gives no device";
    snprintf(device, sizeof swap_device, "/dev/zram%ld", number);
    snprintf(text, sizeof text, "%ld", number);
    put_back_at_end(WRITE_TEXT, "/sys/class/zram-control/hot_remove", text);
    snprintf(path, sizeof path, "/sys/block/zram%ld/reset", number);
    put_back_at_end(WRITE_TEXT, path, "1");
    snprintf(path, sizeof path, "/sys/block/zram%ld/disksize", number);
    snprintf(text, sizeof text, "%d", ZRAM_BYTES);
    if (write_file(path, text) < 0) return "zram takes no size";
    make_device_file((int)number, device);
    if (write_swap_header(device, ZRAM_PAGES) < 0) return "zram cannot be written";
    put_back_at_end(STOP_SWAPPING, device, "");
    if (swapon(device, SWAP_FLAG_PREFER | SWAP_FLAG_PRIO_MASK) != 0) return "swapon fails on zram";
    return NULL;
}

/* Runs that need to be without swap switch our device off meanwhile. */
MAYBE_UNUSED static void pause_swapping(void) {
    if (swap_device[0]) swapoff(swap_device);
}

MAYBE_UNUSED static void resume_swapping(void) {
    if (swap_device[0]) swapon(swap_device, SWAP_FLAG_PREFER | SWAP_FLAG_PRIO_MASK);
}

/* Makes our device one of so many pages; of none: there is no swap. */
MAYBE_UNUSED static bool resize_swap(int pages) {
    pause_swapping();
    if (pages == 0) return true;
    if (write_swap_header(swap_device, (uint32_t)pages) < 0) return false;
    return swapon(swap_device, SWAP_FLAG_PREFER | SWAP_FLAG_PRIO_MASK) == 0;
}

/* Whether pages can go elsewhere than to our device. */
MAYBE_UNUSED static bool has_other_swap(void) {
    char text[4096];
    int lines = 0;
    if (read_file("/proc/swaps", text, sizeof text) <= 0) return true;
    for (const char *character = text; *character; character++) lines += *character == '\n';
    /* A line is the table's head, another our device. */
    return lines > 1 + (strstr(text, swap_device) != NULL);
}

static const char *missing_swap(void) {
    static bool asked;
    static const char *answer;
    if (asked) return answer;
    asked = true;
    if (geteuid() != 0) return answer = "needs root: swap";
    if (access("/sys/class/zram-control/hot_add", R_OK) != 0) return answer = "no kernel module zram";
    if (!has_guardian()) return answer = "the kernel's knobs cannot be guarded";
    return answer = start_swapping();
}

#endif
