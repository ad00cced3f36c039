// What stands around the sources of the package that `strategy new` makes.

extension StrategyPackage {
    /// On paper.
    static let configuration = #"""
        # `NAME config reference` lists every key, `NAME config check --config config.yaml` every mistake.
        mode: paper
        bot: mine

        strategies:
          - type: NAME
            symbols: [BTC-USD]
            amount: 100          # quote units
            fast_cycles: 12
            slow_cycles: 26
            budget: 1000
            max_daily_loss: 50

        """#

    /// What to do with it.
    static let readme = #"""
        # NAME

        A strategy for trader247. `Sources/NAME/TYPE.swift` decides, `Tests/NAME-tests/TYPETests.swift` lets it trade a
        simulated market, `config.yaml` is what the bot runs with.

            make test                     # the strategy on the simulated market
            make run                      # trade on paper; Ctrl-C stops, and proves that no order is left
            make run ARGS='--for 1m'      # any flag of `run`

        The binary is the whole of trader247. It says `type: NAME` in a configuration; each property of `Settings` is a key
        there, in snake case.

            NAME config check --config config.yaml
            NAME backtest --config config.yaml --data BTC-USD=trades.csv
            NAME status --watch

        How a strategy is written: `docs/writing-a-strategy.md` of trader247. Before it trades with money: `docs/going-live.md`.

        """#

    /// What is made, not written.
    static let ignored = #"""
        .build/
        /var/

        """#
}
