import Testing
import TestSupport

@testable import KernelRuns

@Suite struct ModuleFolderTests {
    @Test func loadsWhatAModuleNeedsBeforeIt() async throws {
        let folder = try Folder()
        try folder.write("kernel/a/zram.ko", SmallELF.module(needs: "zsmalloc,lz4-compress"))
        try folder.write("kernel/mm/zsmalloc.ko", SmallELF.module(needs: ""))
        try folder.write("kernel/lib/lz4_compress.ko", SmallELF.module(needs: "zsmalloc"))
        try folder.write("build/kernel/zram.ko", "not one")
        try folder.write("modules.builtin", "kernel/fs/fuse/fuse.ko\n")
        let selection = try await ModuleFolder(folder.path).load(["fuse", "zram", "vfio_pci", "zsmalloc"])
        #expect(selection.modules.map(\.name) == ["zsmalloc", "lz4_compress", "zram"])
        #expect(selection.missing == ["vfio_pci"])
    }

    @Test func knowsModulesByTheKernelsNames() {
        #expect(ModuleFolder.name(of: "a/b/vfio-pci.ko.xz") == "vfio_pci")
        #expect(ModuleFolder.names(inBuiltInList: "kernel/fs/x-y.ko\nkernel/z.ko\n") == ["x_y", "z"])
    }

    @Test func refusesAFolderWithoutModules() throws {
        let folder = try Folder()
        #expect(
            throws: KernelError.notAModuleFolder(path: folder.path, why: "there are no modules (*.ko) in it")
        ) {
            try ModuleFolder(folder.path)
        }
        #expect(throws: KernelError.self) { try ModuleFolder(folder.path + "/none") }
    }

    @Test func refusesAModuleThatIsNone() async throws {
        let folder = try Folder()
        let file = try folder.write("fuse.ko", "text")
        await #expect(
            throws: KernelError.notAModuleFolder(
                path: folder.path, why: "\(file) is not a module of a 64-bit kernel")
        ) { try await ModuleFolder(folder.path).load(["fuse"]) }
    }

    @Test func goesRoundInNoCircle() async throws {
        let folder = try Folder()
        try folder.write("a.ko", SmallELF.module(needs: "b"))
        try folder.write("b.ko", SmallELF.module(needs: "a"))
        #expect(try await ModuleFolder(folder.path).load(["a"]).modules.map(\.name) == ["b", "a"])
    }
}
