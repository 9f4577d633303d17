import Glibc
import Subprocess
import SystemPackage

/// A small program that does on a machine what it is told to: the double of a compiled corpus.
enum Guest {
    private static let source = """
        #include "init.h"
        #include <signal.h>

        int main(int count, char **words) {
            muster_init();
            const char *task = count > 1 ? words[1] : "";
            if (!strcmp(task, "silence")) for (;;) pause();
            for (int i = 1; i < count; i++) printf("word %s\\n", words[i]);
            fflush(stdout);
            if (!strcmp(task, "stop")) for (;;) pause();
            if (!strcmp(task, "crash")) raise(SIGSEGV);
            if (!strcmp(task, "vanish")) return 3;
            if (!strcmp(task, "leave") && fork() == 0) { setsid(); sleep(900); return 0; }
            if (!strcmp(task, "leave")) return 5;
            if (!strcmp(task, "child") && fork() == 0) for (;;) pause();
            if (!strcmp(task, "child")) for (;;) pause();
            if (!strcmp(task, "panic")) {
                int file = open("/proc/sysrq-trigger", O_WRONLY);
                if (write(file, "c", 1) != 1) return 4;
            }
            if (!strcmp(task, "files")) {
                char line[256];
                FILE *modules = fopen("/proc/modules", "re");
                while (modules && fgets(line, sizeof line, modules)) printf("module %s\\n", strtok(line, " "));
                printf("dmar %d\\n", access("/sys/kernel/iommu_groups/0", F_OK) == 0);
                printf("nodes %d\\n", access("/sys/devices/system/node/node1", F_OK) == 0);
                printf("cgroup %d\\n", access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0);
                printf("tmp %d\\n", open("/tmp/x", O_RDWR | O_CREAT, 0600) >= 0);
                printf("vfio %d\\n", access("/dev/vfio/vfio", F_OK) == 0);
                printf("fuse %d\\n", access("/dev/fuse", F_OK) == 0);
                printf("zram %d\\n", access("/sys/block/zram0", F_OK) == 0);
            }
            printf("done 1\\n");
            return 0;
        }

        """

    /// Compiles it; nil where there is no C compiler that links statically.
    static func compile(in folder: String) async -> String? {
        let path = folder + "/guest"
        let file = open(path + ".c", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        defer { close(file) }
        let bytes = Array(source.utf8)
        guard bytes.withUnsafeBytes({ write(file, $0.baseAddress, $0.count) }) == bytes.count else {
            return nil
        }
        let runtime = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined() + "/Runtime"
        for compiler in ["cc", "clang"] {
            let result = try? await run(
                .name(compiler),
                arguments: ["-std=c11", "-O1", "-Wall", "-static", "-I", runtime, path + ".c", "-o", path],
                output: .discarded, error: .currentStandardError)
            if result?.terminationStatus.isSuccess == true { return path }
        }
        return nil
    }
}
