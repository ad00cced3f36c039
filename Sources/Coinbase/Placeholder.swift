// Replaced by the module.
import NIOSSL
