extension ErrorCase {
    static let clauses: [ErrorCase] = [
        ErrorCase(
            name: "unknown operation",
            text: """
                rules a
                on write_falt of anonymous: copy

                """,
            said: """
                a.rules:2:4: error: unknown operation 'write_falt'
                    on write_falt of anonymous: copy
                       ^~~~~~~~~~
                    help: did you mean 'write_fault'?

                """),
        ErrorCase(
            name: "subject missing",
            text: """
                rules a
                on fork: share

                """,
            said: """
                a.rules:2:8: error: expected 'of' and a kind of page behind 'fork': 'anonymous', 'file', 'huge' or 'hugetlb'
                    on fork: share
                           ^

                """),
        ErrorCase(
            name: "unknown subject",
            text: """
                rules a
                on fork of anonymus, file: share

                """,
            said: """
                a.rules:2:12: error: 'fork' knows no kind of page 'anonymus'
                    on fork of anonymus, file: share
                               ^~~~~~~~
                    help: did you mean 'anonymous'?

                """),
        ErrorCase(
            name: "subject where there is none",
            text: """
                rules a
                on swap_in of anonymous: map

                """,
            said: """
                a.rules:2:12: error: 'swap_in' is one path, without 'of'
                    on swap_in of anonymous: map
                               ^~

                """),
        ErrorCase(
            name: "access missing",
            text: """
                rules a
                on pin: take

                """,
            said: """
                a.rules:2:7: error: expected '(' and 'read' or 'write' behind 'pin'
                    on pin: take
                          ^

                """),
        ErrorCase(
            name: "unknown access",
            text: """
                rules a
                on pin(wirte): take

                """,
            said: """
                a.rules:2:8: error: expected 'read' or 'write', not 'wirte'
                    on pin(wirte): take
                           ^~~~~
                    help: did you mean 'write'?

                """),
        ErrorCase(
            name: "clause twice",
            text: """
                rules a
                on fork of file: share
                on fork of anonymous, file: share

                """,
            said: """
                a.rules:3:23: error: 'fork of file' has a clause already
                    on fork of anonymous, file: share
                                          ^~~~
                a.rules:2:4: note: it is here
                    on fork of file: share
                       ^~~~~~~~~~~~

                """),
        ErrorCase(
            name: "unknown choice",
            text: """
                rules a
                on write_fault of anonymous:
                    reuse when page_count == 1
                    cpoy

                """,
            said: """
                a.rules:4:5: error: expected a choice or an action of 'write_fault of anonymous', not 'cpoy'
                        cpoy
                        ^~~~
                    help: did you mean 'copy'?

                """),
        ErrorCase(
            name: "choice of another path",
            text: """
                rules a
                on write_fault of anonymous:
                    share

                """,
            said: """
                a.rules:3:5: error: 'share' is no choice of 'write_fault of anonymous'; its choices are 'copy' and 'reuse'
                        share
                        ^~~~~

                """),
        ErrorCase(
            name: "action of another path",
            text: """
                rules a
                on fork of anonymous:
                    lock_page else copy
                    share

                """,
            said: """
                a.rules:3:5: error: 'lock_page' is no action of 'fork of anonymous'; it has none
                        lock_page else copy
                        ^~~~~~~~~

                """),
        ErrorCase(
            name: "unknown fact",
            text: """
                rules a
                on write_fault of anonymous:
                    copy when page_coutn != 1
                    reuse

                """,
            said: """
                a.rules:3:15: error: unknown fact 'page_coutn'
                        copy when page_coutn != 1
                                  ^~~~~~~~~~
                    help: did you mean 'page_count'?

                """),
        ErrorCase(
            name: "fact of another path",
            text: """
                rules a
                on write_fault of anonymous:
                    copy when longterm
                    reuse

                """,
            said: """
                a.rules:3:15: error: 'write_fault of anonymous' does not know the fact 'longterm'
                        copy when longterm
                                  ^~~~~~~~

                """),
        ErrorCase(
            name: "number alone",
            text: """
                rules a
                on write_fault of anonymous:
                    copy when page_count
                    reuse

                """,
            said: """
                a.rules:3:15: error: 'page_count' is a number; compare it, as in 'page_count == 1'
                        copy when page_count
                                  ^~~~~~~~~~

                """),
        ErrorCase(
            name: "sum alone",
            text: """
                rules a
                on write_fault of anonymous:
                    copy when page_count + 1 and exclusive
                    reuse

                """,
            said: """
                a.rules:3:15: error: 'page_count + 1' is a number; compare it, as in 'page_count + 1 == 1'
                        copy when page_count + 1 and exclusive
                                  ^~~~~~~~~~~~~~

                """),
        ErrorCase(
            name: "number too large",
            text: """
                rules a
                on write_fault of anonymous:
                    copy when page_count > 99999999999
                    reuse

                """,
            said: """
                a.rules:3:28: error: a number is at most 65535
                        copy when page_count > 99999999999
                                               ^~~~~~~~~~~

                """),
        ErrorCase(
            name: "comparison cut short",
            text: """
                rules a
                on write_fault of anonymous:
                    copy when page_count ==
                    reuse

                """,
            said: """
                a.rules:3:28: error: expected a fact or a number
                        copy when page_count ==
                                               ^

                """),
        ErrorCase(
            name: "bracket open",
            text: """
                rules a
                on write_fault of anonymous:
                    copy when (exclusive or ksm
                    reuse

                """,
            said: """
                a.rules:3:32: error: expected ')' or 'and', 'or' to go on with the condition
                        copy when (exclusive or ksm
                                                   ^

                """),
        ErrorCase(
            name: "signs of other languages",
            text: """
                rules a
                on write_fault of anonymous:
                    copy when !exclusive && ksm
                    reuse

                """,
            said: """
                a.rules:3:15: error: '!' means nothing in a rule set
                        copy when !exclusive && ksm
                                  ^
                    help: write 'not'
                a.rules:3:26: error: '&&' means nothing in a rule set
                        copy when !exclusive && ksm
                                             ^~
                    help: write 'and'

                """),
        ErrorCase(
            name: "two comparisons in a row",
            text: """
                rules a
                on write_fault of anonymous:
                    copy when 1 < page_count < 3
                    reuse

                """,
            said: """
                a.rules:3:30: error: expected the end of the line; each step begins one
                        copy when 1 < page_count < 3
                                                 ^

                """),
        ErrorCase(
            name: "no last choice",
            text: """
                rules a
                on write_fault of anonymous:
                    copy when exclusive
                    reuse when ksm

                """,
            said: """
                a.rules:4:5: error: a clause must end in a choice without a condition
                        reuse when ksm
                        ^~~~~~~~~~~~~~

                """),
        ErrorCase(
            name: "no steps",
            text: """
                rules a
                on write_fault of anonymous:
                on fork of file: share

                """,
            said: """
                a.rules:2:4: error: the clause has no step; it must at least have a choice: 'copy' or 'reuse'
                    on write_fault of anonymous:
                       ^~~~~~~~~~~~~~~~~~~~~~~~

                """),
        ErrorCase(
            name: "colon missing",
            text: """
                rules a
                on fork of file
                    share

                """,
            said: """
                a.rules:2:16: error: expected ':' behind the head of a clause
                    on fork of file
                                   ^

                """),
        ErrorCase(
            name: "unreachable step",
            text: """
                rules a
                on fork of file:
                    share
                    copy

                """,
            said: """
                a.rules:4:5: warning: this step is never reached
                        copy
                        ^~~~

                """),
        ErrorCase(
            name: "unshare for ever",
            text: """
                rules a
                on pin(read):
                    unshare
                    take

                """,
            said: """
                a.rules:3:5: error: 'unshare' needs a condition, or the clause starts anew for ever
                        unshare
                        ^~~~~~~

                """),
        ErrorCase(
            name: "two steps on a line",
            text: """
                rules a
                on fork of file:
                    copy when vma.cow share

                """,
            said: """
                a.rules:3:23: error: expected the end of the line; each step begins one
                        copy when vma.cow share
                                          ^~~~~

                """),
    ]
}
