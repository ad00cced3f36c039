/// The version that reports, recordings and `trader247 version` name.
enum Version {
    static let text = "0.1.0"
}
