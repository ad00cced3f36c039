// What is wanted of a bot before it trades live.

struct GateChoice: Equatable, Sendable {
    /// Days of trading on paper, of the last 30.
    var days = 7
    /// Whether `run` refuses to trade live while a gate is not passed, instead of only saying so.
    var isRequired = false
    /// Where the state of paper trading lies, for a live configuration.
    var paperStateDirectory: String?
}

extension Settings {
    static let gates: [Setting] = [
        .integer(
            "gates.days", \.gates.days, 0...30,
            "days of trading on paper, of the last 30, that [`gates`](going-live.md) wants"),
        .flag(
            "gates.require", \.gates.isRequired,
            "whether `run` refuses to trade live while a gate is not passed"),
        .optionalText(
            "gates.paper_state_dir", \.gates.paperStateDirectory, "a directory",
            "where the state of the rehearsal lies, for a live configuration"),
    ]
}
