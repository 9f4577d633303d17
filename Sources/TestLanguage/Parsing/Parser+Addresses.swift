import Diagnostics

extension Parser {
    /// `x`, `a[2]`
    mutating func address() throws(Failure) -> Address {
        if isSymbol(.star), token(ahead: 1).kind == .word {
            let name = shown(token(ahead: 1))
            throw fail(
                "expected an address, not what is stored there",
                at: token.span.joined(with: token(ahead: 1).span), help: "write '\(name)', without the '*'")
        }
        let start = token.span.start
        let mapping = try name("an address")
        let page = try page()
        return Address(mapping, page: page, at: place(from: start))
    }

    /// `x`, `x.1`, `a[2].3`
    mutating func location() throws(Failure) -> Location {
        let start = token.span.start
        let address = try address()
        return Location(address, word: try wordOfPage(), at: place(from: start))
    }

    /// `P:x`
    mutating func processAddress() throws(Failure) -> ProcessAddress {
        let start = token.span.start
        let process = try name("'PROCESS:ADDRESS'")
        try expect(.colon, help: "say whose page it is: 'PROCESS:\(process.text)'")
        return ProcessAddress(process, try address(), at: place(from: start))
    }

    /// `x`, `P:x`
    mutating func doingAddress() throws(Failure) -> DoingAddress {
        let start = token.span.start
        guard token.kind == .word, isSymbol(.colon, ahead: 1) else {
            return DoingAddress(try address(), at: place(from: start))
        }
        let process = try name("a process")
        advance()
        return DoingAddress(try address(), of: process, at: place(from: start))
    }

    /// `b`, `b.2`, `b[1].2`
    mutating func handleLocation() throws(Failure) -> HandleLocation {
        let start = token.span.start
        let handle = try name("the name of a reference")
        let page = try page()
        return HandleLocation(handle, page: page, word: try wordOfPage(), at: place(from: start))
    }

    /// `F`, `F[1]`, `F[1].2`
    mutating func fileLocation() throws(Failure) -> FileLocation {
        let start = token.span.start
        let file = try name("a file")
        let page = try page()
        return FileLocation(file, page: page, word: try wordOfPage(), at: place(from: start))
    }

    private mutating func page() throws(Failure) -> Int? {
        guard !token.startsLine, take(.openSquare) else { return nil }
        let page = try number("a page", 0...Limits.pages - 1)
        try expect(.closeSquare)
        return page
    }

    private mutating func wordOfPage() throws(Failure) -> Int {
        guard !token.startsLine, take(.dot) else { return 0 }
        return try number("a word of the page", 0...Limits.words - 1)
    }
}
