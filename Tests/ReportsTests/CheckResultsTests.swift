import Corpus
import Diagnostics
import Exploration
import Testing
import VirtualMemory

@testable import Reports

@Suite struct ExitStatusTests {
    @Test func allAsExpected() async throws {
        #expect(try await Sample.results(["child-reads"]).status == .asExpected)
    }

    @Test func aConditionThatFailsDiffers() async throws {
        #expect(try await Sample.results(["pin-parent-writes"]).status == .differs)
        #expect(try await Sample.results(["pin-parent-writes"], under: ["refcount"]).status == .asExpected)
    }

    @Test func aLimitLeavesItUndecided() async throws {
        let limits = SearchLimits(states: 5)
        #expect(try await Sample.results(["pin-parent-writes"], limits: limits).status == .undecided)
    }

    @Test func whatIsWorseWins() async throws {
        let results = try await Sample.results(["pin-parent-writes"])
        func status(_ errors: [InputError], _ isInterrupted: Bool) -> Reports.ExitStatus {
            CheckResults(
                ruleSets: results.ruleSets, reports: results.reports, errors: errors,
                isInterrupted: isInterrupted
            ).status
        }
        #expect(status([], false) == .differs)
        #expect(status([.noTests(path: "empty")], false) == .badInput)
        #expect(status([.noTests(path: "empty")], true) == .interrupted)
    }

    @Test func sharedStatesCountOnce() async throws {
        let one = try await Sample.results(["child-reads"], under: ["refcount"])
        let both = try await Sample.results(["child-reads"], under: ["refcount", "charge-child"])
        #expect(one.states == both.states)
    }
}

@Suite struct GuaranteeMatrixTests {
    private func cell(
        _ matrix: GuaranteeMatrix, _ ruleSet: String, _ guarantee: Guarantee
    ) throws -> GuaranteeMatrix.Cell {
        let row = try #require(matrix.rows.first { $0.ruleSet == ruleSet })
        return row.cells[Int(guarantee.rawValue)]
    }

    @Test func aCellNamesTheSimplestTest() async throws {
        let matrix = GuaranteeMatrix(try await Sample.results())
        guard case .broken(let witness, let isOnlyThroughGet) = try cell(matrix, "mapcount", .coherence)
        else {
            Issue.record("coherence is not broken under mapcount")
            return
        }
        #expect(matrix.witnesses[witness].test == "pin-parent-writes")
        #expect(!isOnlyThroughGet)
        #expect(try cell(matrix, "refcount", .coherence) == .kept)
    }

    @Test func brokenOnlyThroughAGetIsToldApart() async throws {
        let matrix = GuaranteeMatrix(try await Sample.results(["plain-get"]))
        guard case .broken(_, let isOnlyThroughGet) = try cell(matrix, "refcount", .durability) else {
            Issue.record("durability is not broken under refcount")
            return
        }
        #expect(isOnlyThroughGet)
    }

    @Test func nothingIsKeptThatWasNotExplored() async throws {
        let matrix = GuaranteeMatrix(
            try await Sample.results(["child-reads"], limits: SearchLimits(states: 5)))
        #expect(try cell(matrix, "refcount", .safety) == .undecided)
    }

    @Test func theScopeIsTheLargestOfEach() async throws {
        let scope = GuaranteeMatrix(try await Sample.results()).scope
        #expect(scope.tests == 4)
        #expect(scope.processes == 2)
        #expect(scope.threads == 2)
        #expect(scope.pages == 1)
        #expect(scope.frames > 1)
    }
}
