// The console: one page and its two files, built into the binary, and what the page asks for beside the API. The files
// hold no data, so anybody who reaches the server may have them; everything in the page comes through the API.

extension ControlRoutes {
    /// Nothing from anywhere else, no code but the page's own file, no frame around it.
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    var console: [ControlRoute] {
        [
            Self.file("/", "text/html; charset=utf-8", PackageResources.console_html),
            Self.file("/console.css", "text/css; charset=utf-8", PackageResources.console_css),
            Self.file("/console.js", "text/javascript; charset=utf-8", PackageResources.console_js),
            .get("/v1/curve") { _ in .json(CurveView(points: desk.curve)) },
        ]
    }

    private static func file(_ path: String, _ type: String, _ bytes: [UInt8]) -> ControlRoute {
        .get(path, access: .open) { _ in
            ControlResponse(
                contentType: type, body: bytes,
                headers: [
                    ("content-security-policy", policy), ("referrer-policy", "no-referrer"),
                    ("cross-origin-opener-policy", "same-origin"),
                ])
        }
    }

    private struct CurveView: Encodable { var points: [ResultCurve.Point] }
}
