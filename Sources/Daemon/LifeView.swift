// What a terminal shows of a running life, as far as the loop knows of it: nothing but that it is over.

import Trading

package protocol LifeView: AnyObject, Sendable {
    /// The stop is over and its summary is about to be written. Returns at once.
    func conclude(_ overview: CoreOverview)
}
