//! Removal of what has expired.
//!
//! Guarantee: removes only what no read returns any more, a part at a time, so that no operation
//! waits long for it.

use rusqlite::Connection;

use super::component_parts;
use super::errors::SqlResult;
use vconduit_base::clock::now_ms_signed as now_ms;

/// Rows of each table that one sweep removes.
const MAX_ROWS: u32 = 500;

/// Removes one part of each table, in one transaction. Returns true when there may be more.
pub fn sweep(db: &Connection) -> SqlResult<bool> {
    let transaction = db.unchecked_transaction()?;
    let limits = (now_ms(), MAX_ROWS);
    let documents = transaction.execute(
        "DELETE FROM documents WHERE rowid IN (SELECT rowid FROM documents WHERE expires_ms <= ?1 LIMIT ?2)",
        limits,
    )?;
    // A term of a busy party has millions of ids. They go a part at a time, and the term goes last.
    let term_ids = transaction.execute(
        "DELETE FROM term_ids WHERE (term, id) IN (SELECT term_ids.term, term_ids.id FROM terms
             JOIN term_ids ON term_ids.term = terms.term WHERE terms.expires_ms <= ?1 LIMIT ?2)",
        limits,
    )?;
    let terms = transaction.execute(
        "DELETE FROM terms WHERE term IN (SELECT term FROM terms WHERE expires_ms <= ?1
             AND NOT EXISTS (SELECT 1 FROM term_ids WHERE term_ids.term = terms.term) LIMIT ?2)",
        limits,
    )?;
    let contexts = transaction.execute(
        "DELETE FROM contexts WHERE (list, id, number) IN
             (SELECT list, id, number FROM contexts WHERE expires_ms <= ?1 LIMIT ?2)",
        limits,
    )?;
    let trails = transaction.execute(
        "DELETE FROM trails WHERE (vcon, number) IN (SELECT vcon, number FROM trails WHERE expires_ms <= ?1 LIMIT ?2)",
        limits,
    )?;
    let deleted = transaction.execute(
        "DELETE FROM deleted WHERE id IN (SELECT id FROM deleted WHERE expires_ms <= ?1 LIMIT ?2)",
        limits,
    )?;
    let resumed = transaction.execute(
        "DELETE FROM resumed WHERE (list, id) IN (SELECT list, id FROM resumed WHERE expires_ms <= ?1 LIMIT ?2)",
        limits,
    )?;
    let components = component_parts::sweep(&transaction, limits.0)?;
    transaction.commit()?;
    Ok(components || [documents, term_ids, terms, contexts, trails, deleted, resumed].contains(&(MAX_ROWS as usize)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(db: &Connection, table: &str) -> i64 {
        db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
            .unwrap()
    }

    #[test]
    fn the_ids_of_a_busy_term_go_a_part_at_a_time() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(concat!(
            include_str!("schema/1.sql"),
            include_str!("schema/2.sql"),
            include_str!("schema/3.sql"),
            include_str!("schema/5.sql")
        ))
        .unwrap();
        db.execute("INSERT INTO terms VALUES ('tel:+1', 1), ('tel:+2', NULL)", [])
            .unwrap();
        let number = i64::from(MAX_ROWS) + 7;
        for id in 0..number {
            let insert = "INSERT INTO term_ids VALUES ('tel:+1', ?1), ('tel:+2', ?1)";
            db.execute(insert, [id.to_string()]).unwrap();
        }
        assert!(sweep(&db).unwrap(), "there is more to remove");
        assert_eq!(rows(&db, "term_ids"), number + 7, "one part is removed");
        assert_eq!(rows(&db, "terms"), 2, "the term goes after its ids");
        assert!(!sweep(&db).unwrap());
        assert_eq!((rows(&db, "term_ids"), rows(&db, "terms")), (number, 1));
    }
}
