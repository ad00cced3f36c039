// The venue's clock as this process knows it, and the tokens that are signed with it.

import Exchanges
import Synchronization
import Trading
import TradingDomain
import WebTokens

/// Shared by everything of one adapter that tells time to the venue or hears it from there.
final class VenueClock: Sendable {
    private let clock: any TradingClock
    private let estimate = Mutex(ClockEstimate())

    init(_ clock: any TradingClock) { self.clock = clock }

    func now() -> Stamp { clock.now() }

    func add(sentAt: MonotonicInstant, receivedAt: MonotonicInstant, venueMilliseconds: Int64) {
        estimate.withLock {
            $0.add(sentAt: sentAt, receivedAt: receivedAt, venueMilliseconds: venueMilliseconds)
        }
    }

    /// Nil as long as the venue's clock is not known.
    func reading() -> ClockReading? {
        let now = clock.now()
        return estimate.withLock { $0.reading(at: now) }
    }

    /// The venue's time then, or now, never ahead of the truth.
    func venueTime(at instant: MonotonicInstant? = nil) -> UTCInstant? {
        let instant = instant ?? clock.now().monotonic
        return estimate.withLock { $0.venueTime(at: instant) }.map { $0.utc - $0.uncertainty }
    }
}

struct Signer: Sendable {
    /// Of everything but placements.
    static let patientLife: Int64 = 60
    /// How far our own clock may be off, either way, before the venue's is known. No token may live longer than
    /// twice this.
    static let allowedSkew: Int64 = 60

    /// Shared by all lanes and feeds, so that another one signs all that comes after.
    private final class Holder: Sendable {
        let key: Mutex<KeyFile>
        init(_ key: KeyFile) { self.key = Mutex(key) }
    }

    private let holder: Holder
    let clock: VenueClock
    let placementLife: Int64

    private var key: KeyFile { holder.key.withLock { $0 } }

    /// From here on requests are signed with this one.
    func sign(with key: KeyFile) { holder.key.withLock { $0 = key } }

    init(_ key: KeyFile, _ clock: VenueClock, placementLife: Duration) {
        holder = Holder(key)
        self.clock = clock
        self.placementLife = max(1, placementLife.components.seconds)
    }

    /// A placement's token lives briefly, so its beginning must be right. It lives from the moment at which the order was
    /// handed over, whenever it is signed: so long after that moment the order can take effect, and no longer.
    func placementToken(_ method: String, _ address: String, submittedAt: MonotonicInstant) throws -> String {
        guard let time = clock.venueTime(at: submittedAt) else { throw UnknownClock() }
        return try WebToken.make(
            key: key, uri: "\(method) \(address)", issuedAt: time.secondsSince1970, life: placementLife,
            nonce: nonce())
    }

    /// Until the venue's clock is known ours has to do, as far off as it may be.
    func token(_ method: String, _ address: String) throws -> String {
        try patientToken(uri: "\(method) \(address)")
    }

    func feedToken() throws -> String { try patientToken(uri: nil) }

    private func patientToken(uri: String?) throws -> String {
        guard let time = clock.venueTime() else {
            return try WebToken.make(
                key: key, uri: uri, issuedAt: clock.now().utc.secondsSince1970 - Self.allowedSkew,
                life: 2 * Self.allowedSkew, nonce: nonce())
        }
        return try WebToken.make(
            key: key, uri: uri, issuedAt: time.secondsSince1970, life: Self.patientLife, nonce: nonce())
    }

    private func nonce() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<2).map { _ in
            let digits = String(generator.next(), radix: 16)
            return String(repeating: "0", count: 16 - digits.utf8.count) + digits
        }.joined()
    }
}

struct UnknownClock: Error, CustomStringConvertible {
    let description = "the venue's clock is not known yet"
}
