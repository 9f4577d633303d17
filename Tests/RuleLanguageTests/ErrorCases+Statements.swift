extension ErrorCase {
    static let all = statements + clauses

    static let statements: [ErrorCase] = [
        ErrorCase(
            name: "empty file",
            text: "",
            said: """
                a.rules:1:1: error: expected 'rules NAME' before everything else
                   \u{20}
                    ^

                """),
        ErrorCase(
            name: "no heading",
            text: """
                mechanism page_lock try

                """,
            said: """
                a.rules:1:1: error: expected 'rules NAME' before everything else
                    mechanism page_lock try
                    ^~~~~~~~~

                """),
        ErrorCase(
            name: "no name",
            text: """
                rules
                "A sentence."

                """,
            said: """
                a.rules:1:6: error: expected the name of the rule set
                    rules
                         ^

                """),
        ErrorCase(
            name: "two sets",
            text: """
                rules a
                rules b

                """,
            said: """
                a.rules:2:1: error: a file has one rule set
                    rules b
                    ^~~~~

                """),
        ErrorCase(
            name: "rest of the heading",
            text: """
                rules a extend b

                """,
            said: """
                a.rules:1:9: error: expected 'extends' or the end of the line
                    rules a extend b
                            ^~~~~~

                """),
        ErrorCase(
            name: "misspelt statement",
            text: """
                rules a
                mechansim page_lock try

                """,
            said: """
                a.rules:2:1: error: a line cannot begin with 'mechansim'
                    mechansim page_lock try
                    ^~~~~~~~~
                    help: did you mean 'mechanism'?

                """),
        ErrorCase(
            name: "unknown mechanism",
            text: """
                rules a
                mechanism page_lok try

                """,
            said: """
                a.rules:2:11: error: unknown mechanism 'page_lok'
                    mechanism page_lok try
                              ^~~~~~~~
                    help: did you mean 'page_lock'?

                """),
        ErrorCase(
            name: "unknown value",
            text: """
                rules a
                mechanism page_lock tyr

                """,
            said: """
                a.rules:2:21: error: 'tyr' is no value of 'page_lock'; expected 'try' or 'wait'
                    mechanism page_lock tyr
                                        ^~~
                    help: did you mean 'try'?

                """),
        ErrorCase(
            name: "value missing",
            text: """
                rules a
                mechanism has_pinned
                mechanism page_lock try

                """,
            said: """
                a.rules:2:21: error: expected the value of 'has_pinned': 'none', 'flag', 'count' or 'vma'
                    mechanism has_pinned
                                        ^

                """),
        ErrorCase(
            name: "mechanism twice",
            text: """
                rules a
                mechanism page_lock try
                mechanism page_lock wait

                """,
            said: """
                a.rules:3:11: error: 'page_lock' has a value already
                    mechanism page_lock wait
                              ^~~~~~~~~
                a.rules:2:1: note: it is set here
                    mechanism page_lock try
                    ^~~~~~~~~~~~~~~~~~~~~~~

                """),
        ErrorCase(
            name: "no kernel",
            text: """
                rules a
                kernels 5.x

                """,
            said: """
                a.rules:2:9: error: '5.x' is no version of a kernel; expected something like '5.10'
                    kernels 5.x
                            ^~~

                """),
        ErrorCase(
            name: "empty range",
            text: """
                rules a
                kernels 5.10 ..< 5.9

                """,
            said: """
                a.rules:2:18: error: the range is empty: 5.9 is not after 5.10
                    kernels 5.10 ..< 5.9
                                     ^~~

                """),
        ErrorCase(
            name: "Debian's patch level",
            text: """
                rules a
                kernels debian 5.10.3

                """,
            said: """
                a.rules:2:16: error: Debian packages a series: two numbers, as in 'debian 5.10'
                    kernels debian 5.10.3
                                   ^~~~~~

                """),
        ErrorCase(
            name: "no commit",
            text: """
                rules a
                change 123 "mm: subject"

                """,
            said: """
                a.rules:2:8: error: expected the hash of a commit: 7 to 40 digits, 0 to 9 and a to f
                    change 123 "mm: subject"
                           ^~~

                """),
        ErrorCase(
            name: "string not closed",
            text: """
                rules a
                change 1234567 "mm: subject

                """,
            said: """
                a.rules:2:16: error: a string must end on its line, with '"'
                    change 1234567 "mm: subject
                                   ^~~~~~~~~~~~

                """),
        ErrorCase(
            name: "no date",
            text: """
                rules a
                argued "subject", January

                """,
            said: """
                a.rules:2:19: error: expected a date, as in '2021-01-09', or a month, as in '2021-01'
                    argued "subject", January
                                      ^~~~~~~

                """),
        ErrorCase(
            name: "date missing",
            text: """
                rules a
                argued "subject"

                """,
            said: """
                a.rules:2:17: error: expected ',' and the date of the message
                    argued "subject"
                                    ^

                """),
        ErrorCase(
            name: "unknown interface",
            text: """
                rules a
                interface vmslice get(read)

                """,
            said: """
                a.rules:2:11: error: unknown interface 'vmslice'
                    interface vmslice get(read)
                              ^~~~~~~
                    help: did you mean 'vmsplice'?

                """),
        ErrorCase(
            name: "unknown request",
            text: """
                rules a
                interface vmsplice take(read)

                """,
            said: """
                a.rules:2:20: error: expected 'pin' or 'get', not 'take'
                    interface vmsplice take(read)
                                       ^~~~

                """),
        ErrorCase(
            name: "unknown flag",
            text: """
                rules a
                interface vfio_map pin(read | write, longtrem)

                """,
            said: """
                a.rules:2:38: error: unknown flag 'longtrem'
                    interface vfio_map pin(read | write, longtrem)
                                                         ^~~~~~~~
                    help: did you mean 'longterm'?

                """),
        ErrorCase(
            name: "access of a request",
            text: """
                rules a
                interface vfio_map pin(longterm)

                """,
            said: """
                a.rules:2:24: error: expected 'read', 'write' or 'read | write' first, not 'longterm'
                    interface vfio_map pin(longterm)
                                           ^~~~~~~~

                """),
        ErrorCase(
            name: "several mistakes",
            text: """
                rules a
                mechanism page_lok try
                on fork of file: shar
                on swap_in:
                    map(writeable) when fault.write
                    map when page_count
                    map
                interface vmsplice get(read

                """,
            said: """
                a.rules:2:11: error: unknown mechanism 'page_lok'
                    mechanism page_lok try
                              ^~~~~~~~
                    help: did you mean 'page_lock'?
                a.rules:3:18: error: expected a choice or an action of 'fork of file', not 'shar'
                    on fork of file: shar
                                     ^~~~
                    help: did you mean 'share'?
                a.rules:5:5: error: expected a choice or an action of 'swap_in', not 'map(writeable)'
                        map(writeable) when fault.write
                        ^~~~~~~~~~~~~~
                    help: did you mean 'map(writable)'?
                a.rules:6:14: error: 'page_count' is a number; compare it, as in 'page_count == 1'
                        map when page_count
                                 ^~~~~~~~~~
                a.rules:8:28: error: expected ')' at the end of the request
                    interface vmsplice get(read
                                               ^

                """),
        ErrorCase(
            name: "bytes that are no text",
            text: """
                rules a
                \u{1}\u{2} @ §

                """,
            said: """
                a.rules:2:1: error: '\u{FFFD}\u{FFFD}' means nothing in a rule set
                    \u{FFFD}\u{FFFD} @ §
                    ^~
                a.rules:2:4: error: '@' means nothing in a rule set
                    \u{FFFD}\u{FFFD} @ §
                       ^
                a.rules:2:6: error: '§' means nothing in a rule set
                    \u{FFFD}\u{FFFD} @ §
                         ^

                """),
    ]
}
