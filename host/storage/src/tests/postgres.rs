//! The PostgreSQL storage, and faults of its server.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio_postgres::{NoTls, SimpleQueryMessage};

use super::servers::{Server, free_port};
use super::{ID, id, make, permanent, round_trip, saved, saved_as, transient, vcon};
use crate::{Saved, Storage};
use vcon_document::{Document, EgressFormat, Text};

const PASSWORD: &str = "s3cr3t-p4ss";

fn storage(server: &Server, more: Value) -> Arc<dyn Storage> {
    let mut given = json!({"host": "127.0.0.1", "port": server.port.to_string(), "password": "{{secret:PASSWORD}}"});
    given.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    make("storage.postgres", given)
}

/// Returns all columns of all rows as text. NULL is `-`.
async fn query(server: &Server, sql: &str) -> Vec<Vec<String>> {
    try_query(server, sql).await.unwrap()
}

async fn try_query(server: &Server, sql: &str) -> Result<Vec<Vec<String>>, tokio_postgres::Error> {
    let config = format!(
        "host=127.0.0.1 port={} user=postgres password={PASSWORD} dbname=vcon_db",
        server.port
    );
    let (client, connection) = tokio_postgres::connect(&config, NoTls).await.unwrap();
    tokio::spawn(connection);
    let messages = client.simple_query(sql).await?;
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let texts = rows.map(|row| {
        (0..row.len())
            .map(|place| row.get(place).unwrap_or("-").to_owned())
            .collect()
    });
    Ok(texts.collect())
}

async fn indexes(server: &Server, table: &str) -> Vec<String> {
    let sql = format!("SELECT indexdef FROM pg_indexes WHERE tablename = '{table}' AND indexdef LIKE '%gin%'");
    query(server, &sql).await.into_iter().flatten().collect()
}

#[tokio::test]
async fn the_table_and_its_rows_are_those_of_the_conserver() {
    let server = Server::postgres(PASSWORD);
    let storage = storage(&server, json!({"name": "postgres"}));
    assert_eq!(storage.get(&id(ID)).await.unwrap(), None, "no table yet");
    round_trip(&*storage).await;
    let columns = query(
        &server,
        "SELECT column_name, data_type, is_nullable FROM information_schema.columns WHERE table_name = 'vcons' ORDER BY ordinal_position",
    );
    let expected = [
        ["id", "uuid", "NO"],
        ["vcon", "text", "NO"],
        ["uuid", "uuid", "NO"],
        ["created_at", "timestamp without time zone", "NO"],
        ["updated_at", "timestamp without time zone", "YES"],
        ["subject", "text", "YES"],
        ["vcon_json", "jsonb", "YES"],
    ];
    assert_eq!(columns.await, expected);
    let index = indexes(&server, "vcons").await;
    assert_eq!(
        index,
        ["CREATE INDEX dynamicvcons_vcon_json ON public.vcons USING gin (vcon_json)"]
    );
    let keys = query(
        &server,
        "SELECT indexdef FROM pg_indexes WHERE indexname = 'vcons_pkey'",
    )
    .await;
    assert_eq!(
        keys,
        [["CREATE UNIQUE INDEX vcons_pkey ON public.vcons USING btree (id)"]]
    );

    storage.save(&saved("2024-01-01T01:00:00.25+05:00")).await.unwrap();
    let row = "SELECT id, vcon, uuid, created_at, subject, vcon_json->>'uuid', abs(extract(epoch FROM updated_at - (now() AT TIME ZONE 'UTC'))) < 60 FROM vcons";
    let expected = [[ID, "0.4.0", ID, "2023-12-31 20:00:00.25", "Größe", ID, "t"]];
    assert_eq!(query(&server, row).await, expected);
    let mut changed = vcon(ID, "2024-02-02T00:00:00");
    changed.as_object_mut().unwrap().remove("subject");
    storage.save(&saved_as(ID, &changed)).await.unwrap();
    let expected = [[ID, "0.4.0", ID, "2024-02-02 00:00:00", "-", ID, "t"]];
    assert_eq!(query(&server, row).await, expected);
}

#[tokio::test]
async fn the_egress_format_changes_the_copy_and_the_version_column() {
    let server = Server::postgres(PASSWORD);
    let storage = storage(&server, json!({}));
    let converted = Saved {
        egress: EgressFormat::V0_0_1,
        ..saved("2024-01-01T00:00:00Z")
    };
    storage.save(&converted).await.unwrap();
    let rows = query(
        &server,
        "SELECT vcon, vcon_json->>'vcon', vcon_json->'attachments'->0->>'type' FROM vcons",
    )
    .await;
    assert_eq!(rows, [["0.0.1", "0.0.1", "tags"]]);
}

#[tokio::test]
async fn tables_of_other_names_get_an_index_of_their_own() {
    let server = Server::postgres(PASSWORD);
    for table in ["vcons", "Second", "odd\"name"] {
        storage(&server, json!({"table": table}))
            .save(&saved("2024-01-01T00:00:00Z"))
            .await
            .unwrap();
    }
    assert!(indexes(&server, "Second").await[0].contains("\"Second_vcon_json\""));
    assert_eq!(indexes(&server, "odd\"name").await.len(), 1);
    // A table that another program created stays as it is.
    query(
        &server,
        "CREATE TABLE theirs (LIKE vcons INCLUDING CONSTRAINTS, PRIMARY KEY (id))",
    )
    .await;
    storage(&server, json!({"table_name": "theirs"}))
        .save(&saved("2024-01-01T00:00:00Z"))
        .await
        .unwrap();
    assert!(indexes(&server, "theirs").await.is_empty());
}

#[tokio::test]
async fn many_processes_that_start_at_once_create_one_table() {
    let server = Server::postgres(PASSWORD);
    for round in 0..20 {
        let savers = (0..8).map(|_| storage(&server, json!({"table_name": format!("fresh{round}")})));
        let saves = savers.map(|storage| async move { storage.save(&saved("2024-01-01T00:00:00Z")).await });
        for result in futures::future::join_all(saves).await {
            result.unwrap();
        }
    }
}

/// Other programs do not take the lock of this one.
#[tokio::test]
async fn a_table_that_another_program_creates_meanwhile_is_used() {
    let server = Server::postgres(PASSWORD);
    for round in 0..20 {
        let table = format!("theirs{round}");
        let make = format!(
            "CREATE TABLE IF NOT EXISTS {table} (id UUID NOT NULL PRIMARY KEY, vcon TEXT NOT NULL, uuid UUID NOT NULL, created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP, subject TEXT, vcon_json JSONB)"
        );
        let storage = storage(&server, json!({"table_name": table}));
        let subject = saved("2024-01-01T00:00:00Z");
        // The other program may fail.
        let (_, ours) = futures::future::join(try_query(&server, &make), storage.save(&subject)).await;
        ours.unwrap();
    }
}

#[tokio::test]
async fn characters_that_jsonb_refuses_are_left_out() {
    let server = Server::postgres(PASSWORD);
    let storage = storage(&server, json!({}));
    let text: Text = vcon(ID, "2024-01-01T00:00:00Z")
        .to_string()
        .replace("Größe", r"a\u0000b \\u0000 \ud83d\ude00 1e3")
        .into();
    let document = Arc::new(Document::parse(text.clone()).unwrap());
    let subject = saved("2024-01-01T00:00:00Z");
    storage
        .save(&Saved {
            document,
            text,
            ..subject
        })
        .await
        .unwrap();
    let found: Value = serde_json::from_str(&storage.get(&id(ID)).await.unwrap().unwrap()).unwrap();
    assert_eq!(found["subject"], "ab \\u0000 \u{1F600} 1e3");
}

#[tokio::test]
async fn a_vcon_without_a_value_that_a_column_needs_is_refused_with_its_name() {
    let server = Server::postgres(PASSWORD);
    let storage = storage(&server, json!({}));
    let message = permanent(
        storage
            .save(&saved_as("my-id", &vcon("my-id", "2024-01-01T00:00:00Z")))
            .await,
    );
    assert!(message.contains("UUID"), "{message}");
    assert_eq!(storage.get(&id("my-id")).await.unwrap(), None);
    assert!(!storage.delete(&id("my-id")).await.unwrap());
    let message = permanent(storage.save(&saved("some day")).await);
    assert!(message.contains("created_at"), "{message}");
    let sealed = json!({"unprotected": {}, "recipients": [], "ciphertext": "AA", "iv": "AA", "tag": "AA"});
    storage.save(&saved_as(ID, &sealed)).await.unwrap();
    assert!(storage.get(&id(ID)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_wrong_password_or_database_is_a_permanent_error_without_the_password() {
    let server = Server::postgres("right-one");
    let message = permanent(storage(&server, json!({})).save(&saved("2024-01-01T00:00:00Z")).await);
    assert!(
        message.contains("28P01") && !message.contains(PASSWORD) && !message.contains("right-one"),
        "{message}"
    );
    let message = permanent(
        storage(&server, json!({"password": null}))
            .save(&saved("2024-01-01T00:00:00Z"))
            .await,
    );
    assert!(message.contains("password"), "{message}");
    let given = json!({"password": "right-one", "database": "nowhere"});
    let message = permanent(storage(&server, given).save(&saved("2024-01-01T00:00:00Z")).await);
    assert!(
        message.contains("nowhere") && !message.contains("right-one"),
        "{message}"
    );
}

#[tokio::test]
async fn an_unavailable_server_is_a_transient_error_and_is_used_again_later() {
    let nobody = make(
        "postgres",
        json!({"host": "127.0.0.1", "port": free_port(), "password": PASSWORD}),
    );
    let message = transient(nobody.save(&saved("2024-01-01T00:00:00Z")).await);
    assert!(message.contains("refused") && !message.contains(PASSWORD), "{message}");
    let mut server = Server::postgres(PASSWORD);
    let storage = storage(&server, json!({}));
    storage.save(&saved("2024-01-01T00:00:00Z")).await.unwrap();
    server.stop();
    transient(storage.save(&saved("2024-01-01T00:00:00Z")).await);
    server.start_again();
    let mut tries = 0;
    while let Err(error) = storage.save(&saved("2024-01-01T00:00:00Z")).await {
        tries += 1;
        assert!(tries < 50, "{error}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}
