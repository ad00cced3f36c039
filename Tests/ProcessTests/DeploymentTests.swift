// The manifests that deploy/kubernetes/render writes: the numbers that must fit, and what is refused. They are text here;
// no cluster is asked.

import Foundation
import Testing

@Suite struct DeploymentTests {
    private func render(_ arguments: String...) throws -> (ending: Ending, output: String, errors: String) {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("deploy/kubernetes/render").path
        return try Arena.command("/bin/bash", [script] + arguments)
    }

    @Test func theDeadlineFollowsFromTheGracePeriod() throws {
        let manifests = try render("--grace", "45", "--name", "btc", "--sidecar")
        #expect(manifests.ending == .exit(0))
        #expect(manifests.output.contains("terminationGracePeriodSeconds: 45\n"))
        // Of the trader; the sidecar has the same by reference.
        #expect(manifests.output.components(separatedBy: "value: \"39s\"").count == 2)
        #expect(manifests.output.contains("replicas: 1\n"))
        #expect(manifests.output.contains("updateStrategy: { type: OnDelete }"))
        #expect(manifests.output.contains("shareProcessNamespace: true"))
        #expect(manifests.output.contains("args: [guard, --attach, "))
        #expect(manifests.output.contains("guardian.lock_wait=60s"))
    }

    @Test func withoutASidecarNothingIsShared() throws {
        let manifests = try render()
        #expect(manifests.ending == .exit(0))
        #expect(!manifests.output.contains("shareProcessNamespace"))
        #expect(!manifests.output.contains("--attach"))
    }

    @Test(arguments: [
        ["--grace", "5"], ["--grace", "soon"], ["--name", "Not A Name"], ["--replicas", "2"],
    ])
    func whatMakesNoSenseIsRefused(_ words: [String]) throws {
        let refused = try render(words[0], words[1])
        #expect(refused.ending == .exit(64))
        #expect(refused.output.isEmpty)
        #expect(refused.errors.contains(words[0]))
    }
}
