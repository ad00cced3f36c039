import ArgumentParser
import CLinux
import Exchanges
import Storage
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
            let configuration = try options.load()
            let directory = configuration.bookDirectory
            try refuseWhileOrdersWork(configuration)
            try Failure.naming { try PaperBook.reset(directory) }
            Output.line("the paper book \(directory) is cleared; the next run begins a new one")
        }

        /// A book that forgets orders which the store has working could never prove that they are gone.
        private func refuseWhileOrdersWork(_ configuration: Configuration) throws {
            let working: Int
            do throws(StoreError) {
                let reader = try StateReader(at: configuration.stateDirectory)
                working = try reader.orders(OrderFilter(workingOnly: true, limit: 1)).count
            } catch {
                // No store, or none that can be read: nothing there knows of orders.
                return
            }
            guard working == 0 else {
                throw Leave(
                    ExitCode.configuration,
                    "the store in \(configuration.stateDirectory) has working orders in this book: let "
                        + "`trader247 run` start and stop clean first, or move the state directory away")
            }
        }
    }
}
