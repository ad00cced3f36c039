import ArgumentParser
import CLinux
import Exchanges
import Trading
import TradingDomain

struct PaperCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "paper", abstract: "The paper exchange's own book.",
        subcommands: [Book.self, Reset.self])

    struct Book: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the book, whether or not anybody trades on it. Changes nothing.")

        @OptionGroup var options: ConfigurationOptions

        @Flag(help: "Print all orders, fills and balances as JSON.")
        var json = false

        func run() throws {
            let configuration = try options.load()
            let view = try Failure.naming {
                try PaperBook.read(
                    at: configuration.bookDirectory, now: UTCInstant(nanoseconds: cl_utc_nanoseconds()))
            }
            if json { return try Output.json(view) }
            Output.line("as of \(view.asOf): \(view.working) working of \(view.orders.count) orders")
            Output.table(
                ["ORDER", "CLIENT ID", "SYMBOL", "SIDE", "PRICE", "QUANTITY", "FILLED", "STATUS", "SINCE"],
                view.orders.filter(\.isWorking).map {
                    [
                        "\($0.exchangeOrderID)", $0.clientOrderID, "\($0.symbol)", $0.side.wire,
                        $0.price?.description ?? "market", "\($0.quantity)", "\($0.filledQuantity)",
                        $0.status.rawValue, "\($0.createdAt)",
                    ]
                }, right: [4, 5, 6])
            for balance in view.balances {
                Output.line("\(balance.currency): \(balance.total), of it held \(balance.held)")
            }
            Output.line("\(view.fills.count) fills")
        }
    }

    struct Reset: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget the book: orders, fills and balances. Refused while anybody trades on it.")

        @OptionGroup var options: ConfigurationOptions

        func run() throws {
            let directory = try options.load().bookDirectory
            try Failure.naming { try PaperBook.reset(directory) }
            Output.line("the paper book \(directory) is cleared; the next run begins a new one")
        }
    }
}
