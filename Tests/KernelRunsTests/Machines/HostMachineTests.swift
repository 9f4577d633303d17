import Glibc
import KernelRuns
import Testing
import TestSupport

@Suite struct HostMachineTests {
    @Test func givesLinesAndTheirEnd() async throws {
        let answer = try #require(try await HostMachine().run(guest: ["a", "b c"]))
        #expect(answer.run.ending == .finished)
        #expect(answer.lines == ["word a", "word b c", "done 1"])
        #expect(answer.run.accelerator == nil)
        #expect(answer.run.timeToFirstLine != nil)
    }

    @Test func tellsHowAProgramWentAway() async throws {
        let crash = try #require(try await HostMachine().run(guest: ["crash"]))
        #expect(crash.run.ending == .vanished("the program ended by signal 11"))
        #expect(crash.lines == ["word crash"])
        let vanish = try #require(try await HostMachine().run(guest: ["vanish"]))
        #expect(vanish.run.ending == .vanished("the program ended with status 3"))
    }

    @Test func endsWhatTakesTooLong() async throws {
        let silence = try #require(
            try await HostMachine().run(guest: ["silence"]) { $0.limits.start = .milliseconds(300) })
        #expect(silence.run.ending == .hung("no result after 0 s"))
        let stop = try #require(
            try await HostMachine().run(guest: ["stop"]) { $0.limits.silence = .milliseconds(300) })
        #expect(stop.run.ending == .hung("no further result for 0 s"))
        #expect(stop.lines == ["word stop"])
        let total = try #require(
            try await HostMachine().run(guest: ["stop"]) { $0.limits.total = .milliseconds(300) })
        #expect(total.run.ending == .hung("not done after 0 s"))
    }

    @Test func waitsForNobodyWhoStaysBehind() async throws {
        let start = ContinuousClock.now
        let answer = try #require(try await HostMachine().run(guest: ["leave"]))
        #expect(answer.run.ending == .vanished("the program ended with status 5"))
        #expect(answer.lines == ["word leave"])
        #expect(ContinuousClock.now - start < .seconds(600))
    }

    @Test func endsWhenToldTo() async throws {
        let start = ContinuousClock.now
        let told = try #require(
            try await HostMachine().run(guest: ["child"]) { job in
                job.isStopped = { ContinuousClock.now - start > .seconds(2) }
            })
        #expect(told.run.ending == .stopped)
    }

    @Test func endsWithTheTaskThatAskedForIt() async throws {
        let folder = try Folder()
        let program = try #require(await Guest.compile(in: folder.path))
        let job = MachineJob(program: program, arguments: ["child"])
        let received = Received()
        let task = Task { try await HostMachine().run(job) { received.take($0) } }
        while received.lines.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        task.cancel()
        #expect(try await task.value.ending == .stopped)
        #expect(processes(of: program) == 0)
    }

    @Test func refusesWhatIsNoProgram() async throws {
        await #expect(throws: MachineError.program(path: "/no/such", reason: "No such file or directory")) {
            try await HostMachine().run(MachineJob(program: "/no/such")) { _ in }
        }
    }

    /// How many processes run a program.
    private func processes(of program: String) -> Int {
        (1..<100_000).count { number in
            var target = [CChar](repeating: 0, count: 4096)
            let count = readlink("/proc/\(number)/exe", &target, target.count)
            return count > 0
                && String(decoding: target.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
                    == program
        }
    }
}
