// JSON that is passed on and not understood, as text again.

extension JSONValue {
    /// The same value always has the same text: no space, members by name, of two with one name the last. Strings and numbers
    /// stay as they were written, so nothing loses a digit. Nil where it is none that every reader takes: a control
    /// character or an unknown escape in a string, bytes that are no UTF-8, a number that begins with 00.
    package var canonicalText: String? {
        var text: [UInt8] = []
        guard write(to: &text) else { return nil }
        return String(validating: text, as: UTF8.self)
    }

    /// As deep as the document's limit at most.
    private func write(to text: inout [UInt8]) -> Bool {
        if isObject {
            text.append(UInt8(ascii: "{"))
            var isFirst = true
            for member in writtenMembers {
                if !isFirst { text.append(UInt8(ascii: ",")) }
                isFirst = false
                guard member.name.write(to: &text) else { return false }
                text.append(UInt8(ascii: ":"))
                guard member.value.write(to: &text) else { return false }
            }
            text.append(UInt8(ascii: "}"))
            return true
        }
        if let elements {
            text.append(UInt8(ascii: "["))
            var isFirst = true
            for element in elements {
                if !isFirst { text.append(UInt8(ascii: ",")) }
                isFirst = false
                guard element.write(to: &text) else { return false }
            }
            text.append(UInt8(ascii: "]"))
            return true
        }
        guard let written = writtenScalar else { return false }
        text += written
        return true
    }

    private var writtenMembers: [(name: JSONValue, value: JSONValue)] {
        var last: [String: (name: JSONValue, value: JSONValue)] = [:]
        for (name, value) in namesAndValues { last[name.text ?? ""] = (name, value) }
        return last.sorted { $0.key < $1.key }.map(\.value)
    }

    /// With its quotes.
    private var writtenScalar: [UInt8]? {
        guard isString else {
            let digits = bytes.drop { $0 == UInt8(ascii: "-") }.prefix { $0 &- 48 < 10 }
            return digits.count > 1 && digits.first == UInt8(ascii: "0") ? nil : Array(bytes)
        }
        var at = bytes.startIndex
        while at < bytes.endIndex {
            guard bytes[at] >= 0x20 else { return nil }
            guard bytes[at] == UInt8(ascii: "\\") else {
                at += 1
                continue
            }
            guard at + 1 < bytes.endIndex else { return nil }
            switch bytes[at + 1] {
            case UInt8(ascii: "u"):
                guard at + 6 <= bytes.endIndex, bytes[at + 2..<at + 6].allSatisfy(Self.isHexadecimal) else {
                    return nil
                }
                at += 6
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
                UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
                at += 2
            default: return nil
            }
        }
        return [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")]
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...70, 97...102: true
        default: false
        }
    }
}
