/*
 * VFIO: mappings of the IOMMU, which pin pages for long, for reading or for both; and a device that uses them.
 *
 * The device is QEMU's `edu` (1234:11e8) behind an emulated Intel IOMMU. It has a buffer of its own, and transfers between
 * that and memory take it 100 ms each. One container and one device serve all references: the controller opens them
 * anew for every run, and all processes inherit them. A reference's descriptor says merely whether the name is open.
 *
 * The kernel lets nobody unmap what another process's memory is mapped by. So when a process other than the taker's
 * is the last to close a reference, its pages stay pinned until the run is over.
 */
#ifndef MUSTER_VFIO_H
#define MUSTER_VFIO_H

#include "references.h"
#include <linux/vfio.h>
#include <sys/eventfd.h>

enum {
    VFIO_CONTAINER = DEVICE_DESCRIPTORS + 54,
    VFIO_GROUP,
    VFIO_DEVICE,

    /* The device reaches addresses below 256 MB. Every reference has a window; the last is the control block's. */
    WINDOW_BYTES = 4 << 20,
    SCRATCH_ADDRESS = (64 - 1) * WINDOW_BYTES,

    /* Registers of the device, and what is written to them. */
    EDU_SOURCE = 0x80,
    EDU_TARGET = 0x88,
    EDU_COUNT = 0x90,
    EDU_COMMAND = 0x98,
    EDU_START = 1,
    EDU_TO_MEMORY = 2,
    EDU_BUFFER = 0x40000,
    EDU_BUFFER_WORDS = 2048,
    /* The buffer's word n is n, so that what is written to memory is in it already, but for one that comes and goes.
       QEMU ends when a transfer reaches the last byte. */
    EDU_FREE_WORD = EDU_BUFFER_WORDS - 2,

    /* In the control block's memory for means: one user of the device at a time; a word that the device reaches. */
    VFIO_LOCK = 160,
    VFIO_SCRATCH = 161,
    VFIO_REGISTERS = 162, /* where they begin behind the device's descriptor */
};

/* Whether a reference lets the device write, and whose memory it maps. */
enum { VFIO_WRITES, VFIO_OWNER };

/* MARK: The device */

static void write_device(long offset, uint32_t value) {
    if (pwrite(VFIO_DEVICE, &value, sizeof value, control->means[VFIO_REGISTERS] + offset) != sizeof value)
        give_up("the device's register %lx cannot be written: %s", offset, strerror(errno));
}

static uint32_t read_device(long offset) {
    uint32_t value;
    if (pread(VFIO_DEVICE, &value, sizeof value, control->means[VFIO_REGISTERS] + offset) != sizeof value)
        give_up("the device's register %lx cannot be read: %s", offset, strerror(errno));
    return value;
}

/* Moves bytes between memory, as the device sees it, and the device's buffer. */
static void transfer_by_device(bool to_memory, uint32_t address, int buffer_word, uint32_t bytes) {
    uint32_t place = EDU_BUFFER + (uint32_t)buffer_word * sizeof(uint16_t);
    write_device(EDU_SOURCE, to_memory ? place : address);
    write_device(EDU_TARGET, to_memory ? address : place);
    write_device(EDU_COUNT, bytes);
    write_device(EDU_COMMAND, EDU_START | (to_memory ? EDU_TO_MEMORY : 0));
    while (read_device(EDU_COMMAND) & EDU_START) {
        sleep_milliseconds(2);
        progress();
    }
}

static uint32_t scratch_address(void) {
    return SCRATCH_ADDRESS + (uint32_t)((uintptr_t)&control->means[VFIO_SCRATCH] % PAGE_BYTES);
}

static _Atomic long *scratch(void) { return (_Atomic long *)&control->means[VFIO_SCRATCH]; }

static void lock_device(void) {
    while (__atomic_exchange_n(&control->means[VFIO_LOCK], 1, __ATOMIC_SEQ_CST)) {
        sleep_milliseconds(1);
        progress();
    }
}

static void unlock_device(void) { __atomic_store_n(&control->means[VFIO_LOCK], 0, __ATOMIC_SEQ_CST); }

/* MARK: References */

static uint32_t device_address(int index, int page, int word) {
    struct reference *reference = &control->references[index];
    size_t offset = offset_in_reference(reference, page, word);
    if (offset >= reference->bytes) give_up("the device has no page %d mapped", page);
    return (uint32_t)index * WINDOW_BYTES + (uint32_t)offset;
}

static long map_for_device(void *memory, size_t bytes, uint32_t address, bool writes) {
    struct vfio_iommu_type1_dma_map map = {
        .argsz = sizeof map,
        .flags = VFIO_DMA_MAP_FLAG_READ | (writes ? VFIO_DMA_MAP_FLAG_WRITE : 0),
        .vaddr = (uintptr_t)memory, .iova = address, .size = bytes};
    return status_of(ioctl(VFIO_CONTAINER, VFIO_IOMMU_MAP_DMA, &map));
}

MAYBE_UNUSED static long take_vfio(int index, struct range range, bool huge, bool writes) {
    if (range.bytes > WINDOW_BYTES || index * (long)WINDOW_BYTES >= SCRATCH_ADDRESS)
        give_up("the device reaches less memory than the test maps for it");
    long result = map_for_device((void *)range.address, range.bytes, (uint32_t)index * WINDOW_BYTES, writes);
    if (result < 0) return result;
    struct reference *reference = note_reference(index, range, huge);
    reference->memory[VFIO_WRITES] = writes;
    reference->memory[VFIO_OWNER] = own_process;
    return place_descriptor(eventfd(0, 0), descriptor_of(index));
}

/* The device reads a word of memory into its buffer, and from there into the control block. */
MAYBE_UNUSED static long read_vfio(int index, int page, int word) {
    if (check_reference(index) != 0) return -EBADF;
    lock_device();
    transfer_by_device(false, device_address(index, page, word), EDU_FREE_WORD, sizeof(uint16_t));
    transfer_by_device(true, scratch_address(), EDU_FREE_WORD, sizeof(uint16_t));
    long value = *scratch() & UINT16_MAX;
    unlock_device();
    return value;
}

/* The device writes a word of memory. */
MAYBE_UNUSED static long write_vfio(int index, int page, int word, uint16_t value) {
    int buffer_word = value;
    if (check_reference(index) != 0) return -EBADF;
    if (!control->references[index].memory[VFIO_WRITES]) return -EACCES;
    lock_device();
    if (value >= EDU_FREE_WORD) {
        buffer_word = EDU_FREE_WORD;
        *scratch() = value;
        transfer_by_device(false, scratch_address(), buffer_word, sizeof value);
    }
    transfer_by_device(true, device_address(index, page, word), buffer_word, sizeof value);
    unlock_device();
    return 0;
}

MAYBE_UNUSED static void close_vfio(int index) {
    struct reference *reference = &control->references[index];
    struct vfio_iommu_type1_dma_unmap unmap = {
        .argsz = sizeof unmap, .iova = (uint32_t)index * WINDOW_BYTES, .size = reference->bytes};
    if (reference->memory[VFIO_OWNER] == own_process) ioctl(VFIO_CONTAINER, VFIO_IOMMU_UNMAP_DMA, &unmap);
    close(descriptor_of(index));
}

MAYBE_UNUSED static long iommu_dirty(int index, int page) {
    (void)index, (void)page;
    return -EOPNOTSUPP;
}

/* MARK: The parts */

/* The device's address on the bus, such as 0000:00:03.0, and the file of its group. */
static char vfio_device_name[64];
static char vfio_group_path[512];

static bool find_edu(void) {
    DIR *devices = opendir("/sys/bus/pci/devices");
    struct dirent *entry;
    bool found = false;
    while (devices && !found && (entry = readdir(devices))) {
        char path[512], vendor[16], device[16];
        snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/vendor", entry->d_name);
        if (read_file(path, vendor, sizeof vendor) <= 0) continue;
        snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/device", entry->d_name);
        if (read_file(path, device, sizeof device) <= 0) continue;
        found = !strncmp(vendor, "0x1234", 6) && !strncmp(device, "0x11e8", 6);
        if (found) snprintf(vfio_device_name, sizeof vfio_device_name, "%.60s", entry->d_name);
    }
    if (devices) closedir(devices);
    return found;
}

/* Gives the device to vfio-pci, and finds its group's file. */
static const char *bind_edu(void) {
    char path[256], link[256];
    if (!find_edu()) return "no edu device (QEMU's -device edu)";
    if (access("/sys/bus/pci/drivers/vfio-pci", F_OK) != 0) return "no kernel module vfio-pci";
    write_file("/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "1");
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/driver_override", vfio_device_name);
    if (write_file(path, "vfio-pci") < 0) return "the edu device cannot be given to vfio-pci (needs root)";
    write_file("/sys/bus/pci/drivers/vfio-pci/bind", vfio_device_name);
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/iommu_group", vfio_device_name);
    ssize_t length = readlink(path, link, sizeof link - 1);
    if (length < 0) return "the edu device is behind no IOMMU (QEMU's -device intel-iommu, intel_iommu=on)";
    link[length] = 0;
    snprintf(vfio_group_path, sizeof vfio_group_path, "/dev/vfio%s", strrchr(link, '/'));
    return NULL;
}

static bool place_opened(int descriptor, int place) {
    return descriptor >= 0 && place_descriptor(descriptor, place) == 0;
}

static long offset_of_region(unsigned region) {
    struct vfio_region_info information = {.argsz = sizeof information, .index = region};
    if (ioctl(VFIO_DEVICE, VFIO_DEVICE_GET_REGION_INFO, &information) != 0) return -1;
    return (long)information.offset;
}

/* Opens container, group and device: what is mapped in the container is let go of when all have closed it. */
static const char *open_vfio(void) {
    if (!place_opened(open("/dev/vfio/vfio", O_RDWR), VFIO_CONTAINER))
        return "/dev/vfio/vfio cannot be opened (needs root)";
    if (!place_opened(open(vfio_group_path, O_RDWR), VFIO_GROUP)) return "the edu device's group cannot be opened";
    int container = VFIO_CONTAINER;
    if (ioctl(VFIO_GROUP, VFIO_GROUP_SET_CONTAINER, &container) != 0 ||
        ioctl(VFIO_CONTAINER, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) != 0)
        return "the edu device's group cannot be used (is allow_unsafe_interrupts of vfio_iommu_type1 set?)";
    if (!place_opened(ioctl(VFIO_GROUP, VFIO_GROUP_GET_DEVICE_FD, vfio_device_name), VFIO_DEVICE))
        return "the edu device cannot be opened";
    return NULL;
}

static void close_vfio_device(void) {
    close(VFIO_DEVICE);
    close(VFIO_GROUP);
    close(VFIO_CONTAINER);
}

/* Fills the device's buffer, which it keeps from run to run. */
static long fill_device(void) {
    static uint16_t words[EDU_BUFFER_WORDS] __attribute__((aligned(PAGE_BYTES)));
    for (int word = 0; word < EDU_BUFFER_WORDS; word++) words[word] = (uint16_t)word;
    long result = map_for_device(words, sizeof words, 0, false);
    if (result < 0) return result;
    struct vfio_iommu_type1_dma_unmap unmap = {.argsz = sizeof unmap, .iova = 0, .size = sizeof words};
    transfer_by_device(false, 0, 0, EDU_FREE_WORD * sizeof(uint16_t));
    return status_of(ioctl(VFIO_CONTAINER, VFIO_IOMMU_UNMAP_DMA, &unmap));
}

/* Lets the device work, and reach the control block: 0 or a negative errno. */
static long begin_device(void) {
    static bool is_filled;
    enum { COMMAND = 4, MEMORY_AND_BUS_MASTER = 6 };
    uint16_t command = MEMORY_AND_BUS_MASTER;
    uintptr_t page = (uintptr_t)scratch() & ~(uintptr_t)(PAGE_BYTES - 1);
    control->means[VFIO_REGISTERS] = offset_of_region(VFIO_PCI_BAR0_REGION_INDEX);
    if (pwrite(VFIO_DEVICE, &command, sizeof command, offset_of_region(VFIO_PCI_CONFIG_REGION_INDEX) + COMMAND) < 0)
        return -errno;
    long result = map_for_device((void *)page, PAGE_BYTES, SCRATCH_ADDRESS, true);
    if (result == 0 && !is_filled) result = fill_device();
    is_filled = is_filled || result == 0;
    return result;
}

static void begin_vfio(void) {
    const char *trouble = open_vfio();
    long result = trouble ? 0 : begin_device();
    if (trouble) note_trouble("%s", trouble);
    if (result < 0) note_trouble("the edu device does not work: %s", strerror((int)-result));
}

static const char *missing_vfio(void) {
    static const char *answer;
    if (vfio_device_name[0]) return answer;
    answer = bind_edu();
    if (!answer) answer = open_vfio();
    close_vfio_device();
    return answer;
}

MAYBE_UNUSED static const char *missing_iommu_dirty_tracking(void) {
    return "the emulated IOMMU has no dirty bits";
}

#define VFIO_PART {missing_vfio, begin_vfio, close_vfio_device}
#define IOMMU_DIRTY_TRACKING_PART {missing_iommu_dirty_tracking, NULL, NULL}

#endif
