import CLinux
import TradingDomain

// The venue's clock. The engine lives on a time that never jumps: UTC at the start and what has passed since.
// What clients see is that time with the clock's error added, so that a skewed clock changes what is said and
// how tokens are judged, and never when an order ends.

struct VenueClock: Sendable {
    private let startUTC: Int64
    private let startBoot: Int64
    /// How far the clock that clients see is ahead.
    var skew: Duration = .zero

    init() {
        startUTC = cl_utc_nanoseconds()
        startBoot = cl_boot_nanoseconds()
    }

    /// The engine's time now.
    func now() -> UTCInstant {
        UTCInstant(nanoseconds: startUTC + (cl_boot_nanoseconds() - startBoot))
    }

    func shown(_ instant: UTCInstant) -> UTCInstant { instant + skew }
    func model(_ shown: UTCInstant) -> UTCInstant { shown - skew }
}
