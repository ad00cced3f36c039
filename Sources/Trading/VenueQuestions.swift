// What a life must know of its venue beside orders and fills: what its key may do, which markets there are and what
// they cost, what time it is there. Each question is one call; the core asks, again where it must.

import TradingDomain

package enum VenueQuestion: Codable, Hashable, Sendable {
    /// What the key may do, and whose portfolio it is bound to.
    case permissions
    case products
    /// The account's fee tier.
    case fees
    /// The venue's clock.
    case time
    /// The best prices of these markets, for a feed that is silent.
    case quotes([Symbol])
}

package enum VenueAnswer: Codable, Equatable, Sendable {
    case permissions(KeyPermissions)
    /// Every market that the venue lists and we can express. Their fees are zero where `fees` tells them.
    case products([Product])
    case fees(FeeRates)
    case time(ClockReading)
    case quotes([Quote])
    case failed(CallFailure)
}

package struct KeyPermissions: Codable, Equatable, Sendable {
    package var canView: Bool
    package var canTrade: Bool
    package var canTransfer: Bool
    /// The venue's id of the one portfolio that the key sees.
    package var portfolio: String

    package init(canView: Bool, canTrade: Bool, canTransfer: Bool, portfolio: String) {
        self.canView = canView
        self.canTrade = canTrade
        self.canTransfer = canTransfer
        self.portfolio = portfolio
    }
}

/// Fractions of an order's value.
package struct FeeRates: Codable, Equatable, Sendable {
    package var maker: Rate
    package var taker: Rate

    package init(maker: Rate, taker: Rate) {
        self.maker = maker
        self.taker = taker
    }
}

/// The adapter's best estimate of the venue's clock, this measurement included. It signs with it.
package struct ClockReading: Codable, Equatable, Sendable {
    /// The venue's time less ours.
    package var offset: Duration
    /// The true offset lies within this much of `offset`: half the round trip of the best measurement.
    package var uncertainty: Duration

    package init(offset: Duration, uncertainty: Duration) {
        self.offset = offset
        self.uncertainty = uncertainty
    }

    func widened(by step: Duration) -> Self {
        Self(offset: offset, uncertainty: uncertainty + step)
    }
}

/// Rate-limit headers of one answer.
package struct RateHint: Codable, Equatable, Sendable {
    /// Requests that the venue still takes in its current window.
    package var remaining: Int
    /// Requests per window, if told.
    package var limit: Int?
    /// Until the window begins anew, if told.
    package var resetAfter: Duration?

    package init(remaining: Int, limit: Int? = nil, resetAfter: Duration? = nil) {
        self.remaining = remaining
        self.limit = limit
        self.resetAfter = resetAfter
    }
}
