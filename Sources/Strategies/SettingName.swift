/// How a property is called in a configuration: `fastCycles` is `fast_cycles`.
package enum SettingName {
    package static func key(_ property: String) -> String {
        // Keys of a dictionary are no properties: BTC-USD stays what it is.
        guard property.utf8.first.map({ (97...122).contains($0) }) == true,
            property.utf8.allSatisfy({ isLetter($0) || (48...57).contains($0) })
        else { return property }
        var key = ""
        for character in property {
            if character.isUppercase { key += "_" }
            key += character.lowercased()
        }
        return key
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (97...122).contains(byte) || (65...90).contains(byte)
    }
}
