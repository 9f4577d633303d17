import Testing

@testable import KernelRuns

@Suite struct CpioArchiveTests {
    @Test func writesEntriesAsTheKernelReadsThem() {
        var archive = CpioArchive()
        archive.addFolder("d")
        archive.addFile("d/run", Array("hello".utf8), isExecutable: true)
        archive.end()
        let expected =
            "070701" + "00000001" + "000041ED" + "00000000" + "00000000" + "00000001" + "00000000"
            + "00000000"
            + "00000000" + "00000000" + "00000000" + "00000000" + "00000002" + "00000000" + "d\0"
            + "070701" + "00000002" + "000081ED" + "00000000" + "00000000" + "00000001" + "00000000"
            + "00000005"
            + "00000000" + "00000000" + "00000000" + "00000000" + "00000006" + "00000000" + "d/run\0"
            + "hello\0\0\0"
            + "070701" + "00000003" + "00000000" + "00000000" + "00000000" + "00000001" + "00000000"
            + "00000000"
            + "00000000" + "00000000" + "00000000" + "00000000" + "0000000B" + "00000000"
            + "TRAILER!!!\0\0\0\0"
        #expect(String(decoding: archive.bytes, as: UTF8.self) == expected)
    }

    @Test func packsAProgramWithItsModulesAndWords() {
        let modules = [KernelModule(name: "b", contents: [1, 2]), KernelModule(name: "a", contents: [3])]
        let packed = Initramfs(program: [9], modules: modules, arguments: ["--all", "two\nlines"]).bytes
        let text = String(decoding: packed, as: UTF8.self)
        #expect(text.contains("init\0"))
        #expect(text.contains("/modules/01-b.ko\n/modules/02-a.ko\n"))
        #expect(text.contains("--all\ntwo lines\n"))
        #expect(packed.count.isMultiple(of: 4))
    }
}
