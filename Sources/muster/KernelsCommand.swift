import ArgumentParser
import Glibc
import KernelRuns
import Reports
import RuleLanguage

/// `muster kernels`
struct KernelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernels", abstract: "Fetch and list kernels to run tests on.",
        subcommands: [List.self, Install.self])

    /// `muster kernels list`
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "List the kernels that there are: release, rule set, size on disk, and where each is from.")

        func run() throws {
            let library = try RuleSelection([]).library
            do throws(KernelError) {
                let list = try KernelList(.ofUser(), host: HostMachine().release, library: library)
                try? Terminal.print(list.text)
            } catch {
                throw Terminal.failure(error)
            }
        }
    }

    /// `muster kernels install 6.12`
    struct Install: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Fetch Debian's cloud kernels of some series into the user's cache.",
            discussion: """
                Needs apt-get, and neither root nor anything of the system's own apt. What is downloaded is checked against \
                Debian's keys. Kernels of your own need not be installed: 'muster run --kernel PATH' takes them.

                Exit status: 0 all are there, 64 usage, 65 something went wrong, 69 something that is needed is missing, \
                130 interrupted.
                """)

        @ArgumentParser.Argument(
            help: ArgumentHelp("Series of releases, such as 5.10 6.1 6.12 7.2.", valueName: "series"))
        var series: [String]

        @Flag(name: .long, help: "Fetch again what is there already.")
        var force = false

        func validate() throws {
            do throws(KernelError) {
                for text in series { _ = try KernelSeries(parsing: text) }
            } catch {
                throw ValidationError(error.message)
            }
        }

        func run() async throws {
            Interrupt.install()
            do throws(KernelError) {
                for text in series {
                    let answer = try await KernelStore.ofUser().install(
                        KernelSeries(parsing: text), replaces: force,
                        isStopped: { Interrupt.control.isStopped }, tell: { Terminal.printError($0 + "\n") })
                    try? Terminal.print(line(answer))
                }
            } catch {
                throw Terminal.failure(error)
            }
        }

        private func line(_ answer: KernelStore.Installation) -> String {
            switch answer {
            case .installed(let kernel): "\(kernel.release)  installed: \(kernel.origin)\n"
            case .present(let kernel): "\(kernel.release)  is there already: \(kernel.origin)\n"
            }
        }
    }
}

extension Terminal {
    /// Says why there is no kernel.
    ///
    /// - Returns: the exit code for it.
    static func failure(_ error: KernelError) -> ExitCode {
        complain(error.message)
        if error == .interrupted { return ExitCode(.interrupted) }
        return ExitCode(error.isMissing ? .missing : .badInput)
    }
}
