import ArgumentParser
import Corpus
import Diagnostics
import Glibc
import Reports
import RuleLanguage

/// The rule sets that a command line names.
struct RuleSelection {
    /// All that is known: the shipped sets and those of the files that were named.
    private(set) var library = RuleLibrary()
    /// The sets that were named, in their order; all shipped ones where none was.
    private(set) var sets: [RuleSet] = []
    /// What is wrong with files that were named; the rest can be used.
    private(set) var errors: [InputError] = []
    /// What is probably not meant in files that were named.
    private(set) var warnings: [InputError] = []

    /// Reads the shipped sets and the files that are named.
    ///
    /// - Parameters:
    ///   - names: names of sets or paths of files, each perhaps a list with commas.
    ///   - release: a kernel's release string, whose set is taken as well.
    /// - Throws: an exit code, after a message.
    init(_ names: [String], release: String? = nil) throws {
        library = try RuleSelection.shipped()
        let wanted = names.flatMap { $0.split(separator: ",").map(String.init) }
        for name in wanted { try add(name) }
        if let release { try add(release: release) }
        if wanted.isEmpty, release == nil { sets = library.sets }
    }

    /// Reads the shipped sets and the files that are named, all of which must be right.
    init(only names: [String], release: String? = nil) throws {
        try self.init(names, release: release)
        for error in errors {
            Terminal.printError(error.rendered(color: Palette.of(STDERR_FILENO, .auto).isColored))
        }
        if !errors.isEmpty { throw ExitCode(.badInput) }
    }

    /// The shipped sets.
    private static func shipped() throws -> RuleLibrary {
        let home: Home
        do throws(Home.NotFound) {
            home = try Home.find()
        } catch {
            Terminal.complain(error.message)
            throw ExitCode(.missing)
        }
        do throws(RuleLibraryError) {
            return try RuleLibrary.load(directory: home.rules)
        } catch {
            Terminal.complain(error)
            throw ExitCode(.badInput)
        }
    }

    private mutating func add(_ name: String) throws {
        guard name.hasSuffix(".rules") || name.contains("/") else {
            do throws(RuleLibraryError) {
                append(try library.set(named: name))
            } catch {
                Terminal.complain(error)
                throw ExitCode(.usage)
            }
            return
        }
        if let known = library.sets.filter({ RuleSelection.isSame($0.source.name, name) }).nonEmpty {
            for set in known { append(set) }
            return
        }
        do throws(RuleLibraryError) {
            library = try library.adding(files: [name])
            for set in library.sets where set.source.name == name {
                append(set)
                guard !set.warnings.isEmpty else { continue }
                warnings.append(.text(DiagnosticsError(source: set.source, diagnostics: set.warnings)))
            }
        } catch {
            errors.append(.rules(error))
        }
    }

    private mutating func add(release: String) throws {
        do throws(ReleaseError) {
            let match = try library.set(forRelease: release)
            append(match.set)
            if let caution = match.caution { Terminal.warn(caution + "; taking '\(match.set.name)'") }
        } catch {
            Terminal.complain(error.message)
            throw ExitCode(.usage)
        }
    }

    private mutating func append(_ set: RuleSet) {
        if !sets.contains(where: { $0.name == set.name }) { sets.append(set) }
    }

    /// Whether two paths lead to the same file.
    private static func isSame(_ a: String, _ b: String) -> Bool {
        var (first, second) = (stat(), stat())
        return a == b
            || stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_ino == second.st_ino
                && first.st_dev == second.st_dev
    }
}

extension Array {
    /// Itself; nil where it is empty.
    fileprivate var nonEmpty: Self? { isEmpty ? nil : self }
}

extension ExitCode {
    /// The code of a status.
    init(_ status: ExitStatus) { self.init(status.rawValue) }
}

extension Terminal {
    /// Prints what is wrong with rule sets.
    static func complain(_ error: RuleLibraryError) {
        let color = Palette.of(STDERR_FILENO, .auto).isColored
        if case .invalid = error {
            printError(error.message(color: color))
        } else {
            complain(error.message(color: color))
        }
    }
}
