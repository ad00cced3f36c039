// The account's portfolios, and which key belongs to which. A key sees its own portfolio and nothing of the others.

struct Portfolios {
    private(set) var names = ["Default"]
    /// By the key's name; who is not in it belongs to the default one.
    private var numbers: [String: Int] = [:]

    mutating func add(_ name: String) { names.append(name) }

    mutating func bind(_ key: String, to portfolio: Int) { numbers[key] = portfolio }

    func number(of visitor: Authenticator.Visitor) -> Int {
        switch visitor {
        case .anybody: 0
        case .key(let name): numbers[name] ?? 0
        }
    }

    /// The keys that were given to it, by name; those that nobody gave away are not among them.
    func keys(of portfolio: Int) -> [String] {
        numbers.filter { $0.value == portfolio }.map(\.key).sorted()
    }
}
