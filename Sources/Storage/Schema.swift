// The tables, and how older stores become newer ones. Amounts are canonical decimal text, times are
// nanoseconds UTC since 1970. A migration, once released, is never edited; a change is a new one.

import GRDB

enum Schema {
    /// Raised with each migration; in the file as `user_version`.
    static let version: Int64 = 9
    /// "t247", in the file as `application_id`: tells our files from those of other programs.
    static let applicationID: Int64 = 0x7432_3437

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { db in
            try db.execute(sql: version1)
            try db.execute(sql: "PRAGMA application_id = \(applicationID)")
            try db.execute(sql: "PRAGMA user_version = 1")
        }
        migrator.registerMigration("2") { db in
            try db.execute(sql: version2)
            try db.execute(sql: "PRAGMA user_version = 2")
        }
        migrator.registerMigration("3") { db in
            try db.execute(sql: version3)
            try db.execute(sql: "PRAGMA user_version = 3")
        }
        migrator.registerMigration("4") { db in
            try db.execute(sql: version4)
            try db.execute(sql: "PRAGMA user_version = 4")
        }
        migrator.registerMigration("5") { db in
            try db.execute(sql: AlertTables.version5)
            try db.execute(sql: "PRAGMA user_version = 5")
        }
        migrator.registerMigration("6") { db in
            try db.execute(sql: StrategyTables.version6)
            try StrategyTables.fill(db)
            try db.execute(sql: "PRAGMA user_version = 6")
        }
        migrator.registerMigration("7") { db in
            try db.execute(sql: version7)
            try db.execute(sql: "PRAGMA user_version = 7")
        }
        migrator.registerMigration("8") { db in
            try db.execute(sql: version8)
            try db.execute(sql: "PRAGMA user_version = 8")
        }
        migrator.registerMigration("9") { db in
            try db.execute(sql: version9)
            try db.execute(sql: "PRAGMA user_version = 9")
        }
        return migrator
    }

    // Why orders were wanted and why their cancel was asked for. Orders of before have neither.
    private static let version7 = """
        ALTER TABLE orders ADD COLUMN basis TEXT;
        ALTER TABLE orders ADD COLUMN cancel_cause TEXT;
        """

    // Orders that their strategies wanted once, and under which key.
    private static let version8 = """
        ALTER TABLE orders ADD COLUMN once_key TEXT;
        CREATE INDEX orders_once ON orders (epoch, sequence) WHERE once_key IS NOT NULL;
        """

    // The portfolio that the books are about; NULL until the venue named it. Orders that have ended and whose filled size is
    // not final; NULL for all others.
    private static let version9 = """
        ALTER TABLE life ADD COLUMN portfolio TEXT;
        ALTER TABLE orders ADD COLUMN awaits_size INTEGER;
        """

    // What an operator's word keeps across restarts: a pause or a stop; no row while trading is wanted.
    private static let version4 = """
        CREATE TABLE standing (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            kind TEXT NOT NULL,
            said_by TEXT NOT NULL,
            at INTEGER NOT NULL
        );
        """

    // Orders that only the exchange remembered, and where a pruned journal begins: the last row that is gone, the state
    // that all rows up to it made, and when and how it was pruned.
    private static let version3 = """
        CREATE INDEX orders_found ON orders (epoch, sequence) WHERE discovered = 1;
        CREATE TABLE anchor (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            seq INTEGER NOT NULL,
            hash BLOB NOT NULL,
            state TEXT NOT NULL,
            pruned_at INTEGER NOT NULL,
            keep INTEGER NOT NULL,
            seal BLOB NOT NULL
        );
        """

    // Fills of every kind, and what the account should hold.
    private static let version2 = """
        ALTER TABLE fills ADD COLUMN kind TEXT NOT NULL DEFAULT 'trade';
        CREATE TABLE holdings (
            currency TEXT PRIMARY KEY,
            noted TEXT NOT NULL,
            flow TEXT NOT NULL
        ) WITHOUT ROWID;
        """

    // `orders` is clustered by (epoch, sequence), which every lawful client order id fits; packed into one
    // integer only ids with an epoch below 2^31 would. `finished` numbers orders in the order in which they
    // were done; NULLs sort first, so that one index finds both the orders that still matter and the newest
    // of the others.
    private static let version1 = """
        CREATE TABLE meta (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            bot TEXT NOT NULL,
            mode TEXT NOT NULL
        );
        CREATE TABLE life (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            epoch INTEGER NOT NULL,
            recovered INTEGER NOT NULL,
            day INTEGER,
            day_baseline TEXT,
            stop_epoch INTEGER,
            stop_verdict TEXT,
            stop_remaining TEXT,
            stop_at INTEGER
        );
        CREATE TABLE epochs (epoch INTEGER PRIMARY KEY);
        CREATE TABLE orders (
            epoch INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            symbol TEXT NOT NULL,
            side TEXT NOT NULL,
            type TEXT NOT NULL,
            price TEXT,
            time_in_force TEXT,
            good_till INTEGER,
            post_only INTEGER,
            quantity TEXT NOT NULL,
            strategy TEXT NOT NULL,
            discovered INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            state TEXT NOT NULL,
            exchange_id TEXT,
            sent_at INTEGER,
            cancel_requested_at INTEGER,
            filled TEXT NOT NULL,
            booked TEXT NOT NULL,
            ended_at INTEGER,
            reason TEXT NOT NULL,
            finished INTEGER,
            PRIMARY KEY (epoch, sequence)
        ) WITHOUT ROWID;
        CREATE INDEX orders_by_finish ON orders (finished);
        CREATE TABLE fills (
            n INTEGER PRIMARY KEY,
            epoch INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            id TEXT NOT NULL,
            exchange_id TEXT NOT NULL,
            symbol TEXT NOT NULL,
            side TEXT NOT NULL,
            price TEXT NOT NULL,
            quantity TEXT NOT NULL,
            fee TEXT NOT NULL,
            liquidity TEXT NOT NULL,
            at INTEGER NOT NULL,
            UNIQUE (epoch, sequence, id)
        );
        CREATE TABLE positions (
            symbol TEXT PRIMARY KEY,
            quantity TEXT NOT NULL,
            cost_basis TEXT NOT NULL,
            realised TEXT NOT NULL,
            fees TEXT NOT NULL,
            cash TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE halts (
            n INTEGER PRIMARY KEY,
            cause TEXT NOT NULL,
            detail TEXT NOT NULL,
            at INTEGER NOT NULL
        );
        CREATE TABLE memories (strategy TEXT PRIMARY KEY, memory TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE journal (
            seq INTEGER PRIMARY KEY,
            epoch INTEGER NOT NULL,
            turn INTEGER NOT NULL,
            utc INTEGER NOT NULL,
            payload TEXT NOT NULL,
            hash BLOB NOT NULL
        );
        CREATE TABLE chain (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            seq INTEGER NOT NULL,
            hash BLOB NOT NULL
        );
        """
}
