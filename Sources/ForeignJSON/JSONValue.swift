// One value of a JSON document, and how the venue's loose typing is read: a number may come as a string, a string
// as a number, a flag as "true", nothing as null, "" or not at all.

import TradingDomain

package struct JSONValue: Sendable {
    let document: JSONDocument
    let index: Int

    private var node: JSONDocument.Node { document.nodes[index] }

    package var isNull: Bool { node.kind == .null }
    package var isObject: Bool { node.kind == .object }
    package var isArray: Bool { node.kind == .array }
    var isString: Bool { node.kind == .string || node.kind == .escapedString }

    /// The value of this name in an object; nil where there is none or it is null. The last one counts where a
    /// name stands twice.
    package subscript(_ name: StaticString) -> JSONValue? {
        guard let value = find(name), !value.isNull else { return nil }
        return value
    }

    /// Whether an object has this name at all, be it null.
    package func has(_ name: StaticString) -> Bool { find(name) != nil }

    private func find(_ name: StaticString) -> JSONValue? {
        guard isObject else { return nil }
        var found: Int?
        var at = index + 1
        let end = Int(node.next)
        while at < end {
            if isName(at, name) { found = at + 1 }
            at = Int(document.nodes[at + 1].next)
        }
        return found.map { JSONValue(document: document, index: $0) }
    }

    private func isName(_ at: Int, _ name: StaticString) -> Bool {
        let node = document.nodes[at]
        let start = Int(node.start)
        let count = Int(node.end) - start
        guard node.kind == .string else {
            // Nobody escapes a name without need; it still is the same name.
            return JSONValue(document: document, index: at).text == "\(name)"
        }
        guard count == name.utf8CodeUnitCount else { return false }
        for offset in 0..<count where document.bytes[start + offset] != name.utf8Start[offset] {
            return false
        }
        return true
    }

    /// The names and values of an object, in its order.
    package var members: [(name: String, value: JSONValue)] {
        namesAndValues.map { ($0.name.text ?? "", $0.value) }
    }

    var namesAndValues: [(name: JSONValue, value: JSONValue)] {
        guard isObject else { return [] }
        var members: [(name: JSONValue, value: JSONValue)] = []
        var at = index + 1
        let end = Int(node.next)
        while at < end {
            members.append(
                (JSONValue(document: document, index: at), JSONValue(document: document, index: at + 1)))
            at = Int(document.nodes[at + 1].next)
        }
        return members
    }

    /// The elements of an array; nil if it is none.
    package var elements: [JSONValue]? {
        guard isArray else { return nil }
        var elements: [JSONValue] = []
        var at = index + 1
        let end = Int(node.next)
        while at < end {
            elements.append(JSONValue(document: document, index: at))
            at = Int(document.nodes[at].next)
        }
        return elements
    }

    /// A string, or a number or flag as it is printed.
    package var text: String? {
        switch node.kind {
        case .string, .number: String(decoding: bytes, as: UTF8.self)
        case .escapedString: unescaped(bytes)
        case .yes: "true"
        case .no: "false"
        case .null, .array, .object: nil
        }
    }

    /// A string that says something; nil for anything else and for "".
    package var wording: String? { text.flatMap { $0.isEmpty ? nil : $0 } }

    package var flag: Bool? {
        switch node.kind {
        case .yes: true
        case .no: false
        case .string:
            switch String(decoding: bytes, as: UTF8.self) {
            case "true", "True", "TRUE": true
            case "false", "False", "FALSE": false
            default: nil
            }
        default: nil
        }
    }

    package var integer: Int64? {
        guard node.kind == .string || node.kind == .number, bytes.count <= 20 else { return nil }
        return Int64(String(decoding: bytes, as: UTF8.self))
    }

    /// An exact decimal; nil where it is none or does not fit. (Inlinable, so that it is specialized where it is called.)
    @inlinable package func decimal<Number: ExactDecimal>(as type: Number.Type = Number.self) -> Number? {
        guard let text = decimalText else { return nil }
        return Number(text) ?? plainDecimal(text).flatMap { Number($0) }
    }

    @usableFromInline var decimalText: String? {
        guard node.kind == .string || node.kind == .number, bytes.count <= 80 else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Of a scalar, as it was written; of a string without its quotes.
    var bytes: ArraySlice<UInt8> { document.bytes[Int(node.start)..<Int(node.end)] }
}

/// `1.5e-7` written without its exponent; nil if there is none or it is out of any reason.
@usableFromInline func plainDecimal(_ text: String) -> String? {
    let parts = text.split(omittingEmptySubsequences: false) { $0 == "e" || $0 == "E" }
    guard parts.count == 2, let exponent = Int(parts[1]), (-60...60).contains(exponent) else { return nil }
    let isNegative = parts[0].hasPrefix("-")
    let mantissa = isNegative ? parts[0].dropFirst() : parts[0]
    let halves = mantissa.split(separator: ".", omittingEmptySubsequences: false)
    guard halves.count <= 2, let whole = halves.first, !whole.isEmpty else { return nil }
    var digits = String(whole) + (halves.count == 2 ? String(halves[1]) : "")
    guard digits.utf8.allSatisfy({ $0 &- 48 < 10 }) else { return nil }
    var point = whole.utf8.count + exponent
    if point <= 0 {
        digits = String(repeating: "0", count: 1 - point) + digits
        point = 1
    }
    if point > digits.utf8.count { digits += String(repeating: "0", count: point - digits.utf8.count) }
    let before = digits.prefix(point)
    let after = digits.dropFirst(point)
    return (isNegative ? "-" : "") + before + (after.isEmpty ? "" : "." + after)
}

/// A string with its escapes resolved. Half a surrogate pair and an unknown escape become U+FFFD.
private func unescaped(_ bytes: ArraySlice<UInt8>) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var at = bytes.startIndex
    func unit(_ from: Int) -> UInt32? {
        guard from + 4 <= bytes.endIndex else { return nil }
        var value: UInt32 = 0
        for byte in bytes[from..<from + 4] {
            switch byte {
            case 48...57: value = value << 4 | UInt32(byte - 48)
            case 65...70: value = value << 4 | UInt32(byte - 55)
            case 97...102: value = value << 4 | UInt32(byte - 87)
            default: return nil
            }
        }
        return value
    }
    func add(_ value: UInt32) {
        let scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
        result.append(contentsOf: Array(String(Character(scalar)).utf8))
    }
    while at < bytes.endIndex {
        guard bytes[at] == UInt8(ascii: "\\"), at + 1 < bytes.endIndex else {
            result.append(bytes[at])
            at += 1
            continue
        }
        let mark = bytes[at + 1]
        at += 2
        switch mark {
        case UInt8(ascii: "n"): result.append(0x0A)
        case UInt8(ascii: "r"): result.append(0x0D)
        case UInt8(ascii: "t"): result.append(0x09)
        case UInt8(ascii: "b"): result.append(0x08)
        case UInt8(ascii: "f"): result.append(0x0C)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(mark)
        case UInt8(ascii: "u"):
            guard let first = unit(at) else {
                add(0xFFFD)
                continue
            }
            at += 4
            if (0xD800..<0xDC00).contains(first), at + 1 < bytes.endIndex, bytes[at] == UInt8(ascii: "\\"),
                bytes[at + 1] == UInt8(ascii: "u"), let second = unit(at + 2),
                (0xDC00..<0xE000).contains(second)
            {
                add(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
                at += 6
            } else {
                add(first)
            }
        default: add(0xFFFD)
        }
    }
    return String(decoding: result, as: UTF8.self)
}
