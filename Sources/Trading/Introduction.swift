// How a life gets to know its venue.

import TradingDomain

extension TradingCore {
    mutating func book(_ answer: VenueAnswer, to question: VenueQuestion, _ turn: inout Turn) {
        if case .failed(let failure) = answer { heed(failure) }
    }
}
