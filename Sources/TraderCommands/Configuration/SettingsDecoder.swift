// Reads the settings of an author's strategy: what the configuration says of them, and the author's defaults of the rest.
// It notes every key that the author's type asks for, so that the others are known for mistakes.

import Strategies
import TradingDomain
import Yams

/// One setting that cannot be read.
struct SettingProblem: Error {
    /// In the file; nil where nothing stands.
    let line: Int?
    let key: String
    let problem: String
}

/// What was asked for while settings were read.
final class SettingsReading {
    struct Asked {
        /// With all that is around it: `levels.first`.
        let path: String
        let shape: Shape
        let standard: String?
    }

    private(set) var asked: [Asked] = []

    func note(_ path: String, _ shape: Shape, _ standard: String?) {
        guard !asked.contains(where: { $0.path == path }) else { return }
        asked.append(Asked(path: path, shape: shape, standard: standard))
    }

    /// The keys right below `path`, in the order in which they were asked for.
    func keys(below path: String) -> [String] {
        let prefix = path.isEmpty ? "" : path + "."
        return asked.compactMap { asked in
            guard asked.path.hasPrefix(prefix) else { return nil }
            let rest = String(asked.path.dropFirst(prefix.count))
            return rest.contains(".") ? nil : rest
        }
    }
}

struct SettingsDecoder: Decoder {
    /// What the configuration says.
    let written: Node?
    /// The author's default, which counts where nothing is written.
    let standard: Node?
    let path: String
    let reading: SettingsReading

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(written: Node?, standard: Node?, path: String = "", reading: SettingsReading) {
        self.written = written
        self.standard = standard
        self.path = path
        self.reading = reading
    }

    func container<Key>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        if let written, written.mapping == nil { throw problem("must be a table") }
        return KeyedDecodingContainer(SettingsTable<Key>(decoder: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { try SettingsList(self) }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { SettingsScalar(decoder: self) }

    func problem(_ text: String) -> SettingProblem {
        SettingProblem(line: written?.mark?.line, key: path, problem: text)
    }

    var isNull: Bool {
        guard let node = written ?? standard else { return true }
        return node.scalar.map { $0.style == .plain && ["", "~", "null"].contains($0.string) } ?? false
    }

    /// The value that stands here.
    func value<T: Decodable>(_ type: T.Type) throws -> T {
        guard let node = written ?? standard else { throw problem("is missing") }
        if let plain = SettingValue.of(type) {
            if let scalar = node.scalar, let value = plain.parse(scalar.string) as? T { return value }
            // Only a default is written as Swift writes it: a duration as two numbers.
            guard written == nil, type is Duration.Type else {
                throw problem(
                    node.scalar.map { ConfigurationLoader.refusal($0.string, plain.shape) }
                        ?? "must be one value: \(plain.shape.words)")
            }
        }
        do {
            return try T(from: self)
        } catch let problem as SettingProblem {
            throw problem
        } catch let error as DecodingError {
            throw problem(BacktestReport.words(error))
        } catch {
            throw problem("\(error)")
        }
    }

    /// The default as the configuration would say it.
    func standardText<T>(_ type: T.Type) -> String? {
        guard let standard else { return nil }
        let decoder = SettingsDecoder(written: nil, standard: standard, reading: SettingsReading())
        if type is Duration.Type { return (try? Duration(from: decoder)).map { Values.text($0) } }
        return decoder.isNull ? nil : standard.scalar?.string
    }

    /// Of a type that is made of others.
    var composedShape: Shape {
        switch standard ?? written {
        case .sequence?: .plain("a list", types: ["array"])
        case .mapping?: .plain("a table", types: ["object"])
        default: .plain("a value", types: ["string", "number", "boolean", "array", "object", "null"])
        }
    }
}

extension Node {
    fileprivate func value(of key: String) -> Node? { mapping?.first { $0.key.string == key }?.value }
}

/// A table: one key for each property.
private struct SettingsTable<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: SettingsDecoder
    var codingPath: [any CodingKey] { [] }

    var allKeys: [Key] {
        (decoder.written ?? decoder.standard)?.mapping?.compactMap {
            $0.key.string.flatMap { Key(stringValue: $0) }
        }
            ?? []
    }

    private func child(_ key: Key) -> SettingsDecoder {
        let name = SettingName.key(key.stringValue)
        return SettingsDecoder(
            written: decoder.written?.value(of: name),
            standard: decoder.standard?.value(of: key.stringValue),
            path: decoder.path.isEmpty ? name : "\(decoder.path).\(name)", reading: decoder.reading)
    }

    private func note<T>(_ type: T.Type, _ child: SettingsDecoder) {
        child.reading.note(
            child.path, SettingValue.of(type)?.shape ?? child.composedShape, child.standardText(type))
    }

    func contains(_ key: Key) -> Bool {
        let child = child(key)
        return child.written != nil || child.standard != nil
    }

    func decodeNil(forKey key: Key) -> Bool { child(key).isNull }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        let child = child(key)
        note(type, child)
        return try child.value(type)
    }

    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        let child = child(key)
        note(type, child)
        return child.isNull ? nil : try child.value(type)
    }

    func nestedContainer<Nested>(keyedBy type: Nested.Type, forKey key: Key) throws
        -> KeyedDecodingContainer<Nested>
    {
        let child = child(key)
        note(Nested.self, child)
        return try child.container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        let child = child(key)
        note(Key.self, child)
        return try child.unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { decoder }
    func superDecoder(forKey key: Key) throws -> any Decoder { child(key) }
}

/// A list; the whole of it is the author's default or the configuration's.
private struct SettingsList: UnkeyedDecodingContainer {
    let decoder: SettingsDecoder
    private let nodes: [Node]
    private(set) var currentIndex = 0
    var codingPath: [any CodingKey] { [] }
    var count: Int? { nodes.count }
    var isAtEnd: Bool { currentIndex >= nodes.count }

    init(_ decoder: SettingsDecoder) throws {
        guard let sequence = (decoder.written ?? decoder.standard)?.sequence else {
            throw decoder.problem("must be a list")
        }
        self.decoder = decoder
        nodes = Array(sequence)
    }

    private func current() throws -> SettingsDecoder {
        guard !isAtEnd else { throw decoder.problem("has too few values") }
        let node = nodes[currentIndex]
        return SettingsDecoder(
            written: decoder.written == nil ? nil : node, standard: decoder.written == nil ? node : nil,
            path: "\(decoder.path)[\(currentIndex)]", reading: decoder.reading)
    }

    mutating func decodeNil() throws -> Bool {
        guard try current().isNull else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        let value = try current().value(type)
        currentIndex += 1
        return value
    }

    mutating func nestedContainer<Nested>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested>
    {
        let container = try current().container(keyedBy: type)
        currentIndex += 1
        return container
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let container = try current().unkeyedContainer()
        currentIndex += 1
        return container
    }

    mutating func superDecoder() throws -> any Decoder { try current() }
}

/// One value.
private struct SettingsScalar: SingleValueDecodingContainer {
    let decoder: SettingsDecoder
    var codingPath: [any CodingKey] { [] }
    func decodeNil() -> Bool { decoder.isNull }
    func decode<T: Decodable>(_ type: T.Type) throws -> T { try decoder.value(type) }
}
