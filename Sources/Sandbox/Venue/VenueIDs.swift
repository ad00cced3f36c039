import ExchangeModel

// The venue's UUIDs, made from the engine's running numbers and read back to them. Nothing is remembered: an
// id carries its number, and one that this book never gave is recognised as such. They follow from the seed.

struct VenueIDs: Sendable {
    enum Kind: UInt64 {
        case order = 1
        case fill, trade, account, portfolio, user, preview
    }

    let seed: UInt64

    func text(_ kind: Kind, _ number: Int64) -> String {
        let tag = SeededGenerator.seed(seed, kind.rawValue, UInt64(bitPattern: number))
        let hidden = (UInt64(bitPattern: number) ^ mask(kind, tag)) & 0xFFFF_FFFF_FFFF
        let high = (tag >> 16) << 16 | 0x4000 | (tag >> 4 & 0xFFF)
        let low = (0x8 | (tag & 3)) << 60 | (tag >> 2 & 3) << 58 | hidden
        return hex(high, low)
    }

    /// The number that an id of this kind carries; nil for one that was not made here.
    func number(_ kind: Kind, _ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        var count = 0
        for (place, byte) in bytes.enumerated() {
            if place == 8 || place == 13 || place == 18 || place == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = digit(byte) else { return nil }
            if count < 16 { high = high << 4 | digit } else { low = low << 4 | digit }
            count += 1
        }
        let tag = (high >> 16) << 16 | (high & 0xFFF) << 4 | (low >> 58 & 3) << 2 | (low >> 60 & 3)
        let number = Int64((low ^ mask(kind, tag)) & 0xFFFF_FFFF_FFFF)
        return self.text(kind, number) == text ? number : nil
    }

    private func mask(_ kind: Kind, _ tag: UInt64) -> UInt64 {
        SeededGenerator.seed(seed, kind.rawValue, tag, 1)
    }

    private func digit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a")) + 10
        default: nil
        }
    }

    private func hex(_ high: UInt64, _ low: UInt64) -> String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            var place = 0
            for count in 0..<32 {
                if count == 8 || count == 12 || count == 16 || count == 20 {
                    buffer[place] = UInt8(ascii: "-")
                    place += 1
                }
                let part = count < 16 ? high >> (60 - 4 * UInt64(count)) : low >> (124 - 4 * UInt64(count))
                let nibble = UInt8(part & 15)
                buffer[place] = nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
                place += 1
            }
            return 36
        }
    }
}
