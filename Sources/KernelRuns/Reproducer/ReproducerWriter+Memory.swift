import TestLanguage

/// Memory as pointers, where a test does no more with it than the processor, a few system calls and references do.
extension ReproducerWriter {
    /// The mappings, as pointers to where they are in every process; empty where they have to be looked up.
    var pointers: String {
        guard traits.usesPointers, !test.mappings.isEmpty else { return "" }
        let rows = test.mappings.map { mapping in
            let address = String(0x1000_0000_0000 + mapping.index << 26, radix: 16)
            return
                "static volatile uint16_t *const \(names.mappings[mapping.index]) = (uint16_t *)0x\(address);\n"
        }
        return "/* Where the memory of the test is. What is stored there is 16 bits wide. */\n"
            + rows.joined()
    }

    /// The C of a statement.
    func lines(of statement: Statement, step: Int, actor: ResolvedTest.Actor) -> [String] {
        var plain = statements.lines(of: statement, step: step, actor: actor)
        if traits.usesOnePagePipes, case .reference(let interface, _) = statement.kind,
            Means.means(for: interface).means == .pipe
        {
            plain = plain.map { $0.replacing(", false, 1)", with: ")") }
        }
        guard traits.usesPointers else { return plain }
        let register = statement.result.flatMap { test.register(named: $0.text, of: actor.index) }
        func call(_ function: String, _ address: Address, _ more: String = "") -> [String] {
            let call = "\(function)((void *)\(pointer(address)), \(bytes(address))\(more))"
            return [register.map { "keep(\(names.registers[$0.index]), status_of(\(call)));" } ?? "\(call);"]
        }
        switch statement.kind {
        case .store(let location, let value):
            return isWhole(location.address)
                ? [
                    "for (int page = 0; page < \(count(location.address)); page++)",
                    "    \(word(location, page: "page")) = \(value);",
                ]
                : ["\(word(location)) = \(value);"]
        case .load(let location):
            guard let register else { return plain }
            return ["keep(\(names.registers[register.index]), \(word(location)));"]
        case .munmap(let address): return call("munmap", address)
        case .mprotect(let address, let protection):
            return call("mprotect", address, ", \(protection.constant)")
        case .mlock(let address): return call("mlock", address)
        case .madvise(let address, let advice): return call("madvise", address, ", \(advice.rawValue)")
        case .reference(_, let address):
            let old = "range_of(\(statements.place(of: address)))"
            return plain.map { $0.replacing(old, with: "range_at(\(pointer(address)), \(count(address)))") }
        default: return plain
        }
    }

    // MARK: Places

    /// A word as C: `*x`, `x[1 * WORD]`, `a[2 * PAGE + 1 * WORD]`.
    func word(_ location: Location, page: String? = nil) -> String {
        let name = statements.mappingName(location.address.mapping)
        let number = page ?? location.address.page.map(String.init) ?? "0"
        let parts = [
            number == "0" ? nil : "\(number) * PAGE", location.word == 0 ? nil : "\(location.word) * WORD",
        ].compactMap(\.self)
        return parts.isEmpty ? "*\(name)" : "\(name)[\(parts.joined(separator: " + "))]"
    }

    private func pointer(_ address: Address) -> String {
        let name = statements.mappingName(address.mapping)
        guard let page = address.page, page > 0 else { return name }
        return "\(name) + \(page) * PAGE"
    }

    private func isWhole(_ address: Address) -> Bool { address.page == nil && count(address) > 1 }

    private func count(_ address: Address) -> Int {
        address.page == nil ? test.mapping(named: address.mapping.text)?.pages ?? 1 : 1
    }

    private func bytes(_ address: Address) -> String {
        count(address) == 1 ? "PAGE_BYTES" : "\(count(address)) * PAGE_BYTES"
    }

    // MARK: The beginning

    /// Maps and writes what is there at the start, where that can be said in a few calls.
    var memory: String {
        guard traits.mapsPlainly, !test.mappings.isEmpty else { return "" }
        let maps = test.mappings.map { mapping -> String in
            let declaration = mapping.declaration
            let protection = declaration.readonly ? "PROT_READ" : "PROT_READ | PROT_WRITE"
            let sharing = declaration.sharing == .shared ? "MAP_SHARED" : "MAP_PRIVATE"
            let backing = mapping.file == nil ? " | MAP_ANONYMOUS" : ""
            let file = mapping.file.map { "FILE_DESCRIPTORS + \(names.files[$0])" } ?? "-1"
            let bytes = mapping.pages == 1 ? "PAGE_BYTES" : "\(mapping.pages) * PAGE_BYTES"
            let name = names.mappings[mapping.index]
            let place = traits.usesPointers ? "(void *)\(name)" : "(void *)address_of_mapping(self, \(name))"
            return """
                    /* \(statements.commentable("\(declaration)")) */
                    map_memory(\(place), \(bytes), \(protection), \(sharing)\(backing), \(file));

                """
        }
        let writes = test.mappings.compactMap { mapping -> String? in
            mapping.declaration.value.map { write(Int($0), to: mapping) }
        }
        return "/* The memory that is there when the test begins. */\nstatic void prepare_memory(void) {\n"
            + maps.joined() + writes.joined() + "}\n\n"
    }

    private func write(_ value: Int, to mapping: ResolvedTest.Mapping) -> String {
        let name = names.mappings[mapping.index]
        if mapping.pages == 1 {
            return traits.usesPointers
                ? "    *\(name) = \(value);\n" : "    store(\(name), 0, 0, \(value));\n"
        }
        let statement =
            traits.usesPointers ? "\(name)[page * PAGE] = \(value)" : "store(\(name), page, 0, \(value))"
        return "    for (int page = 0; page < \(mapping.pages); page++) \(statement);\n"
    }
}
