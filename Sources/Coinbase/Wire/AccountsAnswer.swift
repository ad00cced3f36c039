// One page of the accounts of a portfolio: what is there of each currency. All pages together are one answer.

import ForeignJSON
import Trading
import TradingDomain

package enum AccountsAnswer {
    package enum Page: Equatable, Sendable {
        case page([Balance], nextCursor: String?)
        case failed(CallFailure)
    }

    package static func page(of reply: Reply) -> Page {
        switch reply.read() {
        case .refused(let words):
            return .failed(CallFailure("\(reply.endpoint): HTTP \(reply.status): \(words)"))
        case .notProcessed(let failure), .unclear(let failure): return .failed(failure)
        case .object(let object):
            do throws(Unreadable) {
                var balances: [Balance] = []
                for account in try object.need("accounts", where: "") {
                    balances.append(try balance(account))
                }
                return .page(balances, nextCursor: try OrdersAnswer.nextCursor(object))
            } catch {
                return .failed(CallFailure("\(reply.endpoint): \(error.what)"))
            }
        }
    }

    private static func balance(_ account: JSONValue) throws(Unreadable) -> Balance {
        let currency: String
        do throws(Unreadable) {
            currency = try account.need("currency")
        } catch {
            throw Unreadable("an account without currency")
        }
        do throws(Unreadable) {
            guard let available = account["available_balance"], available.isObject else {
                throw Unreadable("no available_balance")
            }
            return Balance(
                currency: currency, available: try available.decimal("value") ?? .zero,
                hold: try account["hold"]?.decimal("value") ?? .zero)
        } catch {
            throw Unreadable("account \(StrangersText.clean(currency, limit: 40)): \(error.what)")
        }
    }

    /// A portfolio may hold several accounts of one currency: they are one balance. Nil when a sum does not fit.
    package static func summed(_ balances: [Balance]) -> [Balance]? {
        var sums: [Balance] = []
        var places: [String: Int] = [:]
        for balance in balances {
            guard let place = places[balance.currency] else {
                places[balance.currency] = sums.count
                sums.append(balance)
                continue
            }
            guard let available = try? sums[place].available + balance.available,
                let hold = try? sums[place].hold + balance.hold
            else { return nil }
            sums[place].available = available
            sums[place].hold = hold
        }
        return sums
    }
}
