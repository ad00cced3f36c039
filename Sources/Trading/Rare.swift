/// A large value that is nearly always absent: kept apart, so that whoever looks whether it is there does not move it, and
/// what holds it stays small. Every turn asks a dozen times whether there is a stop.
@propertyWrapper
struct Rare<Value: Sendable>: Sendable {
    /// None or one.
    private var values: [Value] = []

    init(wrappedValue: Value?) { values = wrappedValue.map { [$0] } ?? [] }

    var wrappedValue: Value? {
        get { values.first }
        _modify {
            var value = values.popLast()
            defer { if let value { values.append(value) } }
            yield &value
        }
    }
}

/// A value of unknown size, kept apart: an element of an array that has it for a part can then be looked at part by part,
/// where Swift would else copy all of it for each look.
@propertyWrapper
struct Apart<Value: Sendable>: Sendable {
    private var values: [Value]

    init(wrappedValue: Value) { values = [wrappedValue] }

    var wrappedValue: Value {
        get { values[0] }
        _modify { yield &values[0] }
    }
}
