import KernelRuns
import TestSupport
import Testing

/// Kernels that somebody hands over.
@Suite struct KernelTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func message(_ body: () throws -> Kernel) -> String {
        do {
            return try body().release.description
        } catch let error as KernelError {
            return error.message
        } catch {
            return "\(error)"
        }
    }

    @Test func refusesWhatCannotBeRead() throws {
        #expect(
            message { try Kernel(image: folder.path + "/none") }
                == "\(folder.path)/none: cannot be read: No such file or directory")
        #expect(
            message { try Kernel(image: folder.path) } == "\(folder.path): cannot be read: it is a directory")
    }

    @Test func refusesWhatIsNoKernel() throws {
        let file = try folder.write("k", "text\n")
        #expect(
            message { try Kernel(image: file) }
                == "\(file): not a kernel image (bzImage): it has no 'HdrS' at 0x202")
    }

    @Test(.enabled(if: Installed.kernel != nil, "no kernel is installed (muster kernels install 6.1)"))
    func takesTheImageOfAnInstalledKernel() throws {
        let installed = try #require(Installed.kernel)
        #expect(try Kernel(image: installed.image).release == installed.release)
        try folder.write("modules/readme", "no modules")
        #expect(
            message { try Kernel(image: installed.image, modules: folder.path + "/modules") }
                == "\(folder.path)/modules: not a folder of kernel modules (lib/modules/RELEASE): "
                + "there are no modules (*.ko) in it")
    }
}
