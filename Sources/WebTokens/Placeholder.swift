// Replaced by the module.
import CCrypto
