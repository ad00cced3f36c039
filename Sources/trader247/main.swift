// The process begins here; everything else is in TraderCommands, which the binaries of strategies' authors share.

import TraderCommands

TraderProgram.main()
