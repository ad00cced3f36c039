// The query of a request: names with values, in order, a name as often as it came. What nobody asks for is
// ignored, as the venue does.

struct Query {
    private var items: [(name: String, value: String)] = []
    let text: String

    init(_ text: Substring) {
        self.text = String(text)
        guard !text.isEmpty else { return }
        for part in text.split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = pair.count > 1 ? Self.decoded(pair[1]) : ""
            items.append((Self.decoded(pair[0]), value))
        }
    }

    var names: [String] { items.map(\.name) }

    subscript(_ name: String) -> String? { items.first { $0.name == name }?.value }

    /// All values of a repeated name. `name[]` counts as well, and a comma never separates.
    func all(_ name: String) -> [String] {
        items.filter { $0.name == name || $0.name == name + "[]" }.map(\.value)
    }

    /// A number; nil when it is absent or none.
    func integer(_ name: String) -> Int? { self[name].flatMap { Int($0) } }

    /// Also as Python writes it.
    func flag(_ name: String) -> Bool { self[name]?.lowercased() == "true" }

    private static func decoded(_ text: Substring) -> String {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
            return String(text)
        }
        var bytes: [UInt8] = []
        var source = text.utf8.makeIterator()
        while let byte = source.next() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let first = source.next(), let second = source.next(),
                    let high = digit(first), let low = digit(second)
                else { return String(decoding: bytes, as: UTF8.self) }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
