//! The table of vCons: its definition, a row, and the statements.
//!
//! Guarantee: definition and upsert are the Conserver's. Times are in UTC.

use chrono::{NaiveDateTime, Utc};
use deadpool_postgres::Client;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use super::created_at::created_at_utc;
use super::json::storable;
use crate::Saved;
use vcon_document::{Document, EgressFormat, Form, Pointer};

/// Name of the Conserver's table.
const USUAL_TABLE: &str = "vcons";
/// Name that the Conserver gives to the index of every table.
const USUAL_INDEX: &str = "dynamicvcons_vcon_json";

/// Errors of PostgreSQL when two programs create the same table: its name, its row type or a row of
/// the catalogue exists already.
const COLLISIONS: [SqlState; 3] = [
    SqlState::DUPLICATE_TABLE,
    SqlState::DUPLICATE_OBJECT,
    SqlState::UNIQUE_VIOLATION,
];

/// A row of the table.
pub struct Row {
    id: Uuid,
    version: String,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    subject: Option<String>,
    json: String,
}

impl Row {
    /// Makes the row of a document.
    ///
    /// # Errors
    /// The vCon lacks a value that a column needs. The text names it.
    pub fn of(saved: &Saved, egress: EgressFormat) -> Result<Self, &'static str> {
        let id = Uuid::parse_str(saved.id.as_str())
            .map_err(|_| "the vCon's id is not a UUID, and the table takes no other")?;
        let now = Utc::now().naive_utc();
        let created_at = created_at_utc(&saved.document);
        let created_at = match saved.document.form() {
            Form::Unsigned => {
                created_at.ok_or("the vCon has no created_at that can be read, and the table demands one")?
            }
            // A signed or encrypted document may hide it.
            Form::Signed | Form::Encrypted => created_at.unwrap_or(now),
        };
        let text = egress.apply(&saved.document);
        let (json, changed) = storable(&text);
        if changed {
            tracing::warn!(vcon = %saved.id, "PostgreSQL can't hold \\u0000 or half surrogate pairs: left out of the stored copy");
        }
        let subject = member(&saved.document, "/subject").map(|text| text.replace('\0', ""));
        Ok(Self {
            id,
            version: version(saved, egress),
            created_at,
            updated_at: now,
            subject,
            json: json.into_owned(),
        })
    }
}

fn version(saved: &Saved, egress: EgressFormat) -> String {
    match (saved.document.form(), egress) {
        (Form::Signed, _) => "signed".to_owned(),
        (Form::Encrypted, _) => "encrypted".to_owned(),
        (Form::Unsigned, EgressFormat::V0_0_1) => "0.0.1".to_owned(),
        (Form::Unsigned, EgressFormat::AsStored) => {
            member(&saved.document, "/vcon").unwrap_or_default().replace('\0', "")
        }
    }
}

fn member(document: &Document, pointer: &str) -> Option<String> {
    let pointer = Pointer::parse(pointer).ok()?;
    document.string(&pointer).ok()?.map(std::borrow::Cow::into_owned)
}

/// Statements for one table.
pub struct Statements {
    table: String,
    usual: bool,
    index: String,
}

impl Statements {
    /// Makes the statements for the table of this name.
    pub fn new(table: &str) -> Self {
        let usual = table == USUAL_TABLE;
        let index = if usual {
            USUAL_INDEX.to_owned()
        } else {
            format!("{table}_vcon_json")
        };
        Self {
            table: quoted(table),
            usual,
            index: quoted(&index),
        }
    }

    /// Creates the table and its index, unless the table exists. An existing table stays as it is,
    /// with or without an index: the index may have another name, and the right to create one may
    /// be missing.
    pub async fn create_table(&self, client: &mut Client) -> Result<(), Error> {
        match self.try_create_table(client).await {
            // Another program created it at the same time, which "if not exists" does not prevent.
            // The second try finds it.
            Err(error) if error.code().is_some_and(|state| COLLISIONS.contains(state)) => {
                self.try_create_table(client).await
            }
            result => result,
        }
    }

    async fn try_create_table(&self, client: &mut Client) -> Result<(), Error> {
        let found = client
            .query_one("SELECT to_regclass($1::text) IS NOT NULL", &[&self.table])
            .await?;
        if found.try_get(0)? {
            return Ok(());
        }
        let table = &self.table;
        let columns = r#""id" UUID NOT NULL PRIMARY KEY, "vcon" TEXT NOT NULL, "uuid" UUID NOT NULL, "created_at" TIMESTAMP NOT NULL, "updated_at" TIMESTAMP, "subject" TEXT, "vcon_json" JSONB"#;
        let transaction = client.transaction().await?;
        // Hosts that start together take turns. The lock ends with the transaction.
        transaction
            .execute("SELECT pg_advisory_xact_lock(hashtext($1::text))", &[&table])
            .await?;
        transaction
            .batch_execute(&format!("CREATE TABLE IF NOT EXISTS {table} ({columns})"))
            .await?;
        // The Conserver's index name can belong to one table only. Where it is taken, "if not
        // exists" creates no index.
        let index = &self.index;
        transaction
            .batch_execute(&format!(
                r#"CREATE INDEX IF NOT EXISTS {index} ON {table} USING GIN ("vcon_json")"#
            ))
            .await?;
        transaction.commit().await?;
        tracing::info!(table, usual = self.usual, "created the table for vCons");
        Ok(())
    }

    /// Inserts a row, or replaces all its columns.
    pub async fn upsert(&self, client: &Client, row: &Row) -> Result<(), Error> {
        let columns = ["vcon", "uuid", "created_at", "updated_at", "subject", "vcon_json"];
        let names = columns.map(|column| format!(r#""{column}""#)).join(", ");
        let updates = columns
            .map(|column| format!(r#""{column}" = EXCLUDED."{column}""#))
            .join(", ");
        let table = &self.table;
        let text = format!(
            r#"INSERT INTO {table} ("id", {names}) VALUES ($1, $2, $1, $3, $4, $5, $6::text::jsonb) ON CONFLICT ("id") DO UPDATE SET {updates}"#
        );
        let statement = client.prepare_cached(&text).await?;
        client
            .execute(
                &statement,
                &[
                    &row.id,
                    &row.version,
                    &row.created_at,
                    &row.updated_at,
                    &row.subject,
                    &row.json,
                ],
            )
            .await
            .map(drop)
    }

    /// Returns the JSON text of a document. None if there is no row.
    pub async fn select(&self, client: &Client, id: Uuid) -> Result<Option<String>, Error> {
        let statement = client
            .prepare_cached(&format!(
                r#"SELECT "vcon_json"::text FROM {} WHERE "id" = $1"#,
                self.table
            ))
            .await?;
        match client.query_opt(&statement, &[&id]).await? {
            Some(row) => row.try_get(0),
            None => Ok(None),
        }
    }

    /// Deletes a row. Returns false if there was none.
    pub async fn delete(&self, client: &Client, id: Uuid) -> Result<bool, Error> {
        let statement = client
            .prepare_cached(&format!(r#"DELETE FROM {} WHERE "id" = $1"#, self.table))
            .await?;
        client.execute(&statement, &[&id]).await.map(|rows| rows > 0)
    }
}

/// Quotes a name for SQL, without NUL, which no name can hold.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\"").replace('\0', ""))
}
