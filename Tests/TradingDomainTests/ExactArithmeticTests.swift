// Exact arithmetic against schoolbook arithmetic: products, quotients, roundings, the extremes, overflow.

import Testing
import TradingDomain

@Suite struct ExactArithmeticTests {
    private let roundings = [Rounding.down, .up, .halfEven]

    private func money(_ text: String) throws -> Money { try Money(parsing: text) }

    @Test("sums and differences are exact or refused")
    func sums() throws {
        #expect(try money("0.1") + money("0.2") == money("0.3"))
        #expect(try money("1") - money("1.000000000000000001") == money("-0.000000000000000001"))
        let most = Money(raw: .max)
        #expect(throws: ArithmeticError.self) { try most + Money(raw: 1) }
        #expect(throws: ArithmeticError.self) { try Money(raw: -.max) - Money(raw: 1) }
        #expect(try most - most == .zero)
        #expect(throws: ArithmeticError.self) { try most.times(2) }
        #expect(try money("-1.5").times(-4) == money("6"))
        #expect(-most == Money(raw: -.max))
        #expect(Money(raw: -.max).magnitude == most)
        var chance = Chance(state: 2)
        for _ in 0..<6_000 {
            let a = Money(raw: chance.raw())
            let b = Money(raw: chance.raw())
            guard let sum = try? a + b else {
                #expect(a.isNegative == b.isNegative)
                continue
            }
            #expect(try sum - b == a)
            #expect((sum < a) == b.isNegative)
        }
    }

    @Test("products equal schoolbook multiplication for every rounding and sign")
    func products() throws {
        var chance = Chance(state: 3)
        var overflows = 0
        for _ in 0..<6_000 {
            let a = chance.raw()
            let b = chance.raw()
            let exact = LongNumber(a.magnitude) * LongNumber(b.magnitude)
            let (kept, cut) = exact.cut(18)
            let half = LongNumber(5 * LongNumber.power(17).uint)
            for rounding in roundings {
                let odd = (kept.digits.first ?? 0) % 2 == 1
                let up =
                    switch rounding {
                    case .down: false
                    case .up: cut != LongNumber(0)
                    case .halfEven: half < cut || (half == cut && odd)
                    }
                let magnitude = (up ? kept.plusOne : kept).raw
                let product = try? Price(raw: a).times(Quantity(raw: b), rounding)
                #expect(
                    product?.raw == magnitude.map { (a < 0) != (b < 0) ? -$0 : $0 }, "\(a) \(b) \(rounding)")
                if product == nil { overflows += 1 }
            }
        }
        #expect(overflows > 300)
        #expect(overflows < 15_000)
    }

    @Test("quotients are the largest that do not exceed the exact one, or the next")
    func quotients() throws {
        var chance = Chance(state: 4)
        var results = 0
        for _ in 0..<6_000 {
            let a = chance.raw()
            let b = chance.raw()
            guard b != 0, let down = try? Money(raw: a).over(Quantity(raw: b), .down) else { continue }
            results += 1
            let exact = LongNumber(a.magnitude) * .power(18)
            let low = LongNumber(down.raw.magnitude) * LongNumber(b.magnitude)
            let high = LongNumber(down.raw.magnitude + 1) * LongNumber(b.magnitude)
            #expect(!(exact < low))
            #expect(exact < high)
            #expect(down.raw == 0 || (down.raw < 0) == ((a < 0) != (b < 0)))
            let up = try? Money(raw: a).over(Quantity(raw: b), .up)
            if low == exact {
                #expect(up == down)
            } else if let up {
                #expect(up.raw.magnitude == down.raw.magnitude + 1)
            }
        }
        #expect(results > 1500)
        #expect(throws: ArithmeticError.self) { try Money(1).over(Quantity.zero, .down) }
        #expect(throws: ArithmeticError.self) { try Money(1).over(Price.zero, .down) }
        #expect(throws: ArithmeticError.self) { try Money(raw: .max).over(Quantity(raw: 1), .down) }
    }

    @Test("the sizes and prices of every market fit: 10^15 × 10^-12 and 10^6 × 10^6")
    func extremes() throws {
        let tiny = try Price(parsing: "0.000000000001")
        for rounding in roundings {
            #expect(try tiny.times(Quantity(1_000_000_000_000_000), rounding) == Money(1000))
            #expect(try Price(1_000_000).times(Quantity(1_000_000), rounding) == Money(1_000_000_000_000))
        }
        #expect(try Money(1000).over(Quantity(1_000_000_000_000_000), .down) == tiny)
        #expect(try Money(1000).over(tiny, .down) == Quantity(1_000_000_000_000_000))
        #expect(throws: ArithmeticError.self) {
            try Price(1_000_000_000_000_000).times(Quantity(1_000_000), .down)
        }
        #expect(throws: ArithmeticError.self) { try Price(raw: .max).times(Quantity(raw: .max), .down) }
        #expect(throws: ArithmeticError.self) { try Price(raw: -.max).times(Quantity(raw: .max), .up) }
        #expect(Price(Int64.max).raw == Int128(Int64.max) * 1_000_000_000_000_000_000)
        #expect(Price(Int64.min).description == "-9223372036854775808")
    }

    @Test(
        "roundings: down is toward zero, up away from it, half to even",
        arguments: [
            ("1.25", "0.1", "1.2", "1.3", "1.2"), ("1.35", "0.1", "1.3", "1.4", "1.4"),
            ("1.26", "0.1", "1.2", "1.3", "1.3"), ("1.24", "0.1", "1.2", "1.3", "1.2"),
            ("-1.25", "0.1", "-1.2", "-1.3", "-1.2"), ("-1.35", "0.1", "-1.3", "-1.4", "-1.4"),
            ("-1.26", "0.1", "-1.2", "-1.3", "-1.3"), ("7", "5", "5", "10", "5"),
            ("-8", "5", "-5", "-10", "-10"),
            ("10", "5", "10", "10", "10"), ("0.01", "5", "0", "5", "0"), ("-0.01", "5", "0", "-5", "0"),
        ])
    func roundings(_ value: String, _ step: String, _ down: String, _ up: String, _ even: String) throws {
        let value = try Price(parsing: value)
        let step = try Price(parsing: step)
        #expect(try value.rounded(to: step, .down).description == down)
        #expect(try value.rounded(to: step, .up).description == up)
        #expect(try value.rounded(to: step, .halfEven).description == even)
        #expect(try value.rounded(to: step, .down).isMultiple(of: step))
    }

    @Test("the last digit of a product rounds as named, also below zero")
    func lastDigit() throws {
        let half = try Quantity(parsing: "0.5")
        for (raw, down, up, even) in [(1, 0, 1, 0), (3, 1, 2, 2), (5, 2, 3, 2)]
            as [(Int128, Int128, Int128, Int128)]
        {
            for sign in [1, -1] as [Int128] {
                let price = Price(raw: sign * raw)
                #expect(try price.times(half, .down).raw == sign * down)
                #expect(try price.times(half, .up).raw == sign * up)
                #expect(try price.times(half, .halfEven).raw == sign * even)
            }
        }
    }

    @Test("rounding to an increment refuses a bad increment and a result beyond the limit")
    func badIncrement() throws {
        #expect(throws: ArithmeticError.self) { try Price(1).rounded(to: .zero, .down) }
        #expect(throws: ArithmeticError.self) { try Price(1).rounded(to: Price(-1), .down) }
        #expect(throws: ArithmeticError.self) { try Price(raw: .max).rounded(to: Price(1), .up) }
        #expect(throws: ArithmeticError.self) { try Price(raw: -.max).rounded(to: Price(1), .up) }
        #expect(try Price(raw: .max).rounded(to: Price(1), .down).description == "170141183460469231731")
        #expect(!Price(1).isMultiple(of: .zero))
    }

    @Test("scaling by a ratio keeps the full width in between")
    func scaling() throws {
        #expect(try Money(raw: .max).scaled(by: 7, over: 7, .down) == Money(raw: .max))
        #expect(try Money(10).scaled(by: -1, over: 3, .down).description == "-3.333333333333333333")
        #expect(try Money(10).scaled(by: -1, over: -3, .up).description == "3.333333333333333334")
        #expect(try Money(raw: 5).scaled(by: 1, over: 2, .halfEven).raw == 2)
        #expect(try Money(raw: -7).scaled(by: 1, over: 2, .halfEven).raw == -4)
        #expect(try Money(1).scaled(by: .min, over: .min, .down) == Money(1))
        #expect(throws: ArithmeticError.self) { try Money(1).scaled(by: 1, over: 0, .down) }
        #expect(throws: ArithmeticError.self) { try Money(raw: .max).scaled(by: 2, over: 1, .down) }
    }

    @Test("rates: basis points, fees, shares")
    func rates() throws {
        #expect(Rate(basisPoints: 25).description == "0.0025")
        #expect(Rate(basisPoints: -1).description == "-0.0001")
        #expect(try money("123.45").times(Rate(basisPoints: 60), .up) == money("0.7407"))
        #expect(try Price(200).times(Rate(basisPoints: 5000), .down) == Price(100))
        #expect(try Money(1).over(Money(8), .down).description == "0.125")
        #expect(throws: ArithmeticError.self) { try Money(1).over(Money.zero, .down) }
    }
}

extension LongNumber {
    /// For numbers that fit.
    fileprivate var uint: UInt128 { raw.map { UInt128($0) } ?? 0 }
}
