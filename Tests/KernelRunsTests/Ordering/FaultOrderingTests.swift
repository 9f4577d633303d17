import Diagnostics
import TestLanguage
import Testing

@testable import KernelRuns

@Suite struct FaultOrderingTests {
    private func isOrdered(_ statements: String) throws -> Bool {
        let text = "test t\nmap x: anonymous private = 0\nprocess p {\n\(statements)\n}"
        return try ResolvedTest(parsing: SourceText(name: "t.cow", text: text)).isOrdered
    }

    @Test func aStoreThatIsTakenAndResolved() throws {
        #expect(
            try isOrdered(
                """
                uffd_register(x, wp)
                uffd_writeprotect(x)
                thread t { *x = 1; signal done }
                await_fault(x)
                r = *x
                uffd_resolve(x)
                await done
                s = *x
                """))
    }

    @Test func whatComesBehindTheWakingIsARace() throws {
        #expect(
            try !isOrdered(
                """
                uffd_register(x, wp)
                uffd_writeprotect(x)
                thread t { *x = 1 }
                await_fault(x)
                uffd_resolve(x)
                s = *x
                """))
    }

    @Test func whatComesBeforeTheTakingIsARace() throws {
        #expect(
            try !isOrdered(
                """
                uffd_register(x, wp)
                uffd_writeprotect(x)
                thread t { *x = 1; signal done }
                e = poll_fault(x)
                await_fault(x)
                uffd_resolve(x)
                await done
                """))
    }

    @Test func protectionThatComesAnyTimeIsARace() throws {
        #expect(
            try !isOrdered(
                """
                uffd_register(x, wp)
                thread t { *x = 1; signal done }
                uffd_writeprotect(x)
                await_fault(x)
                uffd_resolve(x)
                await done
                """))
    }

    @Test func oneStoreAfterTheOther() throws {
        #expect(
            try isOrdered(
                """
                uffd_register(x, wp)
                uffd_writeprotect(x)
                thread t { *x = 1; signal first; await again; *x = 2; signal second }
                await_fault(x)
                uffd_resolve(x)
                await first
                uffd_writeprotect(x)
                signal again
                await_fault(x)
                uffd_resolve(x)
                await second
                r = *x
                """))
    }

    @Test func wakingApart() throws {
        #expect(
            try isOrdered(
                """
                uffd_register(x, wp)
                uffd_writeprotect(x)
                thread t { *x = 1; signal done }
                await_fault(x)
                uffd_resolve(x, dontwake)
                r = *x
                uffd_wake(x)
                await done
                """))
    }

    @Test func twoThatFaultAreARace() throws {
        #expect(
            try !isOrdered(
                """
                uffd_register(x, wp)
                uffd_writeprotect(x)
                thread t { *x = 1 }
                thread u { *x = 2 }
                await_fault(x)
                uffd_resolve(x)
                """))
    }

    @Test func aLoadThatMisses() throws {
        #expect(
            try isOrdered(
                """
                madvise(x, MADV_DONTNEED)
                uffd_register(x, missing)
                thread t { r = *x; signal done }
                await_fault(x)
                uffd_copy(x, 3)
                await done
                """))
    }

    @Test func aLoadThatIsContinued() throws {
        #expect(
            try isOrdered(
                """
                madvise(x, MADV_DONTNEED)
                uffd_register(x, minor)
                thread t { r = *x; signal done }
                await_fault(x)
                uffd_continue(x)
                await done
                """))
    }
}
