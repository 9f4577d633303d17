import ArgumentParser
import Corpus
import Diagnostics
import Glibc
import KernelRuns
import Reports
import TestLanguage

/// The files beside tests that keep what kernels answered.
enum AnswerFiles {
    /// Reads what there is of tests that are not modelled, by the tests' places. Answers to another program are left out.
    ///
    /// - Throws: an exit code, after a message, where a file is wrong.
    static func read(_ tests: [SelectedTest]) throws -> [Int: AnswerLog] {
        var logs: [Int: AnswerLog] = [:]
        for (place, test) in tests.enumerated() where test.lowered == nil {
            guard let path = path(of: test), access(path, F_OK) == 0 else { continue }
            let log: AnswerLog
            do throws(InputError) {
                log = try read(path)
            } catch {
                Terminal.printError(error.rendered(color: Palette.of(STDERR_FILENO, .auto).isColored))
                throw ExitCode(.badInput)
            }
            if log.hash == test.test.test.programHash {
                logs[place] = log
            } else {
                Terminal.warn("\(path): the answers are to an earlier text of the test, and do not count")
            }
        }
        return logs
    }

    private static func read(_ path: String) throws(InputError) -> AnswerLog {
        let source: SourceText
        do throws(SourceText.LoadingError) {
            source = try SourceText(loading: path, limit: Limits.fileBytes)
        } catch {
            throw .file(error)
        }
        do throws(DiagnosticsError) {
            return try AnswerLog(parsing: source)
        } catch {
            throw .text(error)
        }
    }

    /// Writes what kernels answered to tests that are not modelled.
    ///
    /// - Throws: an exit code, after a message.
    static func write(_ results: KernelResults, over logs: [Int: AnswerLog]) throws {
        let date = today()
        for (place, test) in results.tests.enumerated() where test.lowered == nil {
            guard let path = path(of: test) else { continue }
            var log = logs[place] ?? AnswerLog(test.test)
            for (kernel, comparison) in zip(results.kernels, results.comparisons[place]) {
                guard let answer = answer(comparison) else { continue }
                log.record(AnswerLog.Block(release: kernel.release, date: date, answer: answer))
            }
            if !log.blocks.isEmpty, log != logs[place] { try write(log, to: path) }
        }
    }

    private static func answer(_ comparison: TestComparison) -> AnswerLog.Answer? {
        switch comparison.result {
        case .notModelled: comparison.observation.map { .ran($0.recordedOutcomes) }
        case .notRunnable(let reason): .notRunnable(reason)
        default: nil
        }
    }

    /// Writes the file whole or not at all.
    private static func write(_ log: AnswerLog, to path: String) throws {
        let temporary = path + ".new"
        let bytes = Array(log.description.utf8)
        let file = fopen(temporary, "we")
        let isWritten = file.map { fwrite(bytes, 1, bytes.count, $0) == bytes.count } ?? false
        let isClosed = file.map { fclose($0) == 0 } ?? false
        guard isWritten, isClosed, rename(temporary, path) == 0 else {
            let reason = String(cString: strerror(errno))
            unlink(temporary)
            Terminal.complain("\(path): cannot be written: \(reason)")
            throw ExitCode(.internal)
        }
    }

    /// The file beside a test; nil for a test that has none.
    private static func path(of test: SelectedTest) -> String? {
        test.path.hasSuffix(".cow") ? String(test.path.dropLast(4)) + ".answers" : nil
    }

    /// The day, in UTC, as `2026-11-21`.
    static func today() -> String {
        var now = time(nil)
        var parts = tm()
        gmtime_r(&now, &parts)
        var text = [CChar](repeating: 0, count: 16)
        strftime(&text, text.count, "%Y-%m-%d", &parts)
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
