import Diagnostics

/// A test that makes sense, with tables of everything that has a name in it. An index of a table stays the same for
/// as long as the text does: tables are in the order of the text.
public struct ResolvedTest: Sendable {
    /// The test as written.
    public let test: LitmusTest
    /// Processes and threads, 1 to 26. The first is the test's first process.
    public internal(set) var actors: [Actor] = []
    /// Mappings, those that are there at the start and those that statements make.
    public internal(set) var mappings: [Mapping] = []
    /// Files and memfds.
    public internal(set) var files: [File] = []
    /// References that have a name.
    public internal(set) var handles: [Handle] = []
    /// Registers; those of references, too, for they may hold an error.
    public internal(set) var registers: [Register] = []
    /// Events that are signalled.
    public internal(set) var events: [Event] = []
    /// What is probably not what was meant.
    public internal(set) var warnings: [Diagnostic] = []
    /// References by the process that says the name, and the name.
    var handlesInUse: [HandleUse: Int] = [:]

    struct HandleUse: Hashable {
        let process: Int
        let name: String
    }

    /// A process or a thread.
    public struct Actor: Sendable {
        /// Its place in `actors`.
        public let index: Int
        /// Its name, which nothing else in `actors` has.
        public let name: Name
        /// How it begins.
        public let kind: ActorKind
        /// The actor that begins it; nil for one that starts with the test.
        public let parent: Int?
        /// The process that it belongs to: for a thread the actor that the process began with, else itself.
        public let process: Int
        /// The process whose memory it begins with: of a vfork's child that of its parent.
        public let memory: Int
        /// What it does.
        public let block: Block
    }

    /// How an actor begins.
    public enum ActorKind: Sendable, Hashable {
        /// With the test.
        case process
        /// By fork.
        case fork
        /// By vfork.
        case vfork
        /// As a thread of a process.
        case thread
    }

    /// A mapping.
    public struct Mapping: Sendable {
        /// Its place in `mappings`.
        public let index: Int
        /// How it was declared.
        public let declaration: MapDeclaration
        /// The actor whose statement maps it; nil where the first process has it at the start.
        public let actor: Int?
        /// The file behind it, in `files`.
        public let file: Int?

        /// Its name.
        public var name: Name { declaration.name }
        /// Its base pages.
        public var pages: Int { declaration.pages }
    }

    /// A file or a memfd.
    public struct File: Sendable {
        /// Its place in `files`.
        public let index: Int
        /// How it was declared.
        public let declaration: FileDeclaration

        /// Its name.
        public var name: Name { declaration.name }
        /// Its pages.
        public var pages: Int { declaration.pages }
    }

    /// A reference that has a name.
    public struct Handle: Sendable {
        /// Its place in `handles`.
        public let index: Int
        /// Its name in the process that makes it, in those that inherit it, and in those that it is sent to.
        public let name: Name
        /// The actor that makes it.
        public let actor: Int
        /// The process of that actor.
        public let process: Int
        /// The call that makes it; nil for `udmabuf`.
        public let interface: Interface?
        /// The pages that it refers to.
        public let pages: Int
        /// The pages as the text has them; nil where it has none.
        let countWritten: Int?
    }

    /// A register: what a name holds in the end.
    public struct Register: Sendable {
        /// Its place in `registers`.
        public let index: Int
        /// The actor that writes it.
        public let actor: Int
        /// Its name within the actor.
        public let name: Name
        /// What it holds.
        public let kind: RegisterKind
    }

    /// What a register holds.
    public enum RegisterKind: Sendable, Hashable {
        /// A word, 0 to 65535; or a negative errno.
        case value
        /// 0, or a negative errno.
        case status
        /// As `status`; the name is also that of a reference.
        case reference
        /// A frame, the zero page, or 0 where nothing is mapped.
        case frame
        /// 0 or 1.
        case flag
        /// A count of references or mappings.
        case count
    }

    /// An event.
    public struct Event: Sendable {
        /// Its place in `events`.
        public let index: Int
        /// Its name.
        public let name: Name
        /// The actor that signals it.
        public let actor: Int
    }
}

extension ResolvedTest {
    /// The actor of a name.
    public func actor(named name: String) -> Actor? {
        actors.first { $0.name.text == name }
    }

    /// The mapping of a name.
    public func mapping(named name: String) -> Mapping? {
        mappings.first { $0.name.text == name }
    }

    /// The file or memfd of a name.
    public func file(named name: String) -> File? {
        files.first { $0.name.text == name }
    }

    /// The event of a name.
    public func event(named name: String) -> Event? {
        events.first { $0.name.text == name }
    }

    /// The register that an actor writes under a name.
    public func register(named name: String, of actor: Int) -> Register? {
        registers.first { $0.actor == actor && $0.name.text == name }
    }

    /// The reference that an actor means by a name: made in its process, inherited by it, or sent to it; or else one
    /// of another process, which gives -EBADF.
    public func handle(named name: String, saidBy actor: Int) -> Handle? {
        handlesInUse[HandleUse(process: actors[actor].process, name: name)].map { handles[$0] }
    }

    /// The reference that `coherent(b)` or `coherent(P:b)` is about.
    public func handle(named name: Name, of process: Name?) -> Handle? {
        guard let process else { return handles.first { $0.name.text == name.text } }
        return actor(named: process.text).flatMap { handle(named: name.text, saidBy: $0.index) }
    }

    /// A register as conditions and outcomes name it: `P:r`.
    public func title(of register: Register) -> String {
        actors[register.actor].name.text + ":" + register.name.text
    }

    /// What is expected of a rule set; nil where nothing is.
    public func expectation(of ruleSet: String) -> Expectation? {
        test.expectations.first { $0.ruleSets.contains { $0.text == ruleSet } }
    }
}
