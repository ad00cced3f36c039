// A thread of the operating system that needs neither Swift's task pool nor Foundation.
//
// The loop, the watchdog, the commits and the log's writers each own one. A thread is never joined and never
// cancelled: whoever may hang in the kernel must not be waited for.

import CLinux
import Glibc

package enum PlainThread {
    /// The system would not give us a thread.
    package struct Failure: Error, CustomStringConvertible {
        package let name: String
        package let code: Int32
        package var description: String {
            "cannot start thread \(name): \(systemMessage(code)); "
                + "look at the limits on processes and memory"
        }
    }

    private final class Body: Sendable {
        let name: String
        let run: @Sendable () -> Void
        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Starts `body` on a thread of its own. The name is cut to 15 characters, as the kernel does.
    package static func start(
        _ name: String, stack: Int = 512 * 1024, _ body: @escaping @Sendable () -> Void
    ) throws(Failure) {
        var attributes = pthread_attr_t()
        var code = pthread_attr_init(&attributes)
        guard code == 0 else { throw Failure(name: name, code: code) }
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stack)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let box = Unmanaged.passRetained(Body(name: String(name.prefix(15)), run: body))
        var thread = pthread_t()
        code = pthread_create(
            &thread, &attributes,
            { context in
                guard let context else { return nil }
                let body = Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
                cl_name_thread(body.name)
                body.run()
                return nil
            }, box.toOpaque())
        guard code == 0 else {
            box.release()
            throw Failure(name: name, code: code)
        }
    }
}

/// The system's words for an `errno`.
package func systemMessage(_ code: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 128)
    guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
    let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return text.isEmpty ? "error \(code)" : text
}
