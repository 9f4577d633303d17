import TestLanguage

extension CNames {
    /// Names as the test has them, as far as C lets them be.
    ///
    /// - Parameter taken: names that mean something else in the program.
    init(_ test: ResolvedTest, avoiding taken: Set<String>) {
        self.init(test, prefix: "")
        var taken = taken.union(CNames.words)
        func choose(_ candidates: String...) -> String {
            let name = candidates.first { !taken.contains($0) } ?? candidates[candidates.count - 1]
            var free = name
            while !taken.insert(free).inserted { free += "_" }
            return free
        }
        actors = test.actors.map { choose($0.name.text, "\($0.name.text)_actor") }
        functions = test.actors.map { choose("run_\($0.name.text)") }
        mappings = test.mappings.map { choose($0.name.text, "map_\($0.name.text)") }
        files = test.files.map { choose($0.name.text, "file_\($0.name.text)") }
        events = test.events.map { choose($0.name.text, "event_\($0.name.text)") }
        registers = test.registers.map {
            choose("\(test.actors[$0.actor].name.text)_\($0.name.text)")
        }
        references = test.handles.map {
            choose("\($0.name.text)_of_\(test.actors[$0.actor].name.text)")
        }
    }

    /// Words of C, and of the C library beyond what the runtime uses.
    private static let words = Set(
        """
        asm auto break case char const continue default do double else enum extern float for goto if inline int long
        register restrict return short signed sizeof static struct switch typedef typeof union unsigned void volatile while
        alignas alignof bool constexpr false nullptr static_assert thread_local true unix linux i386 main errno environ
        stdin stdout stderr signal raise kill wait waitpid read write open close pipe pipe2 dup dup2 fork vfork clone exec
        exit abort alarm pause sleep nice link unlink access chdir mount umount reboot sync truncate ftruncate stat fstat
        lstat send recv sendto recvfrom bind connect listen accept shutdown socket select poll splice tee vmsplice fcntl
        ioctl brk sbrk acct swapon swapoff remove rename index rindex time times clock sin cos tan log exp pow sqrt ceil
        floor round gamma j0 j1 jn y0 y1 yn div ldiv abs labs rand srand random srandom system free malloc calloc realloc
        printf puts gets getc putc perror tmpfile tmpnam mmap munmap mremap mprotect madvise msync mlock munlock brk usleep
        daemon error err warn errx warnx basename dirname setjmp longjmp strings stack_t int8_t uint8_t uint ulong ushort
        u_int u_char NULL EOF stdint offsetof INT_MAX optarg optind opterr getopt memory_order atomic_int timezone daylight
        tzname isalpha isdigit toupper tolower creat chown chmod mkdir rmdir umask uname getpid getuid ttyname ffs
        """.split { $0 == " " || $0 == "\n" }.map(String.init))
}
