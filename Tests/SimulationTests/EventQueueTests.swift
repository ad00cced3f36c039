import Testing

@testable import Simulation

struct EventQueueTests {
    @Test func popsByTimeAndThenInTheOrderOfAdding() {
        var queue = EventQueue<Int>()
        var dice = Choices(seed: 7).dice(.scenario)
        var expected: [(time: Instant, payload: Int)] = []
        for number in 0..<500 {
            let time = dice.below(40)
            queue.add(number, at: time)
            expected.append((time, number))
        }
        expected.sort { ($0.time, $0.payload) < ($1.time, $1.payload) }
        for (time, number) in expected {
            let popped = queue.pop()
            #expect(popped?.time == time)
            #expect(popped?.payload == number)
        }
        #expect(queue.pop() == nil)
    }

    @Test func reusesItsSlots() {
        var queue = EventQueue<String>()
        for round in 0..<50 {
            queue.add("a\(round)", at: Int64(round))
            queue.add("b\(round)", at: Int64(round))
            #expect(queue.pop()?.payload == "a\(round)")
            #expect(queue.pop()?.payload == "b\(round)")
        }
        #expect(queue.isEmpty)
    }
}
