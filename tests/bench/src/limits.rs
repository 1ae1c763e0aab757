//! Raw limits: the rates that the simplest program reaches on this machine with the same bytes.

use std::time::Instant;

use redis::Commands as _;
use vcon_document::{Document, Edit, canonical};
use vconduit_harness::RedisServer;

/// Ids per second that are moved from list to list, with their documents read: on one connection,
/// 16 in a round trip.
pub fn redis_moves(vcons: &[(String, String)]) -> f64 {
    let server = RedisServer::start();
    let mut connection = server.connect();
    fill(&mut connection, vcons);
    let began = Instant::now();
    for chunk in vcons.chunks(16) {
        let mut pipe = redis::pipe();
        for (id, _) in chunk {
            pipe.cmd("LMOVE")
                .arg("in")
                .arg("claims")
                .arg("LEFT")
                .arg("RIGHT")
                .ignore();
            pipe.cmd("GET").arg(format!("vcon:{id}"));
            pipe.cmd("RPUSH").arg("out").arg(id).ignore();
        }
        let _: Vec<String> = pipe.query(&mut connection).expect("Redis responds");
    }
    per_second(vcons.len(), began)
}

/// Documents per second that are read, tagged in native Rust and written back.
pub fn native_edits(vcons: &[(String, String)]) -> f64 {
    let server = RedisServer::start();
    let mut connection = server.connect();
    fill(&mut connection, vcons);
    let edit = Edit::AddTag {
        name: "bench".into(),
        value: "bench".into(),
    };
    let began = Instant::now();
    for chunk in vcons.chunks(16) {
        let keys: Vec<String> = chunk.iter().map(|(id, _)| format!("vcon:{id}")).collect();
        let texts: Vec<String> = connection.mget(&keys).expect("MGET");
        let mut pipe = redis::pipe();
        for (key, text) in keys.iter().zip(texts) {
            let mut document = Document::parse(text).expect("a document");
            canonical::upgrade(&mut document);
            document.apply(&edit).expect("the tag fits");
            canonical::enforce(&mut document);
            pipe.set(key, &*document.text()).ignore();
        }
        let _: () = pipe.query(&mut connection).expect("Redis responds");
    }
    per_second(vcons.len(), began)
}

/// Documents per second that are read and written back unchanged.
pub fn redis_copies(vcons: &[(String, String)]) -> f64 {
    let server = RedisServer::start();
    let mut connection = server.connect();
    fill(&mut connection, vcons);
    let began = Instant::now();
    for (id, _) in vcons {
        let text: Vec<u8> = connection.get(format!("vcon:{id}")).expect("GET");
        let _: () = connection.set(format!("vcon:{id}"), text).expect("SET");
    }
    per_second(vcons.len(), began)
}

/// Documents per second that are written with their index and list entry, 32 in a round trip.
pub fn redis_puts(vcons: &[(String, String)]) -> f64 {
    let server = RedisServer::start();
    let mut connection = server.connect();
    let began = Instant::now();
    for chunk in vcons.chunks(32) {
        let mut pipe = redis::pipe();
        for (id, text) in chunk {
            pipe.cmd("SET")
                .arg(format!("vcon:{id}"))
                .arg(text)
                .arg("EX")
                .arg(3600)
                .ignore();
            pipe.cmd("ZADD").arg("vcons").arg(1).arg(format!("vcon:{id}")).ignore();
            pipe.cmd("RPUSH").arg("in").arg(id).ignore();
        }
        let _: () = pipe.query(&mut connection).expect("Redis responds");
    }
    per_second(vcons.len(), began)
}

fn fill(connection: &mut redis::Connection, vcons: &[(String, String)]) {
    for chunk in vcons.chunks(100) {
        let mut pipe = redis::pipe();
        for (id, text) in chunk {
            pipe.set(format!("vcon:{id}"), text).ignore().rpush("in", id).ignore();
        }
        let _: () = pipe.query(connection).expect("Redis responds");
    }
}

fn per_second(count: usize, began: Instant) -> f64 {
    count as f64 / began.elapsed().as_secs_f64()
}
