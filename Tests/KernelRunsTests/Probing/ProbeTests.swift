import RuleLanguage
import TestSupport
import Testing

@testable import KernelRuns

@Suite struct ProbeTests {
    /// A kernel that follows a shipped set is found to follow it, or one that no test tells from it.
    @Test(.enabled(if: FullRun.isWanted, "it takes minutes; MUSTER_FULL=1 runs it"))
    func shippedSetsAreRecognised() async throws {
        var kernels = try SyntheticKernels(folders: FullRun.isWanted ? [] : ["basics", "pins", "fork"])
        for set in try await kernels.distinctSets() {
            let found = try #require(try await kernels.findings(following: Composition(set)), "\(set.name)")
            #expect(found.disagreements == 0, "\(set.name)")
            #expect(found.followsNearest, "\(set.name)")
            #expect(found.nearest.name == set.name || found.equals.contains(set.name), "\(set.name)")
            #expect(found.unexplained.isEmpty, "\(set.name)")
        }
    }

    /// A kernel that takes one aspect from elsewhere is found to do so wherever tests can tell.
    @Test(.enabled(if: FullRun.isWanted, "it takes minutes; MUSTER_FULL=1 runs it"))
    func singleAspectsAreRecognised() async throws {
        var kernels = try SyntheticKernels(folders: FullRun.isWanted ? [] : ["basics", "pins"])
        let sets = try await kernels.distinctSets()
        let bases = FullRun.isWanted ? sets : sets.filter { $0.name == "refcount" }
        for base in bases {
            for aspect in Aspect.allCases where aspect.isSeenInOrder && kernels.explored.reach(aspect) {
                var donors = [base]
                for donor in sets where !donors.contains(where: { $0.behaves(as: donor, in: aspect) }) {
                    donors.append(donor)
                    let kernel = Composition(base).taking(aspect, from: donor)
                    let label = "\(base.name) with \(aspect.name) of \(donor.name)"
                    let found = try #require(try await kernels.findings(following: kernel), "\(label)")
                    #expect(found.unexplained.isEmpty, "\(label)")
                    check(found, kernel, label)
                }
            }
        }
    }

    /// Where one way to decide is named, it is the right one; where several are, the right one is among them.
    private func check(_ found: ProbeFindings, _ kernel: Composition, _ label: String) {
        for finding in found.aspects where finding.aspect.isSeenInOrder && finding.verdict != .same {
            let truth = kernel.source(of: finding.aspect).name
            let named = finding.sets + finding.rivals.joined()
            #expect(named.contains(truth), "\(label): \(finding.aspect.name) as \(named)")
        }
    }
}
