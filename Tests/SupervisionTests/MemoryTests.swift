import CLinux
import Glibc
import Testing

@Suite struct MemoryTests {
    /// In a process of its own, for it can't be taken back by whoever is not root.
    @Test func memoryBecomesPrivateWhereNoCoreDumpIsAllowed() async {
        await #expect(processExitsWith: .success) {
            cl_no_core_dumps()
            guard cl_memory_is_private() == 0 else { exit(2) }
            cl_keep_memory_private()
            exit(cl_memory_is_private() == 1 ? 0 : 3)
        }
    }

    @Test func whereCoreDumpsAreAllowedItStaysOpen() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit()
            guard getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit) == 0, limit.rlim_max > 0 else {
                exit(0)
            }
            limit.rlim_cur = limit.rlim_max
            guard setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit) == 0 else { exit(2) }
            cl_keep_memory_private()
            exit(cl_memory_is_private() == 0 ? 0 : 3)
        }
    }
}
