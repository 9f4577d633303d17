/*
 * Other people's memory: process_vm_readv(2) and process_vm_writev(2), and /proc/PID/mem, which also writes where the
 * owner may not (FOLL_FORCE). Reading gives the word, writing 0; both a negative errno where they fail.
 */
#ifndef MUSTER_REMOTE_H
#define MUSTER_REMOTE_H

#include "memory.h"

static int pid_of(int process) { return atomic_load(&control->actors[process].pid); }

static uintptr_t address_of_word(int process, int mapping, int page, int word) {
    return address_of_page(process, mapping, page) + (uintptr_t)word * WORD_STRIDE;
}

/* What a transfer of one word came to. */
static long result_of_transfer(long moved) {
    if (moved < 0) return -errno;
    return moved == sizeof(uint16_t) ? 0 : -EFAULT;
}

MAYBE_UNUSED static long process_vm_read(int process, int mapping, int page, int word) {
    uint16_t value;
    struct iovec here = {&value, sizeof value};
    struct iovec there = {(void *)address_of_word(process, mapping, page, word), sizeof value};
    long result = result_of_transfer(process_vm_readv(pid_of(process), &here, 1, &there, 1, 0));
    return result < 0 ? result : value;
}

MAYBE_UNUSED static long process_vm_write(int process, int mapping, int page, int word, uint16_t value) {
    struct iovec here = {&value, sizeof value};
    struct iovec there = {(void *)address_of_word(process, mapping, page, word), sizeof value};
    return result_of_transfer(process_vm_writev(pid_of(process), &here, 1, &there, 1, 0));
}

static int open_memory_of(int process, int access_mode) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", pid_of(process));
    return open(path, access_mode | O_CLOEXEC);
}

MAYBE_UNUSED static long proc_mem_read(int process, int mapping, int page, int word) {
    uint16_t value;
    int memory = open_memory_of(process, O_RDONLY);
    if (memory < 0) return -errno;
    off_t place = (off_t)address_of_word(process, mapping, page, word);
    long result = result_of_transfer(pread(memory, &value, sizeof value, place));
    close(memory);
    return result < 0 ? result : value;
}

MAYBE_UNUSED static long proc_mem_write(int process, int mapping, int page, int word, uint16_t value) {
    int memory = open_memory_of(process, O_RDWR);
    if (memory < 0) return -errno;
    off_t place = (off_t)address_of_word(process, mapping, page, word);
    long result = result_of_transfer(pwrite(memory, &value, sizeof value, place));
    close(memory);
    return result;
}

/* MARK: What is missing */

static const char *missing_remote_access(void) {
    static uint16_t source = 7;
    uint16_t target = 0;
    struct iovec here = {&target, sizeof target}, there = {&source, sizeof source};
    long moved = process_vm_readv(getpid(), &here, 1, &there, 1, 0);
    return moved == sizeof target ? NULL : "the kernel has no process_vm_readv, or forbids it";
}

/* Whether a write through /proc/PID/mem reaches a private page that its owner may only read. */
static const char *missing_forced_access(void) {
    char *page = mmap(NULL, PAGE_BYTES, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return "no memory";
    int memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
    bool forced = memory >= 0 && pwrite(memory, "x", 1, (off_t)(uintptr_t)page) == 1;
    if (memory >= 0) close(memory);
    munmap(page, PAGE_BYTES);
    return forced ? NULL : "/proc/PID/mem does not force writes here: boot with proc_mem.force_override=always";
}

#define REMOTE_ACCESS_PART {missing_remote_access, NULL, NULL}
#define FORCED_ACCESS_PART {missing_forced_access, NULL, NULL}

#endif
