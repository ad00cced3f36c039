// What an author of a strategy imports: the protocol, what a strategy is told and answers, exact numbers, markets.

@_exported import Trading
@_exported import TradingDomain
