// Which addresses are taken, and that nothing goes out in the clear.

import Testing
import Transport

@Suite struct TransportEndpointTests {
    @Test func takesTheVenuesAddresses() throws {
        let rest = try Endpoint("https://api.coinbase.com", .rest)
        #expect(rest.host == "api.coinbase.com" && rest.port == 443 && rest.isSecure)
        #expect(rest.hostAndPort == "api.coinbase.com")
        #expect(try Endpoint("https://api.example:443/", .rest).hostAndPort == "api.example:443")
        let socket = try Endpoint("wss://Host.Example:9/ws?a=b", .webSocket)
        #expect(socket.path == "/ws?a=b" && socket.hostAndPort == "host.example:9" && socket.port == 9)
        #expect(try Endpoint("wss://host.example", .webSocket).path == "/")
    }

    @Test(arguments: ["127.0.0.1", "127.9.8.7", "localhost", "[::1]"])
    func loopbackMayBeInTheClear(_ host: String) throws {
        let endpoint = try Endpoint("http://\(host):8080", .rest)
        #expect(endpoint.hostAndPort == "\(host):8080" && !endpoint.isSecure)
        #expect(try Endpoint("ws://\(host)", .webSocket).port == 80)
    }

    @Test(arguments: [
        "10.0.0.1", "api.coinbase.com", "127.0.0.1.evil.example", "127.1", "localhost.evil.example", "[::2]",
        "[::ffff:127.0.0.1]", "0.0.0.0", "127.0.0.256",
    ])
    func nothingElseMay(_ host: String) {
        #expect(throws: EndpointError.self) { try Endpoint("http://\(host)", .rest) }
        #expect(throws: EndpointError.self) { try Endpoint("ws://\(host):80/", .webSocket) }
    }

    @Test(arguments: [
        "", "api.coinbase.com", "ftp://a", "wss://a", "https://", "https://a/path", "https://a?b",
        "https://a#b",
        "https://u:p@a", "https://a:", "https://a:0", "https://a:65536", "https://a:+1", "https://a b",
        "https://[::1",
        "https://[a]", "https://a:1:2", "https://é", "https://a\r\nb",
    ])
    func whatIsNoAddressIsRefused(_ text: String) {
        #expect(throws: EndpointError.self) { try Endpoint(text, .rest) }
    }
}
