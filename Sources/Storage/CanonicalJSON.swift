// The journal's JSON: keys sorted, no spaces, slashes not escaped; the same bytes that Foundation's
// JSONEncoder writes with `.sortedKeys` and `.withoutEscapingSlashes` (a test compares them), in less than
// half of its time, which every placement waits for. Binary floats are refused: amounts here are exact.

enum CanonicalJSON {
    static func text(of value: some Encodable) throws -> String {
        let root = Node()
        try value.encode(to: NodeEncoder(node: root))
        var bytes: [UInt8] = []
        bytes.reserveCapacity(1_024)
        root.write(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A value under construction. Containers may be filled in any order, so the text is written at the end.
private final class Node {
    enum Content {
        case nothing
        case text(String)
        /// Digits or a word, as they are.
        case bare(String)
        case array([Node])
        case object([(key: String, value: Node)])
    }
    var content = Content.nothing

    init(_ content: Content = .nothing) { self.content = content }

    /// A second value for a key replaces the first.
    func set(_ key: String, _ value: Node) {
        guard case .object(var members) = content else {
            content = .object([(key, value)])
            return
        }
        content = .nothing
        if let index = members.firstIndex(where: { $0.key == key }) {
            members[index].value = value
        } else {
            members.append((key, value))
        }
        content = .object(members)
    }

    func append(_ value: Node) {
        guard case .array(var elements) = content else {
            content = .array([value])
            return
        }
        content = .nothing
        elements.append(value)
        content = .array(elements)
    }

    var count: Int { if case .array(let elements) = content { elements.count } else { 0 } }

    func write(into bytes: inout [UInt8]) {
        switch content {
        case .nothing: bytes.append(contentsOf: "{}".utf8)
        case .text(let text): writeText(text, into: &bytes)
        case .bare(let text): bytes.append(contentsOf: text.utf8)
        case .array(let elements):
            var separator = UInt8(ascii: "[")
            for element in elements {
                bytes.append(separator)
                element.write(into: &bytes)
                separator = UInt8(ascii: ",")
            }
            if elements.isEmpty { bytes.append(separator) }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            var separator = UInt8(ascii: "{")
            for member in members.sorted(by: { $0.key < $1.key }) {
                bytes.append(separator)
                writeText(member.key, into: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.write(into: &bytes)
                separator = UInt8(ascii: ",")
            }
            if members.isEmpty { bytes.append(separator) }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private func writeText(_ text: String, into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x20...: bytes.append(byte)
            case 0x08: bytes.append(contentsOf: #"\b"#.utf8)
            case 0x09: bytes.append(contentsOf: #"\t"#.utf8)
            case 0x0A: bytes.append(contentsOf: #"\n"#.utf8)
            case 0x0C: bytes.append(contentsOf: #"\f"#.utf8)
            case 0x0D: bytes.append(contentsOf: #"\r"#.utf8)
            default:
                bytes.append(contentsOf: (byte < 16 ? #"\u000"# : #"\u00"#).utf8)
                bytes.append(contentsOf: String(byte, radix: 16).utf8)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

private struct NodeEncoder: Encoder {
    let node: Node
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .object = node.content {} else { node.content = .object([]) }
        return KeyedEncodingContainer(Members(node: node))
    }
    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .array = node.content {} else { node.content = .array([]) }
        return Elements(node: node)
    }
    func singleValueContainer() -> any SingleValueEncodingContainer { Single(node: node) }
}

private func leaf<T: Encodable>(_ value: T) throws -> Node {
    let node = Node()
    try value.encode(to: NodeEncoder(node: node))
    return node
}

private func refuse(_ value: some BinaryFloatingPoint) -> EncodingError {
    EncodingError.invalidValue(
        value, .init(codingPath: [], debugDescription: "binary floating point is not journaled"))
}

private struct Members<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: Node
    var codingPath: [any CodingKey] { [] }

    private func bare(_ value: some CustomStringConvertible, _ key: Key) {
        node.set(key.stringValue, Node(.bare(value.description)))
    }
    func encodeNil(forKey key: Key) { bare("null", key) }
    func encode(_ value: Bool, forKey key: Key) { bare(value, key) }
    func encode(_ value: String, forKey key: Key) { node.set(key.stringValue, Node(.text(value))) }
    func encode(_ value: Double, forKey key: Key) throws { throw refuse(value) }
    func encode(_ value: Float, forKey key: Key) throws { throw refuse(value) }
    func encode(_ value: Int, forKey key: Key) { bare(value, key) }
    func encode(_ value: Int8, forKey key: Key) { bare(value, key) }
    func encode(_ value: Int16, forKey key: Key) { bare(value, key) }
    func encode(_ value: Int32, forKey key: Key) { bare(value, key) }
    func encode(_ value: Int64, forKey key: Key) { bare(value, key) }
    func encode(_ value: UInt, forKey key: Key) { bare(value, key) }
    func encode(_ value: UInt8, forKey key: Key) { bare(value, key) }
    func encode(_ value: UInt16, forKey key: Key) { bare(value, key) }
    func encode(_ value: UInt32, forKey key: Key) { bare(value, key) }
    func encode(_ value: UInt64, forKey key: Key) { bare(value, key) }
    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        node.set(key.stringValue, try leaf(value))
    }
    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key)
        -> KeyedEncodingContainer<Nested>
    {
        let child = Node(.object([]))
        node.set(key.stringValue, child)
        return KeyedEncodingContainer(Members<Nested>(node: child))
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        let child = Node(.array([]))
        node.set(key.stringValue, child)
        return Elements(node: child)
    }
    func superEncoder() -> any Encoder { superEncoder("super") }
    func superEncoder(forKey key: Key) -> any Encoder { superEncoder(key.stringValue) }
    private func superEncoder(_ key: String) -> any Encoder {
        let child = Node()
        node.set(key, child)
        return NodeEncoder(node: child)
    }
}

private struct Elements: UnkeyedEncodingContainer {
    let node: Node
    var codingPath: [any CodingKey] { [] }
    var count: Int { node.count }

    private func bare(_ value: some CustomStringConvertible) { node.append(Node(.bare(value.description))) }
    func encodeNil() { bare("null") }
    func encode(_ value: Bool) { bare(value) }
    func encode(_ value: String) { node.append(Node(.text(value))) }
    func encode(_ value: Double) throws { throw refuse(value) }
    func encode(_ value: Float) throws { throw refuse(value) }
    func encode(_ value: Int) { bare(value) }
    func encode(_ value: Int8) { bare(value) }
    func encode(_ value: Int16) { bare(value) }
    func encode(_ value: Int32) { bare(value) }
    func encode(_ value: Int64) { bare(value) }
    func encode(_ value: UInt) { bare(value) }
    func encode(_ value: UInt8) { bare(value) }
    func encode(_ value: UInt16) { bare(value) }
    func encode(_ value: UInt32) { bare(value) }
    func encode(_ value: UInt64) { bare(value) }
    func encode<T: Encodable>(_ value: T) throws { node.append(try leaf(value)) }
    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        let child = Node(.object([]))
        node.append(child)
        return KeyedEncodingContainer(Members<Nested>(node: child))
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        let child = Node(.array([]))
        node.append(child)
        return Elements(node: child)
    }
    func superEncoder() -> any Encoder {
        let child = Node()
        node.append(child)
        return NodeEncoder(node: child)
    }
}

private struct Single: SingleValueEncodingContainer {
    let node: Node
    var codingPath: [any CodingKey] { [] }

    private func bare(_ value: some CustomStringConvertible) { node.content = .bare(value.description) }
    func encodeNil() { bare("null") }
    func encode(_ value: Bool) { bare(value) }
    func encode(_ value: String) { node.content = .text(value) }
    func encode(_ value: Double) throws { throw refuse(value) }
    func encode(_ value: Float) throws { throw refuse(value) }
    func encode(_ value: Int) { bare(value) }
    func encode(_ value: Int8) { bare(value) }
    func encode(_ value: Int16) { bare(value) }
    func encode(_ value: Int32) { bare(value) }
    func encode(_ value: Int64) { bare(value) }
    func encode(_ value: UInt) { bare(value) }
    func encode(_ value: UInt8) { bare(value) }
    func encode(_ value: UInt16) { bare(value) }
    func encode(_ value: UInt32) { bare(value) }
    func encode(_ value: UInt64) { bare(value) }
    func encode<T: Encodable>(_ value: T) throws { try value.encode(to: NodeEncoder(node: node)) }
}
