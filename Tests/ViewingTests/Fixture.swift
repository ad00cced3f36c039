// A bot as `/v1/status` tells of it.

import Control
import Foundation
import Trading
import TradingDomain

enum Fixture {
    static let now = UTCInstant("2026-11-28T23:25:54Z") ?? UTCInstant(nanoseconds: 0)

    /// A small grid on paper that trades.
    static func trading() throws -> StatusView {
        try ControlJSON.decoder().decode(StatusView.self, from: Data(text.utf8))
    }

    /// The same, with something else in its core.
    static func changed(_ change: (inout CoreOverview) -> Void) throws -> StatusView {
        var status = try trading()
        if var core = status.core {
            change(&core)
            status.core = core
            status.lifecycle = core.lifecycle
            status.words = StatusView.words(core)
        }
        return status
    }

    /// Its stop: so many of 20 orders ended, in this phase.
    static func stopping(_ ended: Int, _ phases: String, isOver: Bool = false) throws -> StatusView {
        let stop = """
            {"reason":"signal SIGTERM","started_at":"2026-11-28T23:25:53Z","phase":"cancel",
             "is_expedited":false,"left_ms":6900,"orders_found":20,"orders_canceled":\(ended),
             "orders_ended_otherwise":0,"cancel_errors":1,"late_fills":0,"phases":[\(phases)]}
            """
        let view = try ControlJSON.decoder().decode(CoreOverview.Stop.self, from: Data(stop.utf8))
        return try changed { core in
            core.lifecycle = isOver ? .ended : .stopping
            core.stop = view
            core.workingOrders = 20 - ended
            core.isProvedEmpty = isOver
        }
    }

    /// One that trades, and one that was halted.
    static var strategies: [StrategyStatus] {
        let text = """
            [{"name":"grid","state":"trading","symbols":["BTC-USD"],"working_orders":20,"positions":[],
              "realised":"-0.2","fees":"0.2","unrealised":"0.02","day_result":"-0.18","fills_today":1,
              "budget_used":"55","orders_in_last_minute":3,"limits":{"budget":"5000"}},
             {"name":"dca","state":"halted","reason":"daily loss","symbols":["BTC-USD"],"working_orders":0,
              "positions":[],"realised":"0","fees":"0","fills_today":0,"orders_in_last_minute":0,"limits":{}}]
            """
        return (try? ControlJSON.decoder().decode([StrategyStatus].self, from: Data(text.utf8))) ?? []
    }

    private static let text = """
        {"core":{"at":"2026-11-28T23:25:54Z","bot":"t247","clock":{},"cycles":5,"day_result":"-0.18",
        "epoch":1795908323,"feeds":[{"feed":"market","is_up":true},{"feed":"orders","is_up":true}],
        "gate_closed_by":[],"halts":[],"is_flattening":false,"is_gate_open":true,
        "is_proved_empty":false,"is_ready":true,"ladders":[{"buys":5,"nearest_buys":[{"price":"59992.5",
        "quantity":"0.00083343"},{"price":"59932.51","quantity":"0.00083427"},{"price":"59872.52",
        "quantity":"0.0008351"}],"nearest_sells":[{"price":"60112.48","quantity":"0.00083177"},
        {"price":"60172.47","quantity":"0.00083094"},{"price":"60232.46","quantity":"0.00083011"}],
        "sells":5,"symbol":"BTC-USD"},{"buys":5,"nearest_buys":[{"price":"2993.78",
        "quantity":"0.01670129"},{"price":"2990.78","quantity":"0.01671804"},{"price":"2987.78",
        "quantity":"0.01673483"}],"nearest_sells":[{"price":"2999.78","quantity":"0.01666788"},
        {"price":"3002.78","quantity":"0.01665123"},{"price":"3005.78","quantity":"0.01663461"}],
        "sells":5,"symbol":"ETH-USD"}],"last_proved_sweep":1,"lifecycle":"trading",
        "limits":[{"limit":"500","name":"working_orders","used":"20"},{"limit":"600",
        "name":"orders_per_minute","used":"42"},{"limit":"1000","name":"daily_loss",
        "used":"0.1825645670884"},{"limit":"10000","name":"order_notional"},{"limit":"2000",
        "name":"price_collar_bps"},{"limit":"200","name":"working_orders_per_symbol","symbol":"BTC-USD",
        "used":"10"},{"limit":"50000","name":"position_notional","symbol":"BTC-USD",
        "used":"250.76294136"},{"limit":"200","name":"working_orders_per_symbol","symbol":"ETH-USD",
        "used":"10"},{"limit":"50000","name":"position_notional","symbol":"ETH-USD",
        "used":"300.858359436"}],"markets":[{"ask":"60057","bid":"60054","position":"0",
        "quote_at":"2026-11-28T23:25:54.959439642Z","symbol":"BTC-USD","working_buys":"0.00417552",
        "working_orders":10,"working_sells":"0.00415057"},{"ask":"2997.9","average_cost":"2996.78",
        "bid":"2997.75","position":"0.01668457","quote_at":"2026-11-28T23:25:54.709439642Z",
        "result":"-0.1825645670884","symbol":"ETH-USD","working_buys":"0.08367431","working_orders":10,
        "working_sells":"0.08317322"}],"measures":{"earnings":[{"cost_basis":"0","fees":"0",
        "realised":"0","symbol":"BTC-USD","unrealised":"0"},{"cost_basis":"49.9999856846",
        "fees":"0.1999999427384","realised":"0","symbol":"ETH-USD","unrealised":"0.01743537565"}],
        "funds":[{"currency":"BTC","total":"1"},{"currency":"ETH","total":"20.01668457"},
        {"currency":"SOL","total":"100"},{"currency":"USD","total":"99949.8000143726616"}],
        "orders":{"in_flight":0,"new":0,"open":20,"partially_filled":0},"rate":{"blocked_ms":0,
        "burst":30,"burst_limit":30,"slowdown":1}},"mode":"paper","next_cycle_ms":2300,
        "placements_in_flight":0,"result":"12.3456","started_at":"2026-11-28T23:25:24Z","strategies":[],
        "sweeps":1,"unknown_placements":0,"working_orders":20},
        "fills":[{"at":"2026-11-28T23:25:45.709439642Z","fee":"0.1999999427384","price":"2996.78",
        "quantity":"0.01668457","side":"buy","symbol":"ETH-USD"}],"halt_file":false,
        "lateness":{"max_us":9750,"median_us":5182,"p99_us":9750,"turns":7},"lifecycle":"trading",
        "pid":23346,"since_last_turn_ms":150,"version":"0.1.0","words":"trading, 20 orders work"}
        """
}
