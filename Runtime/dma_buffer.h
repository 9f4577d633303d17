/*
 * udmabuf: the pages of a memfd, held by a DMA buffer. What a device reads and writes goes through a mapping of the
 * buffer, which has the same pages.
 */
#ifndef MUSTER_DMA_BUFFER_H
#define MUSTER_DMA_BUFFER_H

#include "references.h"
#include <linux/udmabuf.h>

MAYBE_UNUSED static long take_dma_buffer(int index, int file) {
    struct stat attributes;
    int memory = FILE_DESCRIPTORS + file;
    if (fstat(memory, &attributes) != 0) return -errno;
    fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK);
    int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
    if (device < 0) return -errno;
    struct udmabuf_create create = {.memfd = (uint32_t)memory, .size = (uint64_t)attributes.st_size};
    int buffer = ioctl(device, UDMABUF_CREATE, &create);
    long error = -errno;
    close(device);
    if (buffer < 0) return error;
    note_reference(index, (struct range){0, (size_t)attributes.st_size}, false);
    return place_descriptor(buffer, descriptor_of(index));
}

/* A page of the buffer, mapped for a moment. */
static void *map_dma_buffer(int index, int page) {
    void *got = mmap(
        NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_of(index),
        (off_t)offset_in_reference(&control->references[index], page, 0));
    if (got == MAP_FAILED) give_up("the DMA buffer cannot be mapped: %s", strerror(errno));
    return got;
}

/* The device reads a word. */
MAYBE_UNUSED static long read_dma_buffer(int index, int page, int word) {
    if (check_reference(index) != 0) return -EBADF;
    void *memory = map_dma_buffer(index, page);
    long value = *word_at((uintptr_t)memory, word);
    munmap(memory, PAGE_BYTES);
    return value;
}

/* The device writes a word. */
MAYBE_UNUSED static long write_dma_buffer(int index, int page, int word, uint16_t value) {
    if (check_reference(index) != 0) return -EBADF;
    void *memory = map_dma_buffer(index, page);
    *word_at((uintptr_t)memory, word) = value;
    munmap(memory, PAGE_BYTES);
    return 0;
}

MAYBE_UNUSED static void close_dma_buffer(int index) { close(descriptor_of(index)); }

static const char *missing_udmabuf(void) {
    if (access("/dev/udmabuf", F_OK) != 0) return "no /dev/udmabuf (CONFIG_UDMABUF)";
    return access("/dev/udmabuf", R_OK | W_OK) == 0 ? NULL : "/dev/udmabuf may not be opened (needs root)";
}

#define UDMABUF_PART {missing_udmabuf, NULL, NULL}

#endif
