import Rules
import TestSupport
import Testing
import VirtualMemory

@testable import Exploration

@Suite struct VisitedSetTests {
    @Test func itIsASet() {
        var random = SplitMix(seed: 1)
        var expected: Set<UInt64> = []
        var visited = VisitedSet(bits: 2)
        for _ in 0..<20_000 {
            // Few low bits, so that many fingerprints begin at one slot.
            let fingerprint = max(1, random.next() & 0xff00_0000_0000_0fff)
            let isNew = visited.insert(fingerprint)
            #expect(isNew == expected.insert(fingerprint).inserted)
        }
        #expect(visited.count == expected.count)
    }

    @Test func itGrowsBeforeItIsFull() {
        var visited = VisitedSet(bits: 2)
        for fingerprint in 1...1000 as ClosedRange<UInt64> { _ = visited.insert(fingerprint) }
        #expect(visited.count == 1000)
        #expect(visited.byteCount >= 1000 * 8 * 4 / 3)
    }
}

/// Fingerprints against the states themselves.
@Suite struct FingerprintTests {
    static let texts = [
        """
        map x: anonymous private = 1
        process p {
            thread t {
                *x = 2
            }
            fork c {
                *x.1 = 3
            }
            f = frame(x)
        }
        """,
        """
        map x[2]: anonymous private = 1
        process p {
            h = pin(x, write)
            fork c {
                *x[1] = 2
                munmap(x[0])
            }
            *x[0] = 3
        }
        """,
        """
        map x: anonymous private
        process p {
            thread t {
                a = frame(x)
                madvise(x, MADV_DONTNEED)
                b = frame(x)
            }
            *x = 1
            h = get(x, write)
            dma_write(h, 2)
        }
        """,
    ]

    @Test(arguments: texts, ["mapcount", "refcount", "vma-lock-6.4"])
    func statesAndFingerprintsAreOneToOne(_ text: String, _ rules: String) throws {
        for usesSymmetry in [true, false] {
            let walk = try StateWalk(LoweredTest(text: text), ShippedRules.set(rules).rules, usesSymmetry)
            #expect(walk.collisions == 0)
            #expect(walk.splits == 0)
        }
    }

    /// What symmetry makes one are different states with the same future: fewer of them, and the same answers.
    @Test func symmetryMakesFewerStates() throws {
        let test = try LoweredTest(text: Self.texts[1])
        let rules = try ShippedRules.set("refcount").rules
        let exact = try ReferenceSearch(test: test, rules: rules).run().states
        let plain = try StateWalk(test, rules, false).states
        let renamed = try StateWalk(test, rules, true).states
        #expect(plain == exact)
        #expect(renamed <= plain)
    }
}

/// All states that a program can reach, each with its canonical bytes and its fingerprint.
private struct StateWalk {
    private(set) var states = 0
    /// Different canonical states with one fingerprint.
    private(set) var collisions = 0
    /// Different fingerprints of one canonical state.
    private(set) var splits = 0

    init(_ test: LoweredTest, _ rules: Rules, _ usesSymmetry: Bool) throws {
        var program = test.program
        while program.makeRoom(for: .logFull) {}
        program.geometry.frames += 4
        let simulation = Simulation(program, rules, joinsMovers: false, usesSymmetry: usesSymmetry)
        let size = simulation.stateSize
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
        defer { buffer.deallocate() }
        var fingerprints: [[UInt8]: UInt64] = [:]
        var seen: Set<UInt64> = []
        var queue: [[UInt8]] = []

        func visit() {
            let plain = Array(UnsafeRawBufferPointer(start: simulation.state, count: size))
            var canonical = plain
            if usesSymmetry {
                simulation.writeCanonical(to: buffer)
                canonical = Array(UnsafeRawBufferPointer(start: buffer, count: size))
            }
            let fingerprint = simulation.fingerprint
            if let known = fingerprints[canonical] {
                if known != fingerprint { splits += 1 }
                return
            }
            fingerprints[canonical] = fingerprint
            if !seen.insert(fingerprint).inserted { collisions += 1 }
            queue.append(plain)
        }

        visit()
        while let state = queue.popLast() {
            for thread in 0..<simulation.threadCount {
                var choice = 0
                var choices = 1
                while choice < choices {
                    state.withUnsafeBytes { bytes in
                        if let base = bytes.baseAddress { simulation.load(base) }
                    }
                    if simulation.advance(thread, choice: choice) == .taken {
                        choices = simulation.choices
                        visit()
                    }
                    choice += 1
                }
            }
            if let trouble = simulation.trouble { throw trouble }
        }
        states = fingerprints.count
    }
}
