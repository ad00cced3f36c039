// Whether leases can be renewed at all with as many orders as may work. One that is too short would eat the rate
// budget that trading and stopping need.

import Trading

extension ConfigurationLoader {
    mutating func checkLease() {
        let core = configuration.core
        guard let lease = core.lease else { return }
        let orders = core.risk.maximumWorkingOrders
        if lease < core.shortestLease {
            let rate = core.rate.perHour.map { "rate.per_second \(core.rate.perSecond), rate.per_hour \($0)" }
            note(
                place(of: "orders.lease"), "orders.lease",
                "\(orders) working orders × \(CoreConfiguration.requestsPerRenewal) requests in "
                    + "\(Values.text(lease)) are more than the \(core.leaseShare) % of "
                    + (rate ?? "rate.per_second \(core.rate.perSecond)")
                    + " that renewals may take; use at least "
                    + "\(Self.roundedUp(core.shortestLease)), fewer risk.max_working_orders, or a larger "
                    + "orders.lease_share")
        }
        if lease < core.shortestLeaseByOrderRate {
            note(
                place(of: "orders.lease"), "orders.lease",
                "\(orders) working orders, each placed anew within \(Values.text(lease)), are more than "
                    + "risk.max_orders_per_minute (\(core.risk.maximumOrdersPerMinute)); use at least "
                    + "\(Self.roundedUp(core.shortestLeaseByOrderRate)), fewer risk.max_working_orders, or a larger "
                    + "risk.max_orders_per_minute")
        }
    }

    private static func roundedUp(_ lease: Duration) -> String {
        Values.text(.seconds((lease.wholeMilliseconds + 999) / 1_000))
    }
}
