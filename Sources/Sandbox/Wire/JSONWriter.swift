import TradingDomain

// Writes JSON straight into bytes, in the order of the calls; what the venue sends all day goes through it.
// It never checks that a name is used once, and never reads.

struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    init(capacity: Int = 512) { bytes.reserveCapacity(capacity) }

    // MARK: Containers

    mutating func object(_ body: (inout JSONWriter) -> Void) {
        open(UInt8(ascii: "{"))
        body(&self)
        close(UInt8(ascii: "}"))
    }

    mutating func array(_ body: (inout JSONWriter) -> Void) {
        open(UInt8(ascii: "["))
        body(&self)
        close(UInt8(ascii: "]"))
    }

    mutating func object(_ name: StaticString, _ body: (inout JSONWriter) -> Void) {
        key(name)
        object(body)
    }

    mutating func array(_ name: StaticString, _ body: (inout JSONWriter) -> Void) {
        key(name)
        array(body)
    }

    // MARK: Members

    mutating func field(_ name: StaticString, _ value: String) {
        key(name)
        string(value)
    }
    mutating func field(_ name: StaticString, constant value: StaticString) {
        key(name)
        quoted(value)
    }
    mutating func field(_ name: StaticString, _ value: Bool) {
        key(name)
        raw(value ? "true" : "false")
        needsComma = true
    }
    mutating func field(_ name: StaticString, _ value: some ExactDecimal) {
        key(name)
        decimal(value)
    }
    mutating func field(_ name: StaticString, _ value: UTCInstant) {
        key(name)
        time(value)
    }
    mutating func number(_ name: StaticString, _ value: some BinaryInteger) {
        key(name)
        number(value)
    }
    /// A number in a string.
    mutating func number(_ name: StaticString, text value: some BinaryInteger) {
        key(name)
        string(String(value))
    }
    /// A decimal as a JSON number.
    mutating func number(_ name: StaticString, decimal value: some ExactDecimal) {
        key(name)
        bytes.append(contentsOf: value.description.utf8)
        needsComma = true
    }
    mutating func null(_ name: StaticString) {
        key(name)
        raw("null")
        needsComma = true
    }
    /// JSON that somebody else wrote.
    mutating func field(_ name: StaticString, json: [UInt8]) {
        key(name)
        element(json: json)
    }

    mutating func field(named name: String, _ value: String) {
        comma()
        escaped(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
        string(value)
    }
    mutating func key(named name: String, _ value: (inout JSONWriter) -> Void) {
        comma()
        escaped(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
        value(&self)
    }
    mutating func array(named name: String, _ body: (inout JSONWriter) -> Void) {
        comma()
        escaped(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
        array(body)
    }

    // MARK: Elements

    mutating func string(_ value: String) {
        comma()
        escaped(value)
    }

    mutating func quoted(_ value: StaticString) {
        comma()
        bytes.append(UInt8(ascii: "\""))
        raw(value)
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func number(_ value: some BinaryInteger) {
        comma()
        bytes.append(contentsOf: String(value).utf8)
    }

    /// A decimal as the venue prints it: a string.
    mutating func decimal(_ value: some ExactDecimal) {
        comma()
        bytes.append(UInt8(ascii: "\""))
        appendDecimal(value.raw)
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func element(json: [UInt8]) {
        comma()
        bytes.append(contentsOf: json)
    }

    mutating func time(_ value: UTCInstant) {
        comma()
        bytes.append(UInt8(ascii: "\""))
        appendTime(value)
        bytes.append(UInt8(ascii: "\""))
    }

    // MARK: Parts

    mutating func append(_ byte: UInt8) { bytes.append(byte) }

    private mutating func open(_ mark: UInt8) {
        comma()
        bytes.append(mark)
        needsComma = false
    }

    private mutating func close(_ mark: UInt8) {
        bytes.append(mark)
        needsComma = true
    }

    mutating func key(_ name: StaticString, _ value: (inout JSONWriter) -> Void) {
        key(name)
        value(&self)
    }

    private mutating func key(_ name: StaticString) {
        quoted(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    private mutating func comma() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func raw(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    private mutating func escaped(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
