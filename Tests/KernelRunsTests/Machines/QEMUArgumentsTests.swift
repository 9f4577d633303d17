import Testing

@testable import KernelRuns

@Suite struct QEMUArgumentsTests {
    private func arguments(_ needs: MachineNeeds, _ accelerator: Accelerator = .tcg) -> [String] {
        QEMUArguments(kernel: "K", initramfs: "I", needs: needs, accelerator: accelerator).list
    }

    @Test func leavesOutWhatNobodyNeeds() {
        let small = arguments([])
        #expect(!small.contains("intel-iommu"))
        #expect(!small.contains("-numa"))
        #expect(!small.joined(separator: " ").contains("intel_iommu"))
        let whole = arguments(.all)
        #expect(whole.contains("intel-iommu") && whole.contains("edu"))
        #expect(whole.count { $0 == "-numa" } == 2)
        #expect(whole.last?.contains("intel_iommu=on") == true)
    }

    @Test func neverReachesTheNetworkOrADisk() throws {
        for list in [arguments([]), arguments(.all, .kvm)] {
            let place = try #require(list.firstIndex(of: "-nic"))
            #expect(list[place + 1] == "none")
            #expect(!list.contains("-drive"))
        }
    }

    @Test func doesWithoutWhatTheTranslatorGetsWrong() {
        #expect(arguments([]).contains("max,cx16=off,la57=off"))
        #expect(arguments([], .kvm).contains("host"))
    }
}
