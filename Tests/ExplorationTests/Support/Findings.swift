import Rules
import VirtualMemory

@testable import Exploration

extension Findings {
    /// What the explorer finds, with as many frames as it turns out to need.
    init(_ test: LoweredTest, _ rules: Rules, _ options: SearchOptions) throws {
        var program = test.program
        while true {
            do throws(Trouble) {
                let simulation = Simulation(
                    program, rules, joinsMovers: options.joinsMovers, usesSymmetry: options.usesSymmetry)
                let search = DepthFirstSearch(
                    test, simulation, limits: SearchLimits(), control: SearchControl())
                let result = try search.run()
                self.init(outcomes: Set(result.outcomes), violations: result.violations)
                return
            } catch {
                guard program.makeRoom(for: error) else { throw error }
            }
        }
    }

    /// What the search for shortest executions finds of what is expected, and of violations that are not.
    init(breadthFirst test: LoweredTest, _ rules: Rules, _ expected: Findings) throws {
        var sought = Set(expected.outcomes.map { Sought.outcome($0) })
        for guarantee in Guarantee.allCases {
            for through in Violation.Through.allCases {
                sought.insert(.violation(Violation(guarantee, through: through)))
            }
        }
        var program = test.program
        while true {
            do throws(Trouble) {
                let simulation = Simulation(program, rules, joinsMovers: false, usesSymmetry: true)
                let search = BreadthFirstSearch(
                    test, simulation, limits: SearchLimits(), control: SearchControl())
                self.init()
                for found in try search.run(for: sought).keys {
                    switch found {
                    case .outcome(let outcome): outcomes.insert(outcome)
                    case .violation(let violation): violations.insert(violation)
                    }
                }
                return
            } catch {
                guard program.makeRoom(for: error) else { throw error }
            }
        }
    }

    /// In words, what another search has that this one has not, and the other way round.
    func difference(_ other: Findings, _ test: LoweredTest) -> String {
        let titles = OutcomeColumns(test).titles
        func text(_ outcome: Outcome) -> String {
            zip(titles, outcome.values).map { "\($0)=\($1.text)" }.joined(separator: " ")
        }
        var lines: [String] = []
        for outcome in outcomes.subtracting(other.outcomes).sorted() {
            lines.append("lost: " + text(outcome))
        }
        for outcome in other.outcomes.subtracting(outcomes).sorted() {
            lines.append("made up: " + text(outcome))
        }
        for violation in violations.subtracting(other.violations).members {
            lines.append("lost: \(violation)")
        }
        for violation in other.violations.subtracting(violations).members {
            lines.append("made up: \(violation)")
        }
        return lines.joined(separator: "\n")
    }
}
