// How operators reach a running bot. The socket in the state directory is always there; TCP only where it is asked for,
// then with a token, and beyond this machine only where that is said, too.

import Control
import Glibc
import Trading
import TradingDomain
import WebTokens

struct ControlChoice: Equatable, Sendable {
    struct Address: Equatable, Sendable {
        var host: String
        var port: Int

        var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
        var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

        /// `127.0.0.1:8247`, `[::1]:8247` or `localhost:8247`.
        init?(_ text: String) {
            guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
                (0...65_535).contains(port)
            else { return nil }
            var host = text[..<colon]
            if host.hasPrefix("["), host.hasSuffix("]") {
                host = host.dropFirst().dropLast()
                guard host.contains(":"), host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else {
                    return nil
                }
            } else if host != "localhost" {
                let parts = host.split(separator: ".", omittingEmptySubsequences: false)
                guard parts.count == 4, parts.allSatisfy({ UInt8($0) != nil }) else { return nil }
            }
            self.host = String(host)
            self.port = port
        }
    }

    var listen: Address?
    var tokenFile: String?
    var allowsRemote = false
    /// "name:port", as clients may say it in `Host`.
    var hosts: [String] = []

    /// - Throws: `ControlTokenError` when the token can't be had.
    func settings(_ stateDirectory: String) throws(ControlTokenError) -> ControlSettings {
        var tcp: ControlSettings.TCP?
        if let listen, let tokenFile {
            tcp = ControlSettings.TCP(
                host: listen.host == "localhost" ? "127.0.0.1" : listen.host, port: listen.port,
                token: try ControlToken(file: tokenFile), hosts: hosts)
        }
        return ControlSettings(stateDirectory: stateDirectory, tcp: tcp)
    }
}

extension Configuration {
    /// What a start reads besides, and refuses: the token of the control API, and the key where its file is there.
    /// - Throws: `Leave`.
    func checkOwnFiles() throws {
        do throws(ControlTokenError) {
            _ = try control.settings(stateDirectory)
        } catch {
            throw Leave(Trading.ExitCode.configuration, "control.token_file: \(error)")
        }
        guard case .file(let path) = credentials, access(path, F_OK) == 0 else { return }
        do throws(KeyError) {
            _ = try key()
        } catch {
            throw Leave(Trading.ExitCode.configuration, "exchange.key_file: \(error)")
        }
    }
}

extension Settings {
    static let control: [Setting] = [
        .value(
            "control.listen", \.control.listen,
            .or(.text("an address and port like 127.0.0.1:8247", pattern: ".+:[0-9]{1,5}"), ["none"]),
            "TCP, too; port 0 takes a free one, which the log names",
            { text in text == "none" ? .some(nil) : ControlChoice.Address(text).map { .some($0) } },
            { $0?.text ?? "none" }),
        .optionalText(
            "control.token_file", \.control.tokenFile, "a file",
            "its first line is the token, at least 16 characters; nobody else may read it. Needed with `control.listen`"
        ),
        .flag(
            "control.allow_remote", \.control.allowsRemote,
            "`control.listen` may be an address that other machines can reach; nothing is encrypted there"),
        .value(
            "control.hosts", \.control.hosts,
            .or(.text("names with port, like bot.example.org:443, separated by commas"), ["none"]),
            "names under which clients may come, beside the address itself",
            { text in
                if text == "none" { return [] }
                let names = text.split(separator: ",").map { $0.filter { !$0.isWhitespace }.lowercased() }
                return names.isEmpty || names.contains(where: \.isEmpty) ? nil : names
            }, { $0.isEmpty ? "none" : $0.joined(separator: ",") }),
    ]
}

extension ConfigurationLoader {
    mutating func checkControl() {
        let control = configuration.control
        guard let listen = control.listen else { return }
        if control.tokenFile == nil {
            note(
                place(of: "control.listen"), "control.token_file",
                "TCP needs a token: `openssl rand -hex 32 > FILE; chmod 600 FILE`")
        }
        if !listen.isLoopback, !control.allowsRemote {
            note(
                place(of: "control.listen"), "control.listen",
                "\(listen.text) can be reached from other machines, and what is said there is not encrypted; "
                    + "listen at 127.0.0.1, or say control.allow_remote: true")
        }
    }
}
