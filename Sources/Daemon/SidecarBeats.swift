// Beats for a guardian in another tree of processes, over a socket in the state directory. Nobody may listen there;
// then they are nothing. Never waits.

import CLinux

package struct SidecarBeats: Sendable {
    private let path: String

    package init(stateDirectory: String) { path = stateDirectory + "/locks/beats.sock" }

    package func beat() {
        var byte = UInt8(ascii: "b")
        _ = path.withCString { cl_notify($0, &byte, 1) }
    }
}
