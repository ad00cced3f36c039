// One message that asks for a channel. The venue takes one channel per message, the first within five seconds.

import TradingDomain

package struct Subscription: Equatable, Sendable {
    package var channel: String
    package var products: [Symbol]

    package init(_ channel: String, _ products: [Symbol] = []) {
        self.channel = channel
        self.products = products
    }

    /// A subscription once authorised stays so; the token matters only on arrival.
    package func text(token: String?) -> String {
        var message = ObjectText()
        message.add("type", "subscribe")
        message.add("channel", channel)
        message.add("product_ids", products.map(\.description))
        if let token { message.add("jwt", token) }
        return message.text
    }
}
