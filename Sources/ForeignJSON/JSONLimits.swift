// How much JSON of a stranger is read at all. Foundation's decoder recurses, and so does every type that holds any JSON: a
// line of 500 brackets overflows the stack of a thread, and that is the end of the process. So the whole text is read
// here first, without recursion, and what is too large or too deep never comes to a decoder.

import FoundationEssentials

package struct JSONLimits: Equatable, Sendable {
    /// Of the whole text.
    package var bytes: Int
    /// Objects and arrays within each other; `[[]]` has two levels.
    package var depth: Int

    package init(bytes: Int = JSONLimits.mostBytes, depth: Int = JSONLimits.usualDepth) {
        self.bytes = bytes
        self.depth = depth
    }

    package static let mostBytes = 1 << 30
    /// No protocol that we speak comes to ten.
    package static let usualDepth = 64
    /// For what a transport has bounded in size already.
    package static let foreign = JSONLimits()

    /// Decodes a value from what a stranger wrote, once the bounds hold and it is JSON.
    ///
    /// - Throws: `JSONError` for what is no JSON, too large or too deep; else what the decoder throws.
    package func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: [UInt8], by decoder: JSONDecoder = JSONDecoder()
    ) throws -> Value {
        _ = try JSONDocument(bytes, within: self)
        return try decoder.decode(type, from: Data(bytes))
    }
}
