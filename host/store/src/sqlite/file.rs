//! The file: how it is opened, set up and recognized.
//!
//! Guarantee: a file that an older version made is brought to the newest form in one step. A file
//! that a newer version or another program made is refused, not changed.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::errors::{SqlError, SqlResult};

/// The steps from an empty file to the newest form of the tables. A step that was released never
/// changes, because files have been made by it.
const SCHEMA: [&str; 5] = [
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
];
/// "vCon" in ASCII: distinguishes our files from other SQLite files.
const APPLICATION: i32 = 0x7643_6f6e;
/// Prepared statements that a connection keeps. More than this program has.
const MAX_STATEMENTS: usize = 128;

/// Opens the file for writing, and creates it when there is none.
pub fn open_writer(path: &Path) -> SqlResult<Connection> {
    let mut db = Connection::open(path)?;
    set_up(&db)?;
    // A page of 8 KB holds a small vCon. The size must be set before there is anything in the file.
    db.execute_batch("PRAGMA page_size = 8192; PRAGMA journal_mode = WAL;")?;
    // FULL: the log is on the disk before a step returns. The log is copied into the file after 32
    // MB, and cut to 64 MB.
    db.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = 4096;
         PRAGMA journal_size_limit = 67108864;
         PRAGMA foreign_keys = OFF;
         PRAGMA cache_size = -65536;
         PRAGMA temp_store = MEMORY;",
    )?;
    let version: i32 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let application: i32 = db.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match (version, application, tables) {
        (0, 0, 0) => upgrade(&mut db, 0)?,
        (form @ 1.., APPLICATION, _) => upgrade(&mut db, form)?,
        _ => return Err(SqlError::damaged("the file was made by another program")),
    }
    Ok(db)
}

/// Opens the file for reading.
pub fn open_reader(path: &Path) -> SqlResult<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    set_up(&db)?;
    db.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -16384; PRAGMA mmap_size = 268435456;")?;
    Ok(db)
}

fn set_up(db: &Connection) -> SqlResult<()> {
    db.busy_timeout(Duration::from_secs(5))?;
    db.set_prepared_statement_cache_capacity(MAX_STATEMENTS);
    Ok(())
}

/// Brings the tables from this form to the newest, all steps in one transaction.
fn upgrade(db: &mut Connection, form: i32) -> SqlResult<()> {
    let missing = usize::try_from(form).ok().and_then(|form| SCHEMA.get(form..));
    let Some(missing) = missing else {
        return Err(SqlError::damaged(format!(
            "the file has form {form}, this program knows forms up to {}; use the version that made it",
            SCHEMA.len()
        )));
    };
    if missing.is_empty() {
        return Ok(());
    }
    let transaction = db.transaction()?;
    for sql in missing {
        transaction.execute_batch(sql)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(
        None,
        "user_version",
        i32::try_from(SCHEMA.len()).map_err(SqlError::damaged)?,
    )?;
    Ok(transaction.commit()?)
}
