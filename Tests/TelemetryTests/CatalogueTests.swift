// The catalogue holds to Prometheus's conventions, and docs, dashboard and rules speak of nothing else.

import Foundation
import Testing

@testable import Telemetry

@Suite("catalogue")
struct CatalogueTests {
    private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: root + "/" + path, encoding: .utf8)
    }

    /// Every name of a metric of ours in a text, a histogram's without its endings.
    private func names(in text: String) -> Set<String> {
        let words = text.split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":")) }
        let histograms = Set(MetricCatalogue.all.filter { $0.kind == .histogram }.map(\.name))
        return Set(
            // One that ends so is the beginning of several.
            words.map(String.init).filter { $0.hasPrefix("trader247_") && !$0.hasSuffix("_") }.map { word in
                for ending in ["_bucket", "_sum", "_count"] where word.hasSuffix(ending) {
                    let base = String(word.dropLast(ending.count))
                    if histograms.contains(base) { return base }
                }
                return word
            })
    }

    @Test("names are unique, counters end in _total, nothing else does")
    func conventions() {
        let names = MetricCatalogue.all.map(\.name)
        #expect(Set(names).count == names.count)
        for family in MetricCatalogue.all {
            #expect(family.name.hasSuffix("_total") == (family.kind == .counter), "\(family.name)")
            #expect(family.help.hasSuffix("."), "\(family.name)")
            #expect(Exposition.name(family.name) == family.name)
            #expect(family.bounds.isEmpty == (family.kind != .histogram), "\(family.name)")
            #expect(family.bounds == family.bounds.sorted())
        }
    }

    @Test("docs/metrics.md tells of each, and of no other")
    func docs() throws {
        let told = try names(in: text("docs/metrics.md"))
        let ours = Set(MetricCatalogue.all.map(\.name).filter { $0.hasPrefix("trader247_") })
        #expect(ours.subtracting(told) == [])
        #expect(told.subtracting(ours).subtracting([PrometheusRegistry.droppedName]) == [])
    }

    @Test(
        "dashboard and rules ask for nothing that is not there",
        arguments: ["deploy/grafana/trader247.json", "deploy/prometheus/trader247.rules.yml"])
    func shipped(path: String) throws {
        let asked = try names(in: text(path))
        let ours = Set(MetricCatalogue.all.map(\.name))
        #expect(asked.count > 20)
        #expect(asked.subtracting(ours) == [])
    }

    @Test("the dashboard is JSON, and the stop has a row of its own")
    func dashboard() throws {
        struct Board: Decodable {
            struct Panel: Decodable {
                struct Place: Decodable {
                    let x: Int
                    let y: Int
                    let w: Int
                    let h: Int
                }
                let id: Int
                let type: String
                let title: String
                let gridPos: Place
            }
            let panels: [Panel]
        }
        let board = try JSONDecoder().decode(
            Board.self, from: Data(text("deploy/grafana/trader247.json").utf8))
        #expect(board.panels.contains { $0.type == "row" && $0.title == "Stop" })
        #expect(Set(board.panels.map(\.id)).count == board.panels.count)
        for panel in board.panels { #expect(panel.gridPos.x + panel.gridPos.w <= 24, "\(panel.title)") }
        for (index, a) in board.panels.enumerated() {
            for b in board.panels[(index + 1)...] {
                let (p, q) = (a.gridPos, b.gridPos)
                let apart = p.x + p.w <= q.x || q.x + q.w <= p.x || p.y + p.h <= q.y || q.y + q.h <= p.y
                #expect(apart, "\(a.title) and \(b.title) lie on each other")
            }
        }
    }
}
