import Analysis
import ArgumentParser
import Storage
import Trading
import TradingDomain

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract:
            "Tell the story of one order: why it was wanted, what was sent, what came back, how it ended.",
        discussion: """
            From the journal, also while the daemon runs. What a pruned journal no longer has is told from the \
            tables, and named as not known.
            """)

    @Argument(help: ArgumentHelp("The client order id, or the exchange's own.", valueName: "order"))
    var order: String
    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "Print JSON.")
    var json = false

    /// So many of the newest orders are looked through for what somebody may have meant.
    private static let searched = 2_000

    func run() throws {
        let directory = try options.load(onlyLooks: true).stateDirectory
        let story = try Failure.naming {
            let reader = try StateReader(at: directory)
            guard let found = try find(in: reader) else {
                throw Leave(Trading.ExitCode.usage, try unknown(reader, directory))
            }
            return OrderStory(
                found, fills: try reader.fills(of: found.id), turns: try reader.turns(of: found),
                parts: try parts(of: found, in: reader),
                journalBegins: try reader.anchor() == nil ? nil : try reader.journalBegins())
        }
        if json { return try Output.json(story) }
        for line in story.lines { Output.line(line) }
    }

    private func find(in reader: StateReader) throws -> Order? {
        if let id = ClientOrderID(order), let found = try reader.order(id) { return found }
        return try reader.order(ExchangeOrderID(order))
    }

    /// What a flatten filled is booked under those that held it, which only the fills before it tell.
    private func parts(of order: Order, in reader: StateReader) throws -> [FillID: [StrategyBooks.Part]] {
        guard order.strategy == Flatten.strategy else { return [:] }
        var books = StrategyBooks()
        var parts: [FillID: [StrategyBooks.Part]] = [:]
        for told in try reader.attributedFills() {
            let booked = try books.book(told.fill, strategy: told.strategy)
            if told.order == order.id { parts[told.fill.id] = booked }
        }
        return parts
    }

    private func unknown(_ reader: StateReader, _ directory: String) throws -> String {
        var words = "no order '\(order)' is in \(directory)"
        if let id = ClientOrderID(order), id.bot != reader.bot {
            words += ", which is of bot \(reader.bot), not \(id.bot)"
        }
        let newest = try reader.orders(OrderFilter(limit: Self.searched))
        let names = newest.flatMap { ["\($0.id)"] + ($0.exchangeOrderID.map { ["\($0)"] } ?? []) }
        let similar = Suggestion.several(of: order, among: names)
        if !similar.isEmpty { words += "; did you mean \(similar.joined(separator: ", "))?" }
        let example = newest.first.map { "\($0.id)" } ?? "\(reader.bot)-tn4x2p-1a"
        words +=
            "\na client order id is <bot>-<epoch>-<number>, like \(example); the exchange's own id is taken, too. "
            + "`trader247 orders --all` lists them"
        return words
    }
}
