// The deterministic simulation's command line; everything else is in Simulation.

import Foundation
import Simulation

exit(SimulatorTool.main(Array(CommandLine.arguments.dropFirst())))
