// Which of the bot's two locks who takes. Both are the kernel's: it frees them when the last holder is gone.
//
// The instance lock keeps a second guardian, or a second bot, out; children inherit it, so that it outlives a guardian
// that dies before them. The trader lock is taken by whoever may act on the account and call it clean.

extension SweepKind {
    /// Not by a sweep beside a trader that cannot be killed: that trader still has it, and so nothing is proved.
    package var takesTraderLock: Bool { self != .besideTrader }
}
