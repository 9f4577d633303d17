/// Which header of the C library declares what, as far as the runtime uses it.
enum SystemHeaders {
    /// The headers that a text needs, in order, without those of the kernel.
    static func headers(for text: String) -> [String] {
        var names: Set<String> = []
        for word in CScanner.tokens(of: text) {
            if word.kind == .identifier { names.insert(word.text) }
            if word.kind == .directive {
                for inner in CScanner.tokens(of: " " + word.text.dropFirst()) where inner.kind == .identifier
                {
                    names.insert(inner.text)
                }
            }
        }
        return table.compactMap { header, entries in
            entries.split(separator: " ").contains { isNamed($0, names) } ? "<\(header)>" : nil
        }
    }

    /// Whether the names have an entry: a name, or a beginning of names with a star behind it.
    private static func isNamed(_ entry: Substring, _ names: Set<String>) -> Bool {
        guard entry.last == "*" else { return names.contains(String(entry)) }
        return names.contains { $0.hasPrefix(entry.dropLast()) }
    }

    /// Whether a header is among those that are chosen by what a text uses.
    static func knows(_ header: String) -> Bool { table.contains { "<\($0.header)>" == header } }

    private static let table: [(header: String, entries: String)] = [
        ("dirent.h", "DIR dirent opendir readdir closedir fdopendir scandir"),
        ("errno.h", "errno " + errors),
        (
            "fcntl.h",
            "open openat creat fcntl vmsplice splice tee fallocate posix_fallocate posix_fadvise O_* F_SET* F_GET* F_ADD* "
                + "F_SEAL* AT_* SPLICE_* FD_CLOEXEC FALLOC_* POSIX_FADV_* sync_file_range SYNC_FILE_*"
        ),
        ("limits.h", "INT_MAX INT_MIN LONG_MIN LONG_MAX UINT_MAX ULONG_MAX PATH_MAX"),
        ("linux/futex.h", "FUTEX_*"),
        ("poll.h", "poll ppoll pollfd POLLIN POLLOUT POLLERR POLLHUP POLLPRI"),
        ("pthread.h", "pthread_*"),
        (
            "sched.h",
            "sched_* CPU_SET CPU_ZERO CPU_ISSET CPU_SETSIZE CPU_COUNT cpu_set_t clone unshare setns CLONE_*"
        ),
        ("signal.h", "sigaction signal siginfo_t kill raise sigset_t sig* SIG* SA_*"),
        ("stdarg.h", "va_*"),
        ("stdatomic.h", "atomic_*"),
        ("stdbool.h", "bool true false"),
        ("stddef.h", "offsetof ptrdiff_t"),
        (
            "stdint.h",
            "int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t intptr_t uintptr_t UINT64_C UINT64_MAX "
                + "UINT32_MAX INT64_MAX"
        ),
        (
            "stdio.h",
            "printf fprintf snprintf vsnprintf sprintf vprintf puts putchar fputs FILE fopen fclose fgets fdopen fscanf "
                + "sscanf fflush setvbuf perror stdout stderr rename remove getline fread fwrite dprintf _IOLBF"
        ),
        (
            "stdlib.h",
            "malloc calloc realloc free exit abort atoi atol strtol strtoul strtoull mkstemp mkdtemp getenv aligned_alloc "
                + "posix_memalign EXIT_* system qsort atexit rand_r"
        ),
        ("string.h", "mem* str*"),
        ("sys/ioctl.h", "ioctl _IO _IOR _IOW _IOWR"),
        (
            "sys/mman.h",
            "mmap munmap mremap mprotect mlock munlock madvise msync mincore memfd_create process_madvise MAP_* PROT_* "
                + "MADV_* MFD_* MREMAP_* MS_SYNC MS_ASYNC mlockall MCL_*"
        ),
        ("sys/mount.h", "mount umount umount2 MS_NOSUID MS_NODEV MS_BIND MS_REC MS_PRIVATE MNT_*"),
        ("sys/prctl.h", "prctl PR_*"),
        ("sys/resource.h", "getrlimit setrlimit rlimit RLIM_* RLIMIT_* getrusage prlimit"),
        (
            "sys/socket.h",
            "socket socketpair sendmsg recvmsg bind connect listen accept send recv setsockopt getsockopt msghdr cmsghdr "
                + "CMSG_* AF_* SOCK_* SOL_SOCKET SCM_* MSG_*"
        ),
        ("sys/stat.h", "stat fstat lstat mkdir mkdirat mknod chmod fchmod umask S_IF* S_IR* S_IS*"),
        ("sys/swap.h", "swapon swapoff SWAP_FLAG_*"),
        ("sys/sysmacros.h", "makedev major minor"),
        ("sys/syscall.h", "SYS_* __NR_*"),
        ("sys/types.h", "pid_t off_t ssize_t"),
        ("sys/uio.h", "iovec process_vm_readv process_vm_writev readv writev preadv pwritev"),
        ("sys/utsname.h", "uname utsname"),
        (
            "sys/wait.h",
            "wait waitpid waitid P_PID P_ALL WEXITED WNOHANG WNOWAIT WIF* WEXITSTATUS WTERMSIG __WALL"
        ),
        ("time.h", "clock_gettime timespec nanosleep time_t CLOCK_*"),
        (
            "unistd.h",
            "read write close pread pwrite fork vfork pause getpid getppid gettid dup dup2 dup3 access ftruncate unlink "
                + "rmdir sysconf syscall execv execl _exit _SC_* R_OK W_OK F_OK X_OK pipe pipe2 usleep sleep lseek fsync "
                + "fdatasync sync getuid geteuid getgid setuid chdir readlink symlink getpagesize SEEK_*"
        ),
    ]

    private static let errors =
        "EPERM ENOENT ESRCH EINTR EIO EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT EBUSY EEXIST ENODEV EINVAL ENOTTY EFBIG "
        + "ENOSPC EPIPE ENOSYS EHWPOISON EOPNOTSUPP ENXIO E2BIG EROFS ENOTDIR EISDIR ENAMETOOLONG EPROTO ETIMEDOUT "
        + "ENOTSUP ENODATA EALREADY EINPROGRESS EADDRINUSE EOVERFLOW ESTALE"
}
