/*
 * Files of a test: in the page cache of a real file system, or shmem objects.
 */
#ifndef MUSTER_FILES_H
#define MUSTER_FILES_H

#include "memory.h"

#include <linux/magic.h>
#include <sys/vfs.h>

static bool is_mapped_huge(int file) {
    for (int mapping = 0; mapping < running->mappings_count; mapping++)
        if (running->mappings[mapping].file == file && is_huge(mapping)) return true;
    return false;
}

/* Makes a shmem object of one huge page, which is there from the beginning if a mapping asks for huge pages. */
static void make_huge_file(int file, const struct file_declaration *declared) {
    bool huge = false;
    for (int mapping = 0; mapping < running->mappings_count; mapping++)
        if (&running->files[running->mappings[mapping].file] == declared) huge |= running->mappings[mapping].huge;
    if (ftruncate(file, HUGE_PAGE_BYTES) != 0) return note_trouble("'%s' cannot be huge: %s", declared->name, strerror(errno));
    if (!huge) return;
    uintptr_t address = SLOT_ADDRESS;
    char *memory = mmap(
        (void *)address, HUGE_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, file, 0);
    if (memory == MAP_FAILED) return note_trouble("'%s' cannot be mapped: %s", declared->name, strerror(errno));
    madvise(memory, HUGE_PAGE_BYTES, MADV_HUGEPAGE);
    *(volatile char *)memory = 0;
    munmap(memory, HUGE_PAGE_BYTES);
}

/* Makes the files of the test, with what is in them, before its processes begin. */
static void make_files(void) {
    for (int index = 0; index < running->files_count; index++) {
        const struct file_declaration *declared = &running->files[index];
        char path[] = "/var/tmp/muster-XXXXXX";
        char second_path[] = "/tmp/muster-XXXXXX";
        int file;
        if (declared->memfd) {
            file = memfd_create(declared->name, MFD_ALLOW_SEALING);
        } else {
            char *made = path;
            file = mkstemp(path);
            if (file < 0) file = mkstemp(made = second_path);
            if (file >= 0) unlink(made);
        }
        if (file < 0) return note_trouble("no file for '%s': %s", declared->name, strerror(errno));
        if (is_mapped_huge(index)) make_huge_file(file, declared);
        for (int page = 0; page < declared->pages; page++) {
            uint16_t content[PAGE_BYTES / 2] = {0};
            if (page < declared->values_count) content[0] = declared->values[page];
            if (pwrite(file, content, PAGE_BYTES, (off_t)page * PAGE_BYTES) != PAGE_BYTES)
                return note_trouble("'%s' cannot be written: %s", declared->name, strerror(errno));
        }
        if (!declared->memfd) fsync(file);
        if (dup2(file, FILE_DESCRIPTORS + index) < 0) return note_trouble("no descriptor for '%s'", declared->name);
        close(file);
    }
}

static void close_files(void) {
    for (int index = 0; index < running->files_count; index++) close(FILE_DESCRIPTORS + index);
}

/* Shared memory takes what a file system that keeps account of dirty pages refuses. */
MAYBE_UNUSED static const char *missing_disk_file(void) {
    struct statfs system;
    if (statfs("/var/tmp", &system) != 0 && statfs("/tmp", &system) != 0) return "nobody knows where files lie";
    return system.f_type == TMPFS_MAGIC ? "files lie on a tmpfs, which is no disk's file system" : NULL;
}

#define DISK_FILE_PART {missing_disk_file, NULL, NULL}

/* pwrite(2) of a word. */
MAYBE_UNUSED static long write_to_file(int file, int page, int word, uint16_t value) {
    off_t offset = (off_t)(page < 0 ? 0 : page) * PAGE_BYTES + (off_t)word * WORD_STRIDE;
    return status_of(pwrite(FILE_DESCRIPTORS + file, &value, sizeof value, offset));
}

/* A word of a file as read(2) gives it. */
static long read_from_file(int file, int page, int word) {
    uint16_t value;
    off_t offset = (off_t)(page < 0 ? 0 : page) * PAGE_BYTES + (off_t)word * WORD_STRIDE;
    long got = pread(FILE_DESCRIPTORS + file, &value, sizeof value, offset);
    return got == sizeof value ? value : got < 0 ? -errno : -EIO;
}

#endif
