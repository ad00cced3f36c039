// The list `alerts`: where alerts go. Addresses may be secrets, so no mistake repeats one.

import Alerting
import Daemon
import Trading
import TradingDomain
import Transport
import Yams

extension ConfigurationLoader {
    mutating func readAlerts(_ node: Node) {
        guard case .sequence(let items) = node else {
            return note(place(node), "alerts", "must be a list of sinks, each with a type")
        }
        var sinks: [SinkSettings] = []
        var written: [[String: WrittenValue]] = []
        for (index, item) in items.enumerated() {
            let key = "alerts[\(index)]"
            guard
                let fields = readTable(
                    item, key, Fields.alert.names, required: Fields.alert.required)?.fields,
                let sink = readSink(fields, item, key)
            else { continue }
            if sinks.contains(where: { $0.name == sink.name }) {
                note(
                    place(item), "\(key).name",
                    "another sink is named '\(sink.name)' (without a name, the type is it); give each its own"
                )
            } else {
                sinks.append(sink)
                // An address that stands in the file itself may be a secret.
                if fields["url"] == nil { written.append(fields.compactMapValues(WrittenValue.init)) }
            }
        }
        change {
            $0.alerts = sinks
            $0.writtenSinks = written
        }
    }

    private mutating func readSink(_ fields: [String: Node], _ node: Node, _ key: String) -> SinkSettings? {
        let type = fields["type"]?.string
        let kind = type.flatMap { readKind($0, fields, node, key) }
        // Without a kind, too: the mistakes of its other fields are told with that one.
        var sink = SinkSettings(name: type ?? "", kind: kind ?? .command([]))
        read(fields["name"], "\(key).name", "1 to 32 of a-z, 0-9 and -") { text in
            (1...32).contains(text.utf8.count)
                && text.utf8.allSatisfy {
                    (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
                }
                ? text : nil
        } into: {
            sink.name = $0
        }
        read(fields["level"], "\(key).level", "info, warning or alert") { text in
            Notice.Level(rawValue: text).flatMap { [.info, .warning, .alert].contains($0) ? $0 : nil }
        } into: {
            sink.minimumLevel = $0
        }
        read(fields["timeout"], "\(key).timeout", "a duration from 100ms to 30s") { text in
            Values.duration(text).flatMap { $0 >= .milliseconds(100) && $0 <= .seconds(30) ? $0 : nil }
        } into: {
            sink.patience = $0
        }
        if let events = fields["events"] { sink.topics = readTopics(events, "\(key).events") }
        return kind == nil ? nil : sink
    }

    private mutating func readKind(
        _ type: String, _ fields: [String: Node], _ node: Node, _ key: String
    ) -> SinkSettings.Kind? {
        for (name, types) in [
            ("url", ["slack", "webhook"]), ("url_file", ["slack", "webhook"]), ("secret_file", ["webhook"]),
            ("ca_file", ["slack", "webhook"]), ("command", ["command", "sendmail"]), ("to", ["sendmail"]),
            ("from", ["sendmail"]),
        ] {
            if let field = fields[name], ["slack", "webhook", "sendmail", "command"].contains(type),
                !types.contains(type)
            {
                note(place(field), "\(key).\(name)", "a sink of type \(type) has none")
            }
        }
        switch type {
        case "slack": return readAddress(fields, node, key).map { .slack($0) }
        case "webhook":
            let address = readAddress(fields, node, key)
            guard let field = fields["secret_file"], let path = field.string else {
                note(place(node), "\(key).secret_file", "is missing: a file with the secret that signs")
                return nil
            }
            guard let secret = readSecret(path, field, "\(key).secret_file"), let address else { return nil }
            return .webhook(address, secret: secret)
        case "sendmail": return readMail(fields, node, key)
        case "command":
            guard let field = fields["command"] else {
                note(place(node), "\(key).command", "is missing: a list of words, the program's path first")
                return nil
            }
            return readWords(field, "\(key).command").map { .command($0) }
        default:
            let meant = Suggestion.of(type, among: Fields.alertTypes).map { "; did you mean \($0)?" } ?? ""
            note(
                place(fields["type"] ?? node), "\(key).type",
                "'\(type)' is unknown; known: \(Fields.alertTypes.joined(separator: ", "))\(meant)")
            return nil
        }
    }

    private mutating func readAddress(_ fields: [String: Node], _ node: Node, _ key: String)
        -> WebhookAddress?
    {
        guard (fields["url"] == nil) != (fields["url_file"] == nil) else {
            note(place(node), "\(key).url", "say where: either url or url_file")
            return nil
        }
        let field = fields["url"] ?? fields["url_file"] ?? node
        let name = fields["url"] == nil ? "\(key).url_file" : "\(key).url"
        var text = field.string ?? ""
        if fields["url"] == nil {
            guard let secret = readSecret(text, field, name) else { return nil }
            text = String(decoding: secret.bytes, as: UTF8.self)
        }
        do throws(EndpointError) {
            let endpoint = try Endpoint(text, .webhook)
            if let path = fields["ca_file"]?.string, files.isFromDisk, !RegularFile.isPossible(path) {
                note(place(fields["ca_file"] ?? field), "\(name)", "its ca_file \(path) is not a file")
                return nil
            }
            let trust = trust(fields["ca_file"]?.string)
            return WebhookAddress(endpoint: endpoint, trust: trust)
        } catch {
            // Its own words would repeat the address.
            switch error {
            case .malformed(_, let reason): note(place(field), name, "is not an address for this: \(reason)")
            case .clearText:
                note(place(field), name, "would send in the clear; only loopback may (use https://)")
            }
            return nil
        }
    }

    /// Whether there are any is known when the sink is dialed first.
    private func trust(_ path: String?) -> TLSTrust {
        guard let path else { return .system }
        _ = files.hasCertificates(path)
        return .file(files.openCertificates(path) ?? path)
    }

    private mutating func readSecret(_ path: String, _ node: Node, _ key: String) -> Secret? {
        guard !checksFormOnly else { return nil }
        do throws(SecretFileError) {
            return try files.secret(path)
        } catch {
            note(place(node), key, error.description)
            return nil
        }
    }

    private mutating func readMail(_ fields: [String: Node], _ node: Node, _ key: String) -> SinkSettings
        .Kind?
    {
        func isAddress(_ text: String) -> Bool {
            text.contains("@") && !text.hasPrefix("-") && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        }
        let to: [String]
        switch fields["to"] {
        case .sequence(let items)?: to = items.compactMap(\.string)
        case .scalar(let scalar)?: to = [scalar.string]
        default: to = []
        }
        var isRight = !to.isEmpty && to.allSatisfy(isAddress)
        if !isRight {
            note(place(fields["to"] ?? node), "\(key).to", "must be a mail address, or a list of them")
        }
        let from = fields["from"]?.string
        if let from, !isAddress(from) {
            note(place(fields["from"] ?? node), "\(key).from", "must be a mail address")
            isRight = false
        }
        var program = "/usr/sbin/sendmail"
        if let field = fields["command"] {
            guard case .scalar(let scalar) = field, scalar.string.hasPrefix("/") else {
                note(
                    place(field), "\(key).command",
                    "must be the program's whole path, like /usr/sbin/sendmail")
                return nil
            }
            program = scalar.string
        }
        return isRight ? .mail(program: program, to: to, from: from) : nil
    }

    private mutating func readWords(_ node: Node, _ key: String) -> [String]? {
        guard case .sequence(let items) = node, !items.isEmpty,
            case let words = items.compactMap(\.string), words.count == items.count,
            words[0].hasPrefix("/")
        else {
            note(
                place(node), key,
                "must be a list of words, the program's whole path first, like [/usr/local/bin/page, --now]; no shell reads it"
            )
            return nil
        }
        return words
    }

    private mutating func readTopics(_ node: Node, _ key: String) -> Set<AlertTopic>? {
        let known = AlertTopic.allCases.filter { $0 != .test }.map(\.rawValue)
        guard case .sequence(let items) = node, !items.isEmpty else {
            note(place(node), key, "must be a list of events; known: \(known.joined(separator: ", "))")
            return nil
        }
        var topics: Set<AlertTopic> = []
        for item in items {
            let text = item.string ?? "?"
            if let topic = AlertTopic(rawValue: text), topic != .test {
                topics.insert(topic)
            } else {
                let meant = Suggestion.of(text, among: known).map { "; did you mean \($0)?" }
                note(
                    place(item), key,
                    "'\(text)' is no event" + (meant ?? "; known: \(known.joined(separator: ", "))"))
            }
        }
        return topics
    }
}

/// A field of a sink as the file says it.
enum WrittenValue: Codable, Equatable, Sendable {
    case text(String)
    case list([String])

    init?(_ node: Node) {
        switch node {
        case .scalar(let scalar): self = .text(scalar.string)
        case .sequence(let items): self = .list(items.compactMap(\.string))
        default: return nil
        }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // What is no text must be a list, and its mistake is told as one of a list.
        self =
            if let text = try? container.decode(String.self) { .text(text) } else {
                .list(try container.decode([String].self))
            }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .list(let items): try container.encode(items)
        }
    }
}
