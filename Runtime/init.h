/*
 * The first process of a machine that has a kernel and nothing else.
 *
 * A program whose main() begins with muster_init() can be the /init of an initramfs and an ordinary program
 * alike. As process 1 it makes the machine usable (file systems, modules), runs itself once more as an ordinary
 * process with the arguments in /muster/options, and switches the machine off when that process has ended.
 *
 * What it finds in the initramfs:
 *     /init                the program itself, linked statically
 *     /modules/order       paths of kernel modules, one a line, in the order in which to load them (may be absent)
 *     /muster/options      arguments of the program, one a line (may be absent)
 *
 * The program's standard output is the second serial port, in raw mode; standard error is the console.
 */
#ifndef MUSTER_INIT_H
#define MUSTER_INIT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define MUSTER_RESULT_PORT "/dev/ttyS1"
#define MUSTER_MODULE_ORDER "/modules/order"
#define MUSTER_OPTIONS "/muster/options"

/* Says something on the console; what it says is seen only when a run goes wrong. */
#define muster_init_log(...) \
    do { \
        fprintf(stderr, "muster: " __VA_ARGS__); \
        fputc('\n', stderr); \
    } while (0)

static void muster_init_mount(const char *type, const char *place, const char *data) {
    if (mkdir(place, 0755) != 0 && errno != EEXIST)
        muster_init_log("mkdir %s: %s", place, strerror(errno));
    if (mount(type, place, type, 0, data) != 0 && errno != EBUSY)
        muster_init_log("mount %s: %s", place, strerror(errno));
}

/* The lines of a file without their ends, and a null pointer after the last. An absent file has no lines. */
static char **muster_init_lines(const char *path, size_t *count) {
    size_t used = 0, room = 16, size = 0;
    char **lines = malloc(room * sizeof *lines);
    char *line = NULL;
    FILE *file = fopen(path, "re");
    if (lines == NULL)
        return NULL;
    for (ssize_t length; file != NULL && (length = getline(&line, &size, file)) >= 0;) {
        if (length > 0 && line[length - 1] == '\n')
            line[length - 1] = 0;
        if (used + 1 == room) {
            char **more = realloc(lines, 2 * room * sizeof *lines);
            if (more == NULL)
                break;
            lines = more;
            room *= 2;
        }
        lines[used++] = line;
        line = NULL;
        size = 0;
    }
    free(line);
    if (file != NULL)
        fclose(file);
    lines[used] = NULL;
    if (count != NULL)
        *count = used;
    return lines;
}

/* A module that cannot be loaded is missed by the tests that need it, which say so themselves. */
static void muster_init_load_modules(void) {
    char **paths = muster_init_lines(MUSTER_MODULE_ORDER, NULL);
    for (size_t i = 0; paths != NULL && paths[i] != NULL; i++) {
        int file = open(paths[i], O_RDONLY | O_CLOEXEC);
        if (file < 0 || (syscall(SYS_finit_module, file, "", 0) != 0 && errno != EEXIST))
            muster_init_log("module %s: %s", paths[i], strerror(errno));
        if (file >= 0)
            close(file);
    }
}

/* Devices are passed to tests on machines whose interrupts cannot be remapped, too: nobody else lives there. */
static void muster_init_allow_devices(void) {
    int file = open("/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return;
    if (write(file, "Y", 1) != 1)
        muster_init_log("allow_unsafe_interrupts: %s", strerror(errno));
    close(file);
}

/* No byte of a result may be changed, echoed or waited for on its way through the port. */
static int muster_init_open_result_port(void) {
    struct termios settings;
    int port = open(MUSTER_RESULT_PORT, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (port < 0 || tcgetattr(port, &settings) != 0) {
        muster_init_log("%s: %s", MUSTER_RESULT_PORT, strerror(errno));
        return port;
    }
    cfmakeraw(&settings);
    cfsetspeed(&settings, B115200);
    settings.c_cflag |= CLOCAL;
    if (tcsetattr(port, TCSANOW, &settings) != 0)
        muster_init_log("%s: %s", MUSTER_RESULT_PORT, strerror(errno));
    return port;
}

/* The kernel opens the console for process 1 only where the initramfs brings a device file for it. */
static void muster_init_open_console(void) {
    mkdir("/dev", 0755);
    if (mount("devtmpfs", "/dev", "devtmpfs", 0, NULL) != 0 && errno != EBUSY)
        mknod("/dev/console", S_IFCHR | 0600, makedev(5, 1));
    int console = open("/dev/console", O_RDWR | O_NOCTTY);
    for (int number = 0; console >= 0 && number < 3; number++)
        if (number != console)
            dup2(console, number);
    if (console > 2)
        close(console);
    setvbuf(stderr, NULL, _IOLBF, 0);
}

/* Ends the machine. Does not return. */
static void muster_poweroff(void) {
    sync();
    reboot(RB_AUTOBOOT);
    reboot(RB_POWER_OFF);
    for (;;)
        pause();
}

static void muster_init_run(int port) {
    size_t count = 0;
    char **options = muster_init_lines(MUSTER_OPTIONS, &count);
    char **arguments = calloc(count + 2, sizeof *arguments);
    if (options == NULL || arguments == NULL)
        _exit(127);
    arguments[0] = (char *)"/init";
    memcpy(arguments + 1, options, count * sizeof *options);
    if (port >= 0)
        dup2(port, STDOUT_FILENO);
    execv(arguments[0], arguments);
    muster_init_log("%s: %s", arguments[0], strerror(errno));
    _exit(127);
}

/*
 * In an ordinary process: returns 0 and does nothing. As process 1: does all of the above and does not return.
 * Call it first in main().
 */
static int muster_init(void) {
    if (getpid() != 1)
        return 0;
    muster_init_open_console();
    muster_init_mount("proc", "/proc", NULL);
    muster_init_mount("sysfs", "/sys", NULL);
    muster_init_mount("cgroup2", "/sys/fs/cgroup", NULL);
    muster_init_mount("tmpfs", "/tmp", "mode=1777");
    muster_init_load_modules();
    muster_init_allow_devices();
    int port = muster_init_open_result_port();

    pid_t program = fork();
    if (program == 0)
        muster_init_run(port);
    int status = 0;
    for (pid_t ended; program > 0 && (ended = wait(&status)) != program;)
        if (ended < 0 && errno != EINTR)
            break;
    if (program < 0)
        muster_init_log("fork: %s", strerror(errno));
    else if (WIFSIGNALED(status))
        muster_init_log("the program was ended by signal %d", WTERMSIG(status));
    if (port >= 0)
        tcdrain(port);
    muster_poweroff();
    return 0;
}

#endif
