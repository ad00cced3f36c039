// Placements whose outcome nobody told us. They are looked for, never sent again, and given up only when two
// complete listings did not show them, the second begun after the request can no longer be alive.

import TradingDomain

package struct UnknownPlacements: Sendable {
    private struct Entry {
        let createdAt: UTCInstant
        /// When the request can no longer take effect unseen.
        let lifeEndsAt: MonotonicInstant
        var absences = 0
    }

    private var entries: [ClientOrderID: Entry] = [:]
    private var searches = 0
    /// When the next search is due; nil while there is nothing to look for.
    package private(set) var nextSearchAt: MonotonicInstant?

    package init() {}

    package var isEmpty: Bool { entries.isEmpty }
    package var count: Int { entries.count }
    package var ids: [ClientOrderID] { entries.keys.sorted() }

    /// The oldest creation time, less what our clock and the exchange's may differ by: where to search from.
    package func searchFrom(leeway: Duration) -> UTCInstant {
        (entries.values.map(\.createdAt).min() ?? UTCInstant(nanoseconds: 0)) - leeway
    }

    package mutating func add(
        _ id: ClientOrderID, createdAt: UTCInstant, lifeEndsAt: MonotonicInstant, at now: MonotonicInstant
    ) {
        guard entries[id] == nil else { return }
        entries[id] = Entry(createdAt: createdAt, lifeEndsAt: lifeEndsAt)
        searches = 0
        nextSearchAt = now
    }

    package mutating func forget(_ id: ClientOrderID) {
        guard entries.removeValue(forKey: id) != nil else { return }
        if entries.isEmpty { nextSearchAt = nil }
    }

    /// A complete listing of everything created since `searchFrom`, begun at `startedAt`, showed these.
    /// Returns the placements that are now known never to have arrived.
    package mutating func searched(
        _ shown: Set<ClientOrderID>, startedAt: MonotonicInstant, at now: MonotonicInstant
    ) -> [ClientOrderID] {
        var gone: [ClientOrderID] = []
        for id in ids where !shown.contains(id) {
            guard var entry = entries[id] else { continue }
            if entry.absences > 0, startedAt >= entry.lifeEndsAt {
                gone.append(id)
            } else {
                entry.absences += 1
                entries[id] = entry
            }
        }
        for id in gone { forget(id) }
        searches += 1
        scheduleNext(after: startedAt, at: now)
        return gone
    }

    /// A search that failed is repeated by the listing's own backoff: it stays due.
    package mutating func hurry(at now: MonotonicInstant) {
        if !entries.isEmpty { nextSearchAt = now }
    }

    /// Ever rarer, but at the end of a request's life, when absence begins to mean something, or at once if that end came
    /// while the listing was under way.
    private mutating func scheduleNext(after startedAt: MonotonicInstant, at now: MonotonicInstant) {
        guard !entries.isEmpty else {
            nextSearchAt = nil
            return
        }
        let pause = min(Duration.milliseconds(200) * (1 << min(searches, 4)), .seconds(2))
        var next = now + pause
        for id in ids {
            if let end = entries[id]?.lifeEndsAt, end > startedAt { next = min(next, max(now, end)) }
        }
        nextSearchAt = next
    }
}
